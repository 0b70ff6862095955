"""WooCommerce's product CSV export: simple and variable products, variations anywhere in the file."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, product

from voice_agent_cli.shop.codec import collect_options, variant_id
from voice_agent_cli.shop.importers.feed import Feed, Problem
from voice_agent_cli.shop.importers.fields import FieldError, count, flag, listed, measure, parsed, price
from voice_agent_cli.shop.importers.groups import count_groups, grouped
from voice_agent_cli.shop.importers.html import text_of
from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.importers.table import Row, header, rows
from voice_agent_cli.shop.money import parse_amount, parse_time
from voice_agent_cli.shop.products import Product, Sale, Variant

NAME = "WooCommerce CSV"

_READ = frozenset(
    (
        *(
            "id",
            "type",
            "sku",
            "name",
            "published",
            "visibility in catalog",
            "short description",
            "description",
        ),
        *("date sale price starts", "date sale price ends", "in stock?", "stock", "backorders allowed?"),
        *("sale price", "regular price", "categories", "tags", "images", "parent", "brands"),
    )
)
_ATTRIBUTE = re.compile(r"attribute (\d+) (name|value\(s\)|visible|global|default)")
_MEASURE = re.compile(r"(weight|length|width|height) \((\w+)\)")
_MOST_EXPANDED = 1000


@dataclass(frozen=True)
class Survey:
    """How many rows each product has, and the ID behind each SKU that a parent may be named by."""

    sizes: Counter[str]
    ids: Mapping[str, str]


def recognises(source: Source) -> bool:
    return {"type", "name", "regular price"} <= set(header(source))


def survey(source: Source) -> Survey:
    ids = {row["sku"]: _own_key(row) for row in rows(source) if row["sku"] and not row["parent"]}
    return Survey(count_groups(rows(source), lambda row: _key(row, ids)), ids)


def read(source: Source, survey: Survey, currency: str) -> Feed:
    feed = Feed(iter(()))
    feed.unused_columns = tuple(c for c in header(source) if c and not _is_read(c))
    feed.items = _items(source, survey, currency, feed)
    return feed


def _is_read(column: str) -> bool:
    return column in _READ or bool(_ATTRIBUTE.fullmatch(column) or _MEASURE.fullmatch(column))


def _items(source: Source, survey: Survey, currency: str, feed: Feed) -> Iterator[Product | Problem]:
    for key, found in grouped(rows(source), lambda row: _key(row, survey.ids), survey.sizes):
        own = next((row for row in found if not _is_variation(row)), None)
        if own is None:
            yield from (Problem(row.line, "parent", f"no product is {row['parent']}", key) for row in found)
        elif _is_left_out(own):
            feed.left_out += 1
        else:
            yield from _product(key, own, [row for row in found if _is_variation(row)], currency)


def _own_key(row: Row) -> str:
    return row["id"] or row["sku"] or row["name"]


def _key(row: Row, ids: Mapping[str, str]) -> str:
    """The ID of the product that the row belongs to."""
    parent = row["parent"]
    if not _is_variation(row) or not parent:
        return _own_key(row)
    return parent.removeprefix("id:") if parent.startswith("id:") else ids.get(parent, parent)


def _is_variation(row: Row) -> bool:
    return "variation" in _types(row)


def _types(row: Row) -> tuple[str, ...]:
    return listed(row["type"].casefold())


def _is_left_out(row: Row) -> bool:
    """Whether it is a draft, private, hidden, or sold by someone else or in parts."""
    kinds = _types(row)
    return (
        (bool(row["published"]) and row["published"] != "1")
        or row["visibility in catalog"] == "hidden"
        or "grouped" in kinds
        or "external" in kinds
    )


def _product(key: str, own: Row, variations: Sequence[Row], currency: str) -> Iterator[Product | Problem]:
    if not own["name"]:
        yield Problem(own.line, "name", "the name is missing", key)
        return
    named = _attribute_cells(own)
    variants: dict[str, Variant] = {}
    is_variable = "variable" in _types(own)
    for row in variations if is_variable else [own]:
        if row["published"] not in ("", "1"):
            continue
        try:
            made = _variants(row, key, own, named if is_variable else {})
        except FieldError as error:
            yield Problem(row.line, error.column, str(error), key)
            continue
        for variant in made:
            variants.setdefault(variant.id, variant)
    if not variants:
        if is_variable and not variations:
            yield Problem(own.line, "type", "a variable product without variations", key)
        return
    made_variants = tuple(variants.values())
    options = collect_options(made_variants)
    attributes = {name.lower(): ", ".join(values) for name, values in named.items() if name not in options}
    categories = listed(own["categories"])
    yield Product(
        id=key,
        title=own["name"],
        variants=made_variants,
        description=_description(own),
        vendor=own["brands"] or attributes.pop("brand", ""),
        category=categories[0] if categories else "",
        tags=tuple(dict.fromkeys((*categories[1:], *listed(own["tags"])))),
        currency=currency,
        images=listed(own["images"]),
        options=options,
        attributes=attributes | _measures(own),
    )


def _description(row: Row) -> str:
    """Both descriptions; the export writes a line's end as ``\\n``."""
    parts = (text_of(row[column].replace("\\n", "<br>")) for column in ("short description", "description"))
    return "\n".join(part for part in parts if part)


def _attribute_cells(row: Row) -> dict[str, tuple[str, ...]]:
    """Each attribute's name with its values, in the order of their numbers."""
    found: dict[str, tuple[str, ...]] = {}
    for column in row.fields:
        match = _ATTRIBUTE.fullmatch(column)
        if match and match[2] == "name" and row[column]:
            found[row[column]] = listed(row[f"attribute {match[1]} value(s)"])
    return found


def _variants(row: Row, key: str, own: Row, offered: Mapping[str, tuple[str, ...]]) -> list[Variant]:
    """The variant of a row; one for each value of the parent's where the row leaves an attribute open."""
    cells = _attribute_cells(row) if offered else {}
    names = [name for name in (offered if offered else ()) if name in cells]
    choices = [cells[name][:1] or offered[name] for name in names]
    base = _variant(row, own)
    made = []
    for values in islice(product(*choices), _MOST_EXPANDED):
        options = dict(zip(names, values, strict=True))
        made.append(replace(base, id=variant_id(key, options), options=options))
    return made


def _variant(row: Row, own: Row) -> Variant:
    regular = price(row, "regular price")
    lowered = parsed(row, "sale price", parse_amount)
    starts = parsed(row, "date sale price starts", parse_time)
    ends = parsed(row, "date sale price ends", _end_of)
    planned = Sale(lowered, starts, ends) if lowered is not None and (starts or ends) else None
    is_lower = lowered is not None and lowered < regular and planned is None
    quantity = count(row, "stock")
    if row["backorders allowed?"].casefold() in ("1", "notify", "yes"):
        quantity = None
    in_stock = flag(row["in stock?"] or own["in stock?"])
    return Variant(
        id="",
        price=lowered if is_lower and lowered is not None else regular,
        compare_at_price=regular if is_lower else None,
        sku=row["sku"],
        available=in_stock is not False and quantity != 0,
        inventory_quantity=quantity,
        sale=planned,
    )


def _end_of(text: str) -> datetime:
    """A sale's last day is part of it; a time is its end."""
    moment = parse_time(text)
    return moment + timedelta(days=1) if ":" not in text else moment


def _measures(row: Row) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in row.fields:
        if (match := _MEASURE.fullmatch(column)) and (value := measure(row[column], match[2])):
            found[match[1]] = value
    return found
