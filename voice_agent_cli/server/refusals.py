"""What is wrong with a body or a message, in one line that names the field."""

from typing import Any

from pydantic import RootModel, ValidationError
from pydantic_core import ErrorDetails

from voice_agent_cli.errors import UsageError


def refusal(error: ValidationError, model: Any = None) -> UsageError:
    """The first thing that is wrong.

    ``model`` is what was asked for; None where it is one of several, told apart by a tag.
    """
    first = error.errors(include_url=False)[0]
    tagged = model is None or issubclass(model, RootModel)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        field, complaint = _about_tag(first)
    else:
        # Where there is a tag, it leads the path to the field, though it is no field itself.
        path = first["loc"][1:] if tagged else first["loc"]
        field = ".".join(str(part) for part in path if part != "[key]")
        complaint = _complaint(first, None if tagged else model)
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
