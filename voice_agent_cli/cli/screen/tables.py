"""Products, carts and calls as a terminal shows them, good at 80 columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from voice_agent_cli.speaking.phrases import clean, money

MOST_ROWS = 8
_LONGEST_VALUE = 40


def products_table(products: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim", show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    rows = [product_cells(product) for product in products[:MOST_ROWS]]
    dearest = max((len(price) for _, price, _ in rows), default=0)
    table.add_column("product", max_width=38, overflow="ellipsis", no_wrap=True)
    table.add_column("price", justify="right", style="green", min_width=dearest)
    table.add_column("comes in", max_width=26, overflow="ellipsis", no_wrap=True, style="dim")
    for number, row in enumerate(rows, 1):
        table.add_row(str(number), *map(escape, row))
    if len(products) > MOST_ROWS:
        table.add_row("", f"and {len(products) - MOST_ROWS} more", "", "")
    return table


def product_cells(product: Mapping[str, Any]) -> tuple[str, str, str]:
    """Title, price, and the values of its options."""
    options = product.get("options") or {}
    values = " · ".join(", ".join(map(str, values)) for values in options.values())
    price = product["price"]
    return clean(product["title"], 70), money(price["amount"], price["currency"]), clean(values, 60)


def cart_table(cart: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim", show_edge=False, pad_edge=False)
    table.add_column("cart", max_width=38, overflow="ellipsis", no_wrap=True)
    table.add_column("", max_width=22, overflow="ellipsis", no_wrap=True, style="dim")
    table.add_column("qty", justify="right")
    table.add_column("total", justify="right", style="green")
    for line in cart["lines"][:MOST_ROWS]:
        chosen = ", ".join(map(str, (*line["options"].values(), *line["modifiers"].values())))
        total = money(line["line_total"], line["currency"])
        table.add_row(
            escape(clean(line["title"], 70)), escape(clean(chosen, 40)), str(line["quantity"]), total
        )
    if cart["discount_code"]:
        off = money(cart["discount"], cart["currency"])
        table.add_row(escape(f"code {clean(cart['discount_code'], 30)}"), "", "", f"-{off}")
    table.add_row(
        "[bold]total[/]", "", str(cart["count"]), f"[bold]{money(cart['total'], cart['currency'])}[/]"
    )
    return table


def call_line(call: Mapping[str, Any]) -> str:
    """``search_products query="rain jackets" max_price=200``."""
    told = [f"{name}={_shown(value)}" for name, value in call["arguments"].items()]
    return " ".join([call["tool"], *told])


def _shown(value: object) -> str:
    text = clean(str(value), _LONGEST_VALUE)
    return f'"{text}"' if isinstance(value, str) and " " in text else text


def level_bar(dbfs: float, width: int = 12) -> str:
    """Loudness as a bar: empty at -60 dBFS, full at -10."""
    filled = round(min(max((dbfs + 60) / 50, 0.0), 1.0) * width)
    return "█" * filled + "░" * (width - filled)
