"""What a cart costs now, and what about it is no longer as it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from voice_agent_cli.shop.contents import Contents, Line
from voice_agent_cli.shop.options import ChosenModifier, surcharge
from voice_agent_cli.shop.products import Product, Variant

if TYPE_CHECKING:
    from voice_agent_cli.shop.discounts import Discount

_NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF", "XAF", "XOF", "PYG", "UGX"})


@dataclass(frozen=True)
class Notice:
    """Something the shopper has to know of the cart.

    ``kind`` is ``gone``, ``modifier_gone``, ``stock``, ``price_changed`` or
    ``discount``; the first three stand in the way of a checkout.
    """

    kind: str
    line_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        return self.kind in ("gone", "modifier_gone", "stock")


@dataclass(frozen=True)
class PricedLine:
    """A line at today's price; one whose product is gone costs nothing and counts for nothing."""

    line: Line
    unit_price: Decimal
    total: Decimal
    is_sold: bool = True


@dataclass(frozen=True)
class Bill:
    """What the cart costs. ``count`` is in pieces; ``total`` is ``subtotal`` less ``discount``."""

    lines: tuple[PricedLine, ...]
    subtotal: Decimal
    discount: Decimal
    total: Decimal
    currency: str
    count: int
    code: str | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Differs when what is bought, or what it costs, does."""
        lines = [
            (entry.line.id, entry.line.variant_id, entry.line.quantity, str(entry.total))
            for entry in self.lines
        ]
        return repr((lines, str(self.total), self.currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """``amount`` in whole cents (or whole yen), halves up."""
    return amount.quantize(Decimal(1) if currency in _NO_CENTS else Decimal("0.01"), ROUND_HALF_UP)


def unit_price(product: Product, variant: Variant, modifiers: tuple[ChosenModifier, ...]) -> Decimal:
    """A piece's price with its modifiers' surcharges of today."""
    offered = {modifier.name: modifier for modifier in product.modifiers}
    extra = sum((surcharge(offered[m.name], m.value) for m in modifiers if m.name in offered), Decimal(0))
    return rounded(variant.price + extra, product.currency)


def stock(variant: Variant) -> int | None:
    """How many can be bought; ``None`` when the shop does not count, or sells on back order."""
    if not variant.available:
        return 0
    return variant.inventory_quantity or None


def price(
    contents: Contents,
    find_product: Callable[[str], Product | None],
    discount: "Discount | None",
    now: datetime,
) -> Bill:
    """The bill at ``now``, from the catalogue as it is and not as it was."""
    priced: list[PricedLine] = []
    notices: list[Notice] = []
    for line in contents.lines:
        product = find_product(line.product_id)
        variant = find_variant(product, line.variant_id)
        if product is None or variant is None:
            priced.append(PricedLine(line, line.unit_price, Decimal(0), is_sold=False))
            notices.append(Notice("gone", line.id, {"title": line.title}))
            continue
        now_costs = unit_price(product, variant, line.modifiers)
        priced.append(PricedLine(line, now_costs, now_costs * line.quantity))
        notices += _line_notices(contents, line, product, variant, now_costs)
    currency = next((line.currency for line in contents.lines), "USD")
    subtotal = rounded(sum((line.total for line in priced), Decimal(0)), currency)
    off = Decimal(0)
    if contents.code is not None:
        reason = discount.reason_against(subtotal, now) if discount else "unknown"
        if discount is not None and reason is None:
            off = discount.off(subtotal, currency)
        else:
            notices.append(Notice("discount", None, discount_facts(contents.code, reason, discount)))
    count = sum(entry.line.quantity for entry in priced if entry.is_sold)
    total = subtotal - off
    return Bill(
        tuple(priced), subtotal, rounded(off, currency), total, currency, count, contents.code, tuple(notices)
    )


def discount_facts(code: str, reason: str | None, discount: "Discount | None") -> dict[str, Any]:
    """Why a code takes nothing off, as data."""
    facts: dict[str, Any] = {"code": code, "reason": reason}
    if discount is not None and reason == "minimum":
        facts["minimum"] = str(discount.minimum)
    if discount is not None and discount.starts and reason == "not_started":
        facts["starts"] = discount.starts.isoformat()
    if discount is not None and discount.ends and reason == "expired":
        facts["ended"] = discount.ends.isoformat()
    return facts


def find_variant(product: Product | None, variant_id: str) -> Variant | None:
    return next((v for v in product.variants if v.id == variant_id), None) if product else None


def _line_notices(
    contents: Contents, line: Line, product: Product, variant: Variant, now_costs: Decimal
) -> Iterator[Notice]:
    in_stock = stock(variant)
    if in_stock is not None and contents.quantity_of(product.id, variant.id) > in_stock:
        yield Notice("stock", line.id, {"title": line.title, "available": in_stock, "wanted": line.quantity})
    offered = {modifier.name: modifier for modifier in product.modifiers}
    for chosen in line.modifiers:
        modifier = offered.get(chosen.name)
        if modifier is None or not (
            modifier.free_text or any(v.value == chosen.value for v in modifier.values)
        ):
            yield Notice("modifier_gone", line.id, {"name": chosen.name, "value": chosen.value})
    if now_costs != line.unit_price:
        yield Notice(
            "price_changed",
            line.id,
            {"title": line.title, "was": str(line.unit_price), "now": str(now_costs)},
        )
