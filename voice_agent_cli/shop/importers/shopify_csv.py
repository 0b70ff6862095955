"""Shopify's product CSV export, in both generations of its header."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from voice_agent_cli.shop.codec import collect_options, slug, variant_id
from voice_agent_cli.shop.importers.feed import Feed, Problem
from voice_agent_cli.shop.importers.fields import FieldError, count, flag, listed, measure, parsed, price
from voice_agent_cli.shop.importers.groups import count_groups, grouped
from voice_agent_cli.shop.importers.html import text_of
from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.importers.table import Row, header, rows
from voice_agent_cli.shop.money import parse_amount
from voice_agent_cli.shop.products import Product, Variant

NAME = "Shopify CSV"

# What a column is called in the newer header, and what it was called in the older one.
_OLDER = {
    "url handle": "handle",
    "description": "body (html)",
    "published on online store": "published",
    "sku": "variant sku",
    "price": "variant price",
    "compare-at price": "variant compare at price",
    "inventory tracker": "variant inventory tracker",
    "inventory quantity": "variant inventory qty",
    "continue selling when out of stock": "variant inventory policy",
    "weight value (grams)": "variant grams",
    "weight unit for display": "variant weight unit",
    "product image url": "image src",
    "variant image url": "variant image",
}
_READ = {
    *("title", "vendor", "product category", "type", "tags", "status"),
    *(f"option{n} {part}" for n in (1, 2, 3) for part in ("name", "value", "linked to")),
    *("unit price total measure", "unit price total measure unit"),
    *("google shopping / gender", "google shopping / age group"),
    *_OLDER,
    *_OLDER.values(),
}
_METAFIELD = re.compile(r"(.+) \(product\.metafields\.[^)]+\)")
_VARIANT_COLUMNS = ("option1 value", "sku", "price", "inventory quantity")


def recognises(source: Source) -> bool:
    columns = set(header(source))
    newer = {"url handle", "title", "sku"} <= columns or {"title", "option1 value", "price"} <= columns
    return newer or {"handle", "variant price"} <= columns or {"handle", "option1 name"} <= columns


def survey(source: Source) -> Counter[str]:
    return count_groups(rows(source), _handle)


def read(source: Source, survey: Counter[str], currency: str) -> Feed:
    columns = header(source)
    feed = Feed(iter(()))
    feed.unused_columns = tuple(c for c in columns if c and c not in _READ and not _METAFIELD.fullmatch(c))
    feed.items = _items(source, survey, currency, feed)
    return feed


def _items(source: Source, sizes: Counter[str], currency: str, feed: Feed) -> Iterator[Product | Problem]:
    for handle, found in grouped(rows(source), _handle, sizes):
        if not handle:
            yield from (Problem(row.line, "handle", "neither a handle nor a title") for row in found)
        elif _is_left_out(found[0]):
            feed.left_out += 1
        else:
            yield from _product(handle, found, currency)


def _handle(row: Row) -> str:
    return row.first("url handle", "handle") or slug(row["title"])


def _cell(row: Row, column: str) -> str:
    """The cell of a column by its newer name, whichever generation the file is of."""
    return row.first(column, _OLDER[column])


def _column(row: Row, column: str) -> str:
    """The name of that column in this file."""
    return column if column in row.fields else _OLDER[column]


def _is_left_out(row: Row) -> bool:
    """Whether the product is a draft, archived, or not published."""
    return row["status"].casefold() in ("draft", "archived", "unlisted") or (
        flag(_cell(row, "published on online store")) is False
    )


def _product(handle: str, found: Sequence[Row], currency: str) -> Iterator[Product | Problem]:
    first = found[0]
    if not first["title"]:
        yield Problem(first.line, "title", f"the product {handle} has no title", handle)
        return
    names = [first[f"option{n} name"] for n in (1, 2, 3)]
    variants: dict[str, Variant] = {}
    for row in found:
        if _is_picture(row):
            continue
        try:
            variant = _variant(row, handle, names)
        except FieldError as error:
            yield Problem(row.line, error.column, str(error), handle)
            continue
        if variant.id in variants:
            yield Problem(row.line, "option1 value", "a second variant with the same options", handle)
            continue
        variants[variant.id] = variant
    if not variants:
        if all(_is_picture(row) for row in found):
            yield Problem(first.line, _column(first, "price"), f"the product {handle} has no variant", handle)
        return
    yield Product(
        id=handle,
        title=first["title"],
        variants=tuple(variants.values()),
        description=text_of(_cell(first, "description")),
        vendor=first["vendor"],
        category=first["product category"] or first["type"],
        tags=_tags(first),
        currency=currency,
        images=tuple(dict.fromkeys(filter(None, map(_image, found)))),
        options=collect_options(tuple(variants.values())),
        attributes=_attributes(first),
    )


def _is_picture(row: Row) -> bool:
    """Whether the row only adds a picture: it has nothing of a variant."""
    return not any(row[column] or row[_OLDER.get(column, column)] for column in _VARIANT_COLUMNS)


def _variant(row: Row, handle: str, names: Sequence[str]) -> Variant:
    options = {
        name: row[f"option{n} value"]
        for n, name in enumerate(names, start=1)
        if name and row[f"option{n} value"]
    }
    if options == {"Title": "Default Title"}:
        options = {}
    amount = price(row, _column(row, "price"))
    compare_at = parsed(row, _column(row, "compare-at price"), parse_amount)
    quantity = count(row, _column(row, "inventory quantity"))
    sells_on = _cell(row, "continue selling when out of stock").casefold() in ("continue", "true")
    if sells_on or not _cell(row, "inventory tracker"):
        quantity = None  # not counted, or no reason to refuse
    return Variant(
        id=variant_id(handle, options),
        price=amount,
        options=options,
        compare_at_price=compare_at if compare_at and compare_at > amount else None,
        sku=_cell(row, "sku").lstrip("'"),
        available=quantity != 0,
        inventory_quantity=quantity,
    )


def _tags(row: Row) -> tuple[str, ...]:
    """Its tags; the type too, where the category is Shopify's own and says it otherwise."""
    kind = (row["type"],) if row["product category"] and row["type"] else ()
    return tuple(dict.fromkeys((*kind, *listed(row["tags"]))))


def _image(row: Row) -> str:
    return _cell(row, "product image url")


def _attributes(row: Row) -> dict[str, str]:
    """Metafields by their name, weight, contents, and whom Google's columns say it is for."""
    grams = measure(_cell(row, "weight value (grams)"), "g")
    contents = measure(row["unit price total measure"], row["unit price total measure unit"])
    found = {
        "weight": grams,
        "contents": contents,
        "gender": row["google shopping / gender"],
        "age group": row["google shopping / age group"],
    }
    for column, value in row.fields.items():
        if (metafield := _METAFIELD.fullmatch(column)) and value:
            found[metafield[1]] = text_of(value)
    return {name: value for name, value in found.items() if value}
