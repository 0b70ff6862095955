"""JSON -> frozen dataclasses, by their type hints.

A field that the server does not send keeps its default; one that this version does
not know is left out: an SDK must go on working with a newer server.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from voice_agent.errors import ServerError

Shape = TypeVar("Shape")


def read(kind: type[Shape], value: object) -> Shape:
    """``value`` as ``kind``.

    Raises:
        ServerError: the server sent something else.
    """
    try:
        result: Shape = _convert(kind, value)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ServerError(
            "UNEXPECTED_ANSWER", f"the server's answer is no {kind.__name__}: {error}"
        ) from error
    return result


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _convert(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _convert(_not_none(kind), value)
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        known = {name: _convert(hints[name], value[name]) for name in hints if name in value}
        return kind(**known)  # type: ignore[operator]
    if origin is tuple:
        return tuple(_convert(get_args(kind)[0], one) for one in value)
    if origin is Mapping:
        inner = get_args(kind)[1]
        return {str(key): _convert(inner, one) for key, one in value.items()}
    if kind is Decimal:
        return Decimal(str(value))
    if kind is bytes:
        import base64

        return base64.b64decode(value)
    return kind(value) if kind in (str, int, float, bool) else value


def _not_none(kind: Any) -> Any:
    return next(one for one in get_args(kind) if one is not type(None))
