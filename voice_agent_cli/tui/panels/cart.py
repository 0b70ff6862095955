"""The cart with its totals; + and - change the line under the cursor, delete takes it out."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from voice_agent_cli.speaking.phrases import money
from voice_agent_cli.tui.drawing import ACCENT, MUTED, STRONG, cell, text
from voice_agent_cli.tui.ledger import Ledger, Part
from voice_agent_cli.tui.panels.rows import Draw, Rows

_QUANTITY, _TOTAL = 5, 10
SUMS = "sums"


class CartPanel(Rows):
    """Its rows are the cart's lines, and at the end what they come to."""

    shows: frozenset[Part] = frozenset({"cart"})
    BINDINGS: ClassVar[list[BindingType]] = [
        ("plus,equals_sign", "change(1)", "One more"),
        ("minus", "change(-1)", "One less"),
        ("delete,backspace", "change(-99)", "Take out"),
    ]

    class Changed(Message):
        """The shopper wants so many pieces of a line."""

        def __init__(self, line: Mapping[str, Any], quantity: int) -> None:
            super().__init__()
            self.line, self.quantity = line, quantity

    def __init__(self) -> None:
        super().__init__("cart", "cart", "The cart is empty.")
        self._kept: dict[str, Mapping[str, Any]] = {}

    def show(self, ledger: Ledger) -> None:
        cart, ordered = ledger.cart, ledger.ordered
        self._kept = {line["line_id"]: line for line in cart["lines"]} if cart else {}
        self.border_subtitle = ""
        rows: list[tuple[str, Draw]] = [
            (line_id, partial(_line, line)) for line_id, line in self._kept.items()
        ]
        if cart and self._kept:
            rows.append((SUMS, partial(_sums, cart)))
            self.border_subtitle = money(cart["total"], cart["currency"])
        elif ordered:
            rows = [("ordered", partial(_ordered, ordered))]
        self.show_rows(rows)

    def action_change(self, by: int) -> None:
        line = self._kept.get(self.chosen or "")
        if line is not None:
            self.post_message(self.Changed(line, max(line["quantity"] + by, 0)))


def _line(line: Mapping[str, Any], width: int) -> Content:
    chosen = ", ".join(map(str, (*line["options"].values(), *line["modifiers"].values())))
    title = Content.assemble(text(line["title"]), text(f"  {chosen}", MUTED))
    style = "" if line.get("is_sold", True) else f"{MUTED} strike"
    return Content.assemble(
        cell(title, width - _QUANTITY - _TOTAL),
        cell(text(f"{line['quantity']} ×"), _QUANTITY, right=True),
        cell(text(money(line["line_total"], line["currency"]), style), _TOTAL, right=True),
    )


def _sums(cart: Mapping[str, Any], width: int) -> Content:
    lines = []
    if cart["discount_code"]:
        off = f"-{money(cart['discount'], cart['currency'])}"
        code = cell(text(f"code {cart['discount_code']}", MUTED), width - _TOTAL)
        lines.append(Content.assemble(code, cell(text(off, ACCENT), _TOTAL, right=True)))
    total = money(cart["total"], cart["currency"])
    lines.append(
        Content.assemble(
            cell(text("total", MUTED), width - _QUANTITY - _TOTAL),
            cell(text(f"{cart['count']}  ", MUTED), _QUANTITY, right=True),
            cell(text(total, STRONG), _TOTAL, right=True),
        )
    )
    return Content("\n").join(lines)


def _ordered(order: Mapping[str, Any], width: int) -> Content:
    total = money(order["total"], order["currency"])
    told = Content.assemble(("✓ ", "$success"), text(f"order {order['number']} placed"))
    return Content.assemble(cell(told, width - _TOTAL), cell(text(total, STRONG), _TOTAL, right=True))
