"""JSON as clients send it -> models; what is wrong with it, in one line that names the field."""

from typing import Any

from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from voice_agent_cli.errors import UsageError


def read_json(raw: str | bytes, wanted: type[BaseModel] | TypeAdapter[Any]) -> Any:
    """``raw`` as ``wanted``, strictly: no text for a number, no number for a text.

    Raises:
        UsageError: it is no JSON, or not what is wanted; ``details["field"]`` names what is wrong.
    """
    try:
        return _read(raw, wanted)
    except ValidationError as error:
        if not any(map(_is_whole, error.errors(include_url=False))):
            raise _refusal(error, wanted) from error
    try:
        return _read(to_json(_with_whole_numbers(from_json(raw))), wanted)
    except ValidationError as error:
        raise _refusal(error, wanted) from error


def _read(raw: str | bytes, wanted: Any) -> Any:
    validate = wanted.validate_json if isinstance(wanted, TypeAdapter) else wanted.model_validate_json
    return validate(raw, strict=True)


def _is_whole(error: ErrorDetails) -> bool:
    """Whether it is an integer all the same: JSON knows one kind of number, and 3.0 is 3."""
    value = error["input"]
    return error["type"] == "int_type" and isinstance(value, float) and value.is_integer()


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _with_whole_numbers(one) for name, one in value.items()}
    return [_with_whole_numbers(one) for one in value] if isinstance(value, list) else value


def _refusal(error: ValidationError, wanted: Any) -> UsageError:
    """The first thing that is wrong with what should have been ``wanted``."""
    first = error.errors(include_url=False)[0]
    tagged = isinstance(wanted, TypeAdapter) or issubclass(wanted, RootModel)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        field, complaint = _about_tag(first)
    else:
        # Where there is a tag, it leads the path to the field, though it is no field itself.
        path = first["loc"][1:] if tagged else first["loc"]
        field = ".".join(str(part) for part in path if part != "[key]")
        complaint = _complaint(first, None if tagged else wanted)
    return UsageError(f"{field}: {complaint}" if field else complaint, {"field": field} if field else {})


def _about_tag(error: ErrorDetails) -> tuple[str, str]:
    field = str(error["ctx"]["discriminator"]).strip("'")
    if error["type"] == "union_tag_not_found":
        return field, "is missing"
    known = str(error["ctx"]["expected_tags"]).replace("'", "")
    return field, f"there is no such {'message' if field == 'type' else field}; there are {known}"


def _complaint(error: ErrorDetails, model: Any) -> str:
    if error["type"] == "extra_forbidden":
        known = ", ".join(getattr(model, "model_fields", {})) if len(error["loc"]) == 1 else ""
        return f"there is no such field{f'; there are {known}' if known else ''}"
    if error["type"] == "missing":
        return "is missing"
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return message[:1].lower() + message[1:]
