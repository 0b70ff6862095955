"""Items of a Google Merchant feed, whether from XML or TSV, as products with their variants."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import takewhile

from voice_agent_cli.shop.codec import collect_options
from voice_agent_cli.shop.importers.feed import Problem
from voice_agent_cli.shop.importers.fields import FieldError, listed, parsed
from voice_agent_cli.shop.importers.groups import grouped
from voice_agent_cli.shop.importers.html import text_of
from voice_agent_cli.shop.importers.table import Row
from voice_agent_cli.shop.money import parse_price, parse_time
from voice_agent_cli.shop.products import Product, Sale, Variant

COLUMNS = frozenset(
    (
        *(
            "id",
            "title",
            "description",
            "link",
            "image_link",
            "additional_image_link",
            "availability",
            "price",
        ),
        *("sale_price", "sale_price_effective_date", "brand", "gtin", "mpn", "condition"),
        *("google_product_category", "product_type", "color", "size", "material", "pattern", "gender"),
        *("age_group", "item_group_id", "unit_pricing_measure"),
    )
)
_OPTIONS = {"color": "Color", "size": "Size", "material": "Material", "pattern": "Pattern"}
_ATTRIBUTES = {
    "gender": "gender",
    "age_group": "age group",
    "gtin": "gtin",
    "mpn": "mpn",
    "unit_pricing_measure": "contents",
}


def product_key(row: Row) -> str:
    """The id of the product that an item is, or is a variant of."""
    return row["item_group_id"] or row["id"]


def products(items: Iterable[Row], sizes: Counter[str], currency: str) -> Iterator[Product | Problem]:
    """The products of ``items``; ``sizes`` counts the items of each."""
    for key, found in grouped(items, product_key, sizes):
        if not key:
            yield from (Problem(row.line, "id", "the id is missing") for row in found)
        else:
            yield from _product(key, found, currency)


@dataclass(frozen=True)
class _Item:
    row: Row
    variant: Variant
    currency: str


def _product(key: str, found: Sequence[Row], currency: str) -> Iterator[Product | Problem]:
    items: dict[str, _Item] = {}
    for row in found:
        try:
            item = _item(row, currency)
            if not row["title"]:
                raise FieldError("title", "the title is missing")
            if item.variant.id in items:
                raise FieldError("id", f"a second item with the id {row['id']}")
            first = next(iter(items.values()), item)
            if item.currency != first.currency:
                raise FieldError("price", f"{item.currency} beside {first.currency} in one product")
        except FieldError as error:
            yield Problem(row.line, error.column, str(error), key)
            continue
        items[item.variant.id] = item
    if not items:
        return
    rows = [item.row for item in items.values()]
    shared = {column for column in _OPTIONS if len(rows) == 1 or len({row[column] for row in rows}) == 1}
    variants = tuple(_chosen(item.variant, shared) for item in items.values())
    first_row = rows[0]
    attributes = {name: first_row[column] for column, name in _ATTRIBUTES.items() if first_row[column]}
    attributes |= {column: first_row[column] for column in sorted(shared) if first_row[column]}
    if first_row["condition"] not in ("", "new"):
        attributes["condition"] = first_row["condition"]
    yield Product(
        id=key,
        title=_common_title([row["title"] for row in rows]),
        variants=variants,
        description=text_of(first_row["description"]),
        vendor=first_row["brand"],
        category=_category(first_row),
        currency=next(iter(items.values())).currency,
        images=tuple(dict.fromkeys(image for row in rows for image in _images(row))),
        options=collect_options(variants),
        attributes=attributes,
    )


def _item(row: Row, currency: str) -> _Item:
    priced = parsed(row, "price", lambda text: parse_price(text, currency))
    if priced is None:
        raise FieldError("price", "the price is missing")
    amount, found_currency = priced
    lowered = parsed(row, "sale_price", lambda text: parse_price(text, currency)[0])
    dates = row["sale_price_effective_date"]
    planned: Sale | None = None
    compare_at = None
    if lowered is not None and dates:
        planned = parsed(row, "sale_price_effective_date", lambda text: _sale(text, lowered))
    elif lowered is not None and lowered < amount:
        amount, compare_at = lowered, amount
    availability = row["availability"].casefold().replace(" ", "_")
    variant = Variant(
        id=row["id"],
        price=amount,
        options={name: row[column] for column, name in _OPTIONS.items() if row[column]},
        compare_at_price=compare_at,
        available=availability != "out_of_stock",
        sale=planned,
    )
    return _Item(row, variant, found_currency)


def _sale(text: str, price: Decimal) -> Sale:
    starts, slash, ends = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} is not two dates with a slash between")
    return Sale(price, parse_time(starts), parse_time(ends))


def _chosen(variant: Variant, shared: set[str]) -> Variant:
    """``variant`` with only the options by which the product's variants differ."""
    kept: Mapping[str, str] = {
        name: variant.options[name]
        for column, name in _OPTIONS.items()
        if column not in shared and name in variant.options
    }
    return replace(variant, options=kept)


def _common_title(titles: Sequence[str]) -> str:
    """What the titles of all variants begin with, in whole words; the first where they share nothing."""
    together = zip(*(title.split() for title in titles), strict=False)
    shared = " ".join(words[0] for words in takewhile(lambda words: len(set(words)) == 1, together))
    return shared.rstrip(" -–—,|/(") or titles[0]


def _category(row: Row) -> str:
    own = row["product_type"] or row["google_product_category"]
    return "" if own.isdigit() else own


def _images(row: Row) -> tuple[str, ...]:
    return tuple(filter(None, (row["image_link"], *listed(row["additional_image_link"]))))
