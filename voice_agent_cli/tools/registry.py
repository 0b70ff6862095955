"""Finds the tools (one file each in this folder) and runs them.

A tool is a module with ``Arguments`` and ``Result`` (pydantic models), a
docstring whose first line describes it, and ``run(shop, arguments) -> Result``.
Its name is its file's.
"""

import ast
import pkgutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_agent_cli import tools
from voice_agent_cli.errors import UsageError, VoiceAgentError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from voice_agent_cli.shop.shop import Shop


_LONGEST_NAME = 60


@dataclass(frozen=True)
class Tool:
    """One tool: its schemas, and ``run(shop, arguments)``, which returns a ``result``."""

    name: str
    description: str
    arguments: "type[BaseModel]"
    result: "type[BaseModel]"
    run: "Callable[[Shop, Any], BaseModel]"


@dataclass(frozen=True)
class ToolOutcome:
    """What a call came to: ``result`` (plain JSON values) when ``success``, else ``error``."""

    tool: str
    arguments: dict[str, Any]
    success: bool
    result: dict[str, Any] | None
    error: VoiceAgentError | None
    duration_ms: float

    def message(self) -> dict[str, Any]:
        """The JSON form that programs read."""
        shape: dict[str, Any] = {"tool": self.tool, "arguments": self.arguments, "success": self.success}
        if self.error is None:
            shape["result"] = self.result
        else:
            error = self.error
            shape["error"] = {"code": error.code, "message": error.message, "details": error.details}
        return {**shape, "duration_ms": round(self.duration_ms, 1)}


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Every tool's name, in alphabetical order."""
    found = (module.name for module in pkgutil.iter_modules(tools.__path__))
    return tuple(sorted(name for name in found if name != "registry"))


@lru_cache(maxsize=64)
def load(name: str) -> Tool:
    """The tool called ``name``, imported.

    Raises:
        UsageError: there is none.
    """
    if name not in names():
        known = ", ".join(names())
        raise UsageError(f"there is no tool {name[:60]!r}; there are {known}", {"field": "tool"})
    module = import_module(f"{tools.__name__}.{name}")
    return Tool(name, description(name), module.Arguments, module.Result, module.run)


def description(name: str) -> str:
    """The first line of the tool's docstring, read without importing it: a list of tools is quick."""
    text = Path(tools.__path__[0], f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def schema(name: str) -> dict[str, Any]:
    """The JSON schema of a tool's arguments."""
    return load(name).arguments.model_json_schema()


def argument_names() -> dict[str, tuple[str, ...]]:
    """Of every tool, the names of its schema's arguments: the agent's grammar is made from them."""
    return {name: tuple(load(name).arguments.model_fields) for name in names()}


def read_arguments(name: str, arguments: Mapping[str, Any]) -> "BaseModel":
    """``arguments`` checked against the tool's schema.

    Raises:
        UsageError: one is unknown, missing or wrong; ``details["field"]`` names it.
    """
    from pydantic import ValidationError

    model = load(name).arguments
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        raise _usage_error(error, tuple(model.model_fields)) from error


def execute(shop: "Shop", name: str, arguments: Mapping[str, Any]) -> ToolOutcome:
    """Run a tool. What the tool refuses is an outcome, not an exception; nothing was changed then."""
    start = time.perf_counter()
    told = dict(arguments)
    result: dict[str, Any] | None = None
    error: VoiceAgentError | None = None
    try:
        checked = read_arguments(name, arguments)
        told = checked.model_dump(mode="json", exclude_unset=True)
        result = load(name).run(shop, checked).model_dump(mode="json")
    except VoiceAgentError as refused:
        error = refused
    duration = (time.perf_counter() - start) * 1000
    return ToolOutcome(name, told, error is None, result, error, duration)


def _usage_error(error: "ValidationError", known: tuple[str, ...]) -> UsageError:
    first = error.errors(include_url=False)[0]
    field = ".".join(_shown(part) for part in first["loc"] if part != "[key]")
    complaint = _complaint(first, known)
    return UsageError(f"{field}: {complaint}" if field else complaint, {"field": field})


def _shown(name: str | int) -> str:
    """A name that a caller made up, fit to stand in a message of one line."""
    printable = "".join(c if c.isprintable() else "?" for c in str(name))
    return printable if len(printable) <= _LONGEST_NAME else f"{printable[:_LONGEST_NAME]}…"


def _complaint(error: "ErrorDetails", known: tuple[str, ...]) -> str:
    if error["type"] == "extra_forbidden":
        return (
            f"there is no such field; there are {', '.join(known)}" if known else "no field is allowed here"
        )
    if error["type"] == "missing":
        return "is missing"
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return message[:1].lower() + message[1:]
