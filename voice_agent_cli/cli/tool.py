"""``voice-agent tool``: every tool of the agent as a command, its options made from its schema."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from voice_agent_cli.errors import UsageError
from voice_agent_cli.tools import registry

EXAMPLES = {
    "search_products": '"running shoes" --max-price 120 --size 10 --json',
    "refine_search": "--change cheaper",
    "get_product_details": '"rain jacket" --about material',
    "check_availability": '"rain jacket" --size medium',
    "compare_products": "1 2 --about price",
    "add_to_cart": '"iced mocha" --size "12 oz" --option milk=oat --quantity 2',
    "update_cart": '"iced mocha" --quantity 3',
    "apply_discount": "WELCOME10",
    "checkout": "--confirm",
    "get_store_policy": "shipping",
    "set_preference": "--size medium --budget 100",
}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for a program to read.")]


class ToolCommands(typer.core.TyperGroup):
    """Lists every tool without importing any; imports the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name in registry.names():
            stub = typer.core.TyperCommand(name, help=registry.description(name), epilog=_example(name))
            self.add_command(stub)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _made(name) if name and command else command, rest


def _example(name: str) -> str:
    return f"Example: voice-agent tool {name} {EXAMPLES.get(name, '')}".rstrip()


def _made(name: str) -> Any:
    """The command of a tool, with an option for each field of its schema."""
    made = typer.Typer(add_completion=False, rich_markup_mode=None)
    made.command(name, help=registry.description(name), epilog=_example(name))(_command(name))
    command = typer.main.get_command(made)
    command.context_settings["help_option_names"] = ["-h", "--help"]
    return command


app = typer.Typer(
    cls=ToolCommands,
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog='Example: voice-agent tool search_products "rain jacket" --max-price 100',
)


@app.callback()
def list_tools(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Run one of the agent's tools, or list them."""
    if ctx.invoked_subcommand is not None:
        return
    tools = {name: registry.description(name) for name in registry.names()}
    if as_json:
        listed = [
            {"name": name, "description": told, "arguments": registry.schema(name)}
            for name, told in tools.items()
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    width = max(map(len, tools))
    for name, told in tools.items():
        typer.echo(f"{name:{width}}  {told}")


def _command(name: str) -> Callable[..., None]:
    """A function with one parameter a field of the tool's schema, for Typer to read."""
    fields = registry.schema(name)["properties"]
    positional = _positional(registry.schema(name))

    def command(**given: Any) -> None:
        _run(name, _arguments(fields, positional, given), given)

    parameters = [*_tool_parameters(fields, positional), *_our_parameters()]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    vars(command)["__signature__"] = inspect.Signature(parameters)
    return command


def _positional(schema: Mapping[str, Any]) -> str | None:
    """The field that may be given without its name: the first text, required ones first."""
    required = schema.get("required", [])
    ordered: list[str] = [*required, *(name for name in schema["properties"] if name not in required)]
    for name in ordered:
        kind = _kind(schema["properties"][name])
        if (kind == "string" and "enum" not in _core(schema["properties"][name])) or (
            kind == "array" and name in required
        ):
            return name
    return None


def _core(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """The field's schema where it is not null."""
    return next((part for part in field.get("anyOf", ()) if part.get("type") != "null"), field)


def _kind(field: Mapping[str, Any]) -> str:
    return str(_core(field).get("type", "string"))


def _tool_parameters(fields: Mapping[str, Any], positional: str | None) -> Iterator[inspect.Parameter]:
    if positional is not None:
        many = _kind(fields[positional]) == "array"
        text = f"{fields[positional]['description']} The same as {_flag(positional)}."
        argument = typer.Argument(metavar=positional.upper() + ("..." if many else ""), help=text)
        yield _parameter("positional", list[str] | None if many else str | None, argument, None)
    for name, field in fields.items():
        kind, told = _kind(field), field["description"]
        if kind == "boolean":
            yield _parameter(name, bool, typer.Option(_flag(name), help=told), False)
        elif kind == "array":
            yield _parameter(
                name, list[str] | None, typer.Option(_flag(name), help=f"{told} Repeatable."), None
            )
        elif kind == "object":
            option = typer.Option("--option", "--options", metavar="NAME=VALUE", help=f"{told} Repeatable.")
            yield _parameter(name, list[str] | None, option, None)
        else:
            metavar = "|".join(_core(field).get("enum", ())) or kind.upper()
            shown = f" Default: {field['default']}." if field.get("default") is not None else ""
            option = typer.Option(_flag(name), metavar=metavar, help=told + shown)
            yield _parameter(name, str | None, option, None)


def _our_parameters() -> Iterator[inspect.Parameter]:
    yield _parameter(
        "json", bool, typer.Option("--json", help="One JSON object for a program to read."), False
    )
    session = typer.Option("--session", metavar="ID", help="Whose cart and search.", show_default=True)
    yield _parameter("session", str, session, "cli")
    shop = typer.Option("--shop", metavar="NAME", help="Which shop; default: the setting shop.name.")
    yield _parameter("shop", str | None, shop, None)


def _parameter(name: str, kind: Any, option: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _arguments(fields: Mapping[str, Any], positional: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The tool's arguments: only what was given; the tool's schema checks them."""
    arguments = {name: given[name] for name in fields if given[name] not in (None, False, [])}
    for name, field in fields.items():
        if name in arguments and _kind(field) == "object":
            arguments[name] = dict(_pair(text) for text in arguments[name])
    if positional is not None and given["positional"]:
        if positional in arguments:
            raise UsageError(f"{positional} is given twice", {"field": positional})
        arguments[positional] = given["positional"]
    return arguments


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise UsageError(f"--option {text}: write it as NAME=VALUE", {"field": "options"})
    return name, value


def _run(name: str, arguments: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    from voice_agent_cli import settings
    from voice_agent_cli.shop.shop import Shop
    from voice_agent_cli.shop.shops import ensure_shop

    loaded = settings.load()
    with Shop.open(ensure_shop(loaded.data_dir, given["shop"] or loaded.shop.name), given["session"]) as shop:
        outcome = registry.execute(shop, name, arguments)
    if given["json"]:
        typer.echo(json.dumps(outcome.message(), default=str))
        raise typer.Exit(outcome.error.exit_code if outcome.error else 0)
    if outcome.error is not None:
        raise outcome.error
    from voice_agent_cli.cli.results import show_result

    show_result(outcome.result or {})
