"""A tool's result for a person at a terminal: products, cart and order as tables, the rest by name."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from voice_agent_cli.cli.screen.tables import cart_table, products_table
from voice_agent_cli.speaking.phrases import clean

_LONGEST = 300


def show_result(result: Mapping[str, Any]) -> None:
    """Print ``result`` (the plain data of a tool) on standard output."""
    console = Console()
    for name, value in result.items():
        if shown := _renderable(name, value):
            console.print(shown)


def _renderable(name: str, value: Any) -> RenderableType | None:
    """How a part of a result is shown; ``None`` for one that says nothing."""
    if name == "products":
        return _products(value) if value else "nothing found"
    if value in (None, [], {}, False, ""):
        return None
    if name == "product":
        return _named(_without(value, ("images", "variants", "modifiers")))
    if name == "cart":
        return cart_table(value) if value["lines"] else "The cart is empty."
    if name == "order":
        lines = [{**line, "currency": value["currency"]} for line in value["lines"]]
        placed = f"order {value['number']}, {value['status']} {value['placed_at']}"
        table = cart_table({**value, "lines": lines, "count": sum(line["quantity"] for line in lines)})
        table.title, table.title_justify = placed, "left"
        return table
    if isinstance(value, list) and isinstance(value[0], dict):
        return _rows(name, value)
    return _named(value) if isinstance(value, dict) else f"{name}: {_text(value)}"


def _products(products: list[dict[str, Any]]) -> RenderableType:
    """Products in full have options; those in one line become plain rows."""
    return products_table(products) if "variants" in products[0] else _rows("product", products)


def _rows(name: str, values: list[dict[str, Any]]) -> Table:
    table = Table(title=escape(name), title_justify="left", box=None, header_style="dim", pad_edge=False)
    columns = [key for key in values[0] if key != "products"]
    for column in columns:
        table.add_column(escape(column))
    for value in values:
        table.add_row(*(_text(value.get(column)) for column in columns))
    return table


def _named(values: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in values.items():
        if value not in (None, [], {}, ""):
            table.add_row(escape(name), _text(value))
    return table


def _text(value: Any) -> str:
    """A value in one line; a product's text may hold anything, so nothing in it is mark-up."""
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        value = f"{value['amount']} {value['currency']}"
    elif isinstance(value, Mapping):
        value = "; ".join(f"{name}: {_text(part)}" for name, part in value.items())
    elif isinstance(value, list):
        value = ", ".join(_text(part) for part in value)
    return escape(clean("" if value is None else str(value), _LONGEST))


def _without(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
