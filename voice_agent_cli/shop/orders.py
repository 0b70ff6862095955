"""Orders: a cart becomes one exactly once, with its stock, or not at all."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlite_utils import Database

from voice_agent_cli.errors import NotFoundError, ToolError
from voice_agent_cli.shop.cart import Cart
from voice_agent_cli.shop.catalogue import Catalogue
from voice_agent_cli.shop.contents import Line
from voice_agent_cli.shop.money import iso_time, parse_time
from voice_agent_cli.shop.pricing import Bill, find_variant, stock
from voice_agent_cli.shop.values import canonical, is_number
from voice_agent_cli.storage.database import transaction

FIRST_NUMBER = 1001
PLACED = "placed"


@dataclass(frozen=True)
class OrderedLine:
    """What was bought, at the price it was bought for."""

    product_id: str
    variant_id: str
    title: str
    options: dict[str, str]
    modifiers: dict[str, str]
    quantity: int
    unit_price: Decimal
    total: Decimal


@dataclass(frozen=True)
class Order:
    """A placed order. ``status`` is what the shop's own record says, and no more."""

    number: int
    placed_at: datetime
    status: str
    lines: tuple[OrderedLine, ...]
    subtotal: Decimal
    discount: Decimal
    total: Decimal
    currency: str
    code: str | None = None


class Orders:
    """The orders of one shopper: of the user where there is one, else of the session."""

    def __init__(
        self, db: Database, session_id: str, user_id: str | None, catalogue: Catalogue, cart: Cart
    ) -> None:
        self._db = db
        self._session_id = session_id
        self._user_id = user_id
        self._catalogue = catalogue
        self._cart = cart

    def already_placed(self) -> Order | None:
        """The order that the cart as it is now became, if it did."""
        row = self._db.execute(
            "SELECT number, placed_at, status, receipt FROM orders WHERE session_id = ? AND cart_version = ?",
            [self._session_id, self._cart.version],
        ).fetchone()
        return _read(*row) if row else None

    def check(self) -> Bill:
        """The bill of a cart that can be ordered as it is.

        Raises:
            ToolError: the cart is empty, or holds what is gone or no longer in stock.
        """
        bill = self._cart.bill()
        if not bill.lines:
            raise ToolError("The cart is empty", {"reason": "empty"})
        blocking = [notice for notice in bill.notices if notice.blocks]
        if blocking:
            titles = {entry.line.id: entry.line.title for entry in bill.lines}
            told = "; ".join(_why_blocked(titles[n.line_id or ""], n.kind, n.facts) for n in blocking)
            raise ToolError(
                f"{told}; change the cart, then check out",
                {
                    "field": "product",
                    "reason": blocking[0].kind,
                    "notices": [{"kind": n.kind, "line_id": n.line_id, **n.facts} for n in blocking],
                },
            )
        return bill

    def place(self, agreed: str | None = None) -> tuple[Order, bool]:
        """Order the cart: stock taken, order written and cart emptied in one transaction.

        Args:
            agreed: The fingerprint of the bill that the shopper agreed to; ``None`` for any.

        Returns:
            The order, and whether it is new: a repeated request gets the same one.

        Raises:
            ToolError: as ``check``; nothing is ordered and nothing taken.
        """
        with transaction(self._db):
            if order := self.already_placed():
                return order, False
            bill = self.check()
            if agreed is not None and bill.fingerprint != agreed:
                raise ToolError("The cart has just changed; check out again", {"reason": "changed"})
            for entry in bill.lines:
                self._take_stock(entry.line)
            order = self._write(bill)
            self._cart.close()
        return order, True

    def find(self, spoken: str | None = None) -> Order:
        """The order of this number ("one zero zero four", "order #1004"), or the last one.

        Raises:
            NotFoundError: the shopper has no order, or none of this number.
        """
        number = None if spoken is None else _spoken_number(spoken)
        owner, whose = ("user_id", self._user_id) if self._user_id else ("session_id", self._session_id)
        row = self._db.execute(
            f"SELECT number, placed_at, status, receipt FROM orders WHERE {owner} = ? "
            "AND (? IS NULL OR number = ?) ORDER BY number DESC LIMIT 1",
            [whose, number, number],
        ).fetchone()
        if row is None:
            raise NotFoundError(
                "You have not placed an order yet" if number is None else f"You have no order {number}",
                {"field": "order", "order": number},
            )
        return _read(*row)

    def _take_stock(self, line: Line) -> None:
        product = self._catalogue.get(line.product_id)
        variant = find_variant(product, line.variant_id)
        if variant is not None and stock(variant) is None:
            return
        if not self._catalogue.change_stock(line.product_id, line.variant_id, -line.quantity):
            raise ToolError(
                f"{line.title} has just been sold out",
                {"field": "product", "reason": "stock", "line_id": line.id},
            )

    def _write(self, bill: Bill) -> Order:
        placed_at = self._catalogue.now()
        number = self._db.execute("SELECT max(number) FROM orders").fetchone()[0]
        number = FIRST_NUMBER if number is None else int(number) + 1
        receipt = json.dumps(_receipt(bill), default=str, ensure_ascii=False)
        self._db.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                number,
                self._session_id,
                self._user_id,
                self._cart.version,
                iso_time(placed_at),
                PLACED,
                receipt,
            ],
        )
        return _read(number, iso_time(placed_at) or "", PLACED, receipt)


def _receipt(bill: Bill) -> dict[str, Any]:
    return {
        "lines": [
            {
                "product_id": entry.line.product_id,
                "variant_id": entry.line.variant_id,
                "title": entry.line.title,
                "options": entry.line.options,
                "modifiers": {
                    m.name: ", ".join(c.value for c in entry.line.modifiers if c.name == m.name)
                    for m in entry.line.modifiers
                },
                "quantity": entry.line.quantity,
                "unit_price": entry.unit_price,
                "total": entry.total,
            }
            for entry in bill.lines
        ],
        "subtotal": bill.subtotal,
        "discount": bill.discount,
        "total": bill.total,
        "currency": bill.currency,
        "code": bill.code if bill.discount else None,
    }


def _read(number: int, placed_at: str, status: str, receipt: str) -> Order:
    shape = json.loads(receipt)
    money = {name: Decimal(shape[name]) for name in ("subtotal", "discount", "total")}
    lines = tuple(
        OrderedLine(**{**line, "unit_price": Decimal(line["unit_price"]), "total": Decimal(line["total"])})
        for line in shape["lines"]
    )
    return Order(number, parse_time(placed_at), status, **{**shape, **money, "lines": lines})


def _spoken_number(text: str) -> int | str:
    """ "order number one zero zero four" -> 1004; text without digits stays, and finds nothing."""
    digits = "".join(
        "0" if t in ("o", "oh") else t for t in canonical(text) if is_number(t) or t in ("o", "oh")
    )
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else text[:60]


def _why_blocked(title: str, kind: str, facts: Any) -> str:
    if kind == "gone":
        return f"{title} is no longer sold"
    if kind == "modifier_gone":
        return f"{title} is no longer sold with {facts['value']}"
    return f"only {facts['available']} of {title} left" if facts["available"] else f"{title} is sold out"
