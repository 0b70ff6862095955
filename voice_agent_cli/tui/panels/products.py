"""The products shown last as a table, and the one under the cursor in detail."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from textual.content import Content
from textual.widget import Widget

from voice_agent_cli.speaking.phrases import price_of
from voice_agent_cli.tui.drawing import ACCENT, MUTED, STRONG, cell, sides, text
from voice_agent_cli.tui.ledger import Ledger, Part
from voice_agent_cli.tui.panels.rows import Rows

_PRICE = 9
_STOCK = 7
_BRAND = 14


class ProductsPanel(Rows):
    """A row a product; its number is the key that picks it."""

    shows: frozenset[Part] = frozenset({"products"})

    def __init__(self) -> None:
        super().__init__(
            "products", "products", "Nothing found yet. Ask for something, or press o for tools."
        )
        self._products: Sequence[Mapping[str, Any]] = ()

    def show(self, ledger: Ledger) -> None:
        detail = ledger.detail
        if ledger.products is not self._products:
            self._products = ledger.products
            self.border_subtitle = f"{len(self._products)} shown" if self._products else ""
            self.show_rows(
                [(product["id"], partial(_row, n, product)) for n, product in enumerate(self._products, 1)]
            )
            if self._products:
                self.highlighted = 0
                self.scroll_home(animate=False)
        if detail is not None:
            ids = [product["id"] for product in self._products]
            if detail["id"] in ids:
                self.highlighted = ids.index(detail["id"])

    def product(self, number: int) -> Mapping[str, Any] | None:
        """The product at a position, counted from 1."""
        return self._products[number - 1] if 0 < number <= len(self._products) else None

    @property
    def chosen_product(self) -> Mapping[str, Any] | None:
        return next((one for one in self._products if one["id"] == self.chosen), None)


def _row(number: int, product: Mapping[str, Any], width: int) -> Content:
    price = text(price_of(product))
    if was := _price_before(product):
        price = Content.assemble(text(f"{was} ", f"{MUTED} strike"), price) if width > 60 else price
    room = _PRICE + 9 if width > 60 else _PRICE
    fixed = 3 + room
    columns = [cell(text(f"{number:>2} ", ACCENT if number < 10 else MUTED), 3)]
    title_room = width - fixed
    extra: list[Content] = []
    if width >= 44:
        title_room -= _STOCK
        extra.append(cell(_stock(product), _STOCK, right=True))
    if width >= 70:
        title_room -= _BRAND
        extra.insert(0, cell(text(product.get("vendor") or product.get("brand") or "", MUTED), _BRAND))
    columns += [cell(text(product["title"]), title_room), *extra, cell(price, room, right=True)]
    return Content.assemble(*columns)


def _price_before(product: Mapping[str, Any]) -> str:
    before = next((v.get("compare_at_price") for v in product.get("variants", ())), None)
    return price_of({"price": before}) if isinstance(before, Mapping) else ""


def _stock(product: Mapping[str, Any]) -> Content:
    variants = product.get("variants", ())
    counted = [variant.get("inventory_quantity") for variant in variants]
    if not any(variant.get("available") for variant in variants) and variants:
        return Content.styled("sold out", "$warning")
    if not counted or None in counted:
        return Content.styled("", MUTED)
    return Content.styled(str(sum(counted)), MUTED)


class DetailPanel(Widget):
    """All that the catalogue says of one product, and which of its variants can be had."""

    shows: frozenset[Part] = frozenset({"products"})

    def __init__(self) -> None:
        super().__init__(id="detail", classes="panel")
        self.border_title = "product"
        self._product: Mapping[str, Any] | None = None

    def show(self, ledger: Ledger) -> None:
        chosen = ledger.detail or next(iter(ledger.products), None)
        self.show_product(chosen)

    def show_product(self, product: Mapping[str, Any] | None) -> None:
        if product is not self._product:
            self._product = product
            self.refresh()

    def render(self) -> Content:
        width, height = max(self.content_size.width, 10), max(self.content_size.height, 1)
        if self._product is None:
            return Content.styled("Pick a product with 1 to 9, or with the cursor.", MUTED)
        return Content("\n").join(list(detail_lines(self._product, width))[:height])


def detail_lines(product: Mapping[str, Any], width: int) -> list[Content]:
    """Title and price, facts, options with what is sold out, then the text."""
    price = text(price_of(product), STRONG)
    if was := _price_before(product):
        price = Content.assemble(text(f"{was} ", f"{MUTED} strike"), price)
    lines = [
        Content.assemble(cell(text(product["title"], f"{ACCENT} bold"), width - price.cell_length), price)
    ]
    attributes = {
        name: value for name, value in (product.get("attributes") or {}).items() if name != "created"
    }
    facts = [product.get("vendor"), product.get("category"), *(f"{n} {v}" for n, v in attributes.items())]
    lines += text("  ·  ".join(str(fact) for fact in facts if fact), MUTED).wrap(width)
    for name, values in (product.get("options") or {}).items():
        lines += _option(name, values, product.get("variants", ()), width)
    for modifier in product.get("modifiers") or ():
        values = ", ".join(value["value"] for value in modifier["values"])
        lines.append(
            Content.assemble(cell(text(modifier["name"], MUTED), 10), text(values)).truncate(
                width, ellipsis=True
            )
        )
    lines += text(product.get("description", ""), "$foreground 80%", longest=900).wrap(width)
    lines += [
        text(f"picture {url}", MUTED).truncate(width, ellipsis=True) for url in product.get("images", ())[:1]
    ]
    return [*lines, Content(), *_variants(product, width)]


def _variants(product: Mapping[str, Any], width: int) -> list[Content]:
    """Each thing that can be bought, with its stock and price."""
    rows = []
    for variant in product.get("variants", ()):
        stock = variant.get("inventory_quantity")
        can = variant.get("available", True)
        told = "sold out" if not can else "" if stock is None else f"{stock} in stock"
        price = price_of(variant) if isinstance(variant.get("price"), Mapping) else ""
        name = "  ".join(map(str, variant.get("options", {}).values()))
        right = Content.assemble(
            cell(text(told, MUTED if can else "$warning"), 14), cell(text(price), _PRICE, right=True)
        )
        rows.append(sides(text(name, "" if can else f"{MUTED} strike"), right, width))
    return rows


def _option(
    name: str, values: Sequence[str], variants: Sequence[Mapping[str, Any]], width: int
) -> list[Content]:
    shown: list[Content] = []
    for value in values:
        can = any(v.get("available") for v in variants if v.get("options", {}).get(name) == value)
        shown.append(text(value) if can or not variants else text(value, f"{MUTED} strike"))
    line = Content.assemble(cell(text(name, MUTED), 10), Content("  ").join(shown))
    return [line.truncate(width, ellipsis=True)]
