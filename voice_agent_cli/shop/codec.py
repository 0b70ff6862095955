"""A product as JSON and back: the shape of ``POST /api/products/search``, plus the rest.

What ``to_json`` writes, ``from_json`` reads unchanged. Reading is lenient about
form (a price may be a number, a string or ``{"amount", "currency"}``), strict
about meaning (a price below zero or a product without a title is refused).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.money import iso_time, parse_amount, parse_time
from voice_agent_cli.shop.products import Modifier, ModifierValue, Product, Sale, Variant

Json = Mapping[str, Any]


def to_json(product: Product) -> dict[str, Any]:
    """The product as plain JSON values; empty parts are left out, documented ones never."""
    money = _money(product.currency)
    shape: dict[str, Any] = {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "price": money(product.price),
        "images": list(product.images),
        "variants": [_variant_to_json(variant, product.currency) for variant in product.variants],
        "vendor": product.vendor,
        "category": product.category,
        "tags": list(product.tags),
        "options": {name: list(values) for name, values in product.options.items()},
        "modifiers": [_modifier_to_json(modifier) for modifier in product.modifiers],
        "attributes": dict(product.attributes),
    }
    optional = ("vendor", "category", "tags", "options", "modifiers", "attributes")
    return {key: value for key, value in shape.items() if value or key not in optional}


def from_json(shape: object) -> Product:
    """The product that ``shape`` describes.

    Raises:
        UsageError: something is missing or makes no sense; ``details["field"]`` is its path.
    """
    shape = _mapping(shape, "product")
    currency = _currency(shape)
    title = _text(shape, "title", required=True)
    identifier = _text(shape, "id") or _text(shape, "handle") or slug(title)
    variants = tuple(
        _variant_from_json(_mapping(entry, f"variants[{index}]"), f"variants[{index}]", shape, identifier)
        for index, entry in enumerate(_list(shape, "variants") or [{}])
    )
    if len({variant.id for variant in variants}) < len(variants):
        raise UsageError("two variants have the same id", {"field": "variants"})
    return Product(
        id=identifier,
        title=title,
        variants=variants,
        description=_text(shape, "description"),
        vendor=_text(shape, "vendor") or _text(shape, "brand"),
        category=_text(shape, "category"),
        tags=tuple(str(tag).strip() for tag in _list(shape, "tags") if str(tag).strip()),
        currency=currency,
        images=tuple(str(image) for image in _list(shape, "images")),
        options=_options_from_json(shape.get("options"), variants),
        modifiers=tuple(
            _modifier_from_json(entry, f"modifiers[{index}]")
            for index, entry in enumerate(_list(shape, "modifiers"))
        ),
        attributes=_attributes(shape),
    )


def slug(text: str) -> str:
    """``text`` as an id: lower-case letters and digits joined by dashes."""
    return "-".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def variant_id(product_id: str, options: Mapping[str, str]) -> str:
    """An id for a variant whose file gives none: the same as long as its options are."""
    return "/".join([product_id, *(slug(value) or "x" for value in options.values())])


def collect_options(variants: Sequence[Variant]) -> dict[str, tuple[str, ...]]:
    """Each option's values in the order they first appear among ``variants``."""
    values: dict[str, dict[str, None]] = {}
    for variant in variants:
        for name, value in variant.options.items():
            values.setdefault(name, {})[value] = None
    return {name: tuple(found) for name, found in values.items()}


def option_named(options: Mapping[str, str], *names: str) -> str | None:
    """The value of the option called one of ``names`` (any case), as "size" or "colour"."""
    return next((value for name, value in options.items() if name.casefold() in names), None)


def _money(currency: str) -> Any:
    return lambda amount: {"amount": str(amount), "currency": currency}


def _variant_to_json(variant: Variant, currency: str) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": variant.id,
        "size": option_named(variant.options, "size"),
        "color": option_named(variant.options, "color", "colour"),
        "available": variant.available,
        "inventory_quantity": variant.inventory_quantity,
        "price": _money(currency)(variant.price),
    }
    if variant.options:
        shape["options"] = dict(variant.options)
    if variant.compare_at_price is not None:
        shape["compare_at_price"] = _money(currency)(variant.compare_at_price)
    if variant.sku:
        shape["sku"] = variant.sku
    if variant.sale is not None:
        times = {"starts": iso_time(variant.sale.starts), "ends": iso_time(variant.sale.ends)}
        shape["sale"] = {"price": str(variant.sale.price), **{k: v for k, v in times.items() if v}}
    return shape


def _variant_from_json(shape: Json, path: str, product: Json, product_id: str) -> Variant:
    options = {str(k): str(v) for k, v in _mapping(shape.get("options") or {}, f"{path}.options").items()}
    if not options:
        named = {"Size": shape.get("size"), "Color": shape.get("color")}
        options = {name: str(value) for name, value in named.items() if value not in (None, "")}
    price = _price(shape, "price", path) if "price" in shape else _price(product, "price", "")
    if price is None:
        raise UsageError("the price is missing", {"field": f"{path}.price"})
    compare_at = _price(shape, "compare_at_price", path) or _price(product, "compare_at_price", "")
    quantity = _quantity(shape, path, product)
    return Variant(
        id=_text(shape, "id") or variant_id(product_id, options),
        price=price,
        options=options,
        compare_at_price=compare_at if compare_at is not None and compare_at > price else None,
        sku=_text(shape, "sku"),
        available=bool(shape.get("available", product.get("available", quantity is None or quantity > 0))),
        inventory_quantity=quantity,
        sale=_sale(shape.get("sale") or product.get("sale"), path),
    )


def _quantity(shape: Json, path: str, product: Json) -> int | None:
    for source in (shape, product):
        for name in ("inventory_quantity", "stock"):
            value = source.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise UsageError(f"{value!r} is not a whole number", {"field": f"{path}.{name}"})
            return max(0, value)
    return None


def _sale(shape: object, path: str) -> Sale | None:
    if not shape:
        return None
    entry = _mapping(shape, f"{path}.sale")
    price = _price(entry, "price", f"{path}.sale")
    if price is None:
        raise UsageError("the sale's price is missing", {"field": f"{path}.sale.price"})
    return Sale(price, _time(entry, "starts", path), _time(entry, "ends", path))


def _time(shape: Json, name: str, path: str) -> datetime | None:
    value = shape.get(name)
    try:
        return parse_time(str(value)) if value else None
    except ValueError as error:
        raise UsageError(str(error), {"field": f"{path}.sale.{name}"}) from error


def _modifier_to_json(modifier: Modifier) -> dict[str, Any]:
    return {
        "name": modifier.name,
        "values": [{"value": v.value, "surcharge": str(v.surcharge)} for v in modifier.values],
        "max_choices": modifier.max_choices,
        "free_text": modifier.free_text,
    }


def _modifier_from_json(entry: object, path: str) -> Modifier:
    shape = _mapping(entry, path)
    most = shape.get("max_choices", 1)
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise UsageError("must be a whole number from 1", {"field": f"{path}.max_choices"})
    return Modifier(
        name=_text(shape, "name", required=True, path=path),
        values=tuple(_modifier_value(value, path) for value in _list(shape, "values")),
        max_choices=most,
        free_text=bool(shape.get("free_text", False)),
    )


def _modifier_value(entry: object, path: str) -> ModifierValue:
    if not isinstance(entry, Mapping):
        return ModifierValue(str(entry))
    return ModifierValue(
        _text(entry, "value", required=True, path=path), _price(entry, "surcharge", path) or Decimal("0")
    )


def _options_from_json(shape: object, variants: Sequence[Variant]) -> dict[str, tuple[str, ...]]:
    """The product's options: of what the variants have, in the order the product names them."""
    found = collect_options(variants)
    if isinstance(shape, Mapping):
        named = {str(name): tuple(str(v) for v in values) for name, values in shape.items()}
    elif isinstance(shape, list):
        named = {str(entry["name"]): tuple(str(v) for v in entry.get("values", ())) for entry in shape}
    else:
        named = {}
    order = [*(name for name in named if name in found), *(name for name in found if name not in named)]
    return {
        name: tuple(dict.fromkeys(v for v in (*named.get(name, ()), *found[name]) if v in found[name]))
        for name in order
    }


def _currency(shape: Json) -> str:
    price = shape.get("price")
    inner = price.get("currency") if isinstance(price, Mapping) else None
    currency = str(shape.get("currency") or inner or "USD").upper()
    if len(currency) != 3 or not currency.isalpha():
        raise UsageError(f"{currency!r} is not a currency of three letters", {"field": "currency"})
    return currency


def _attributes(shape: Json) -> dict[str, str]:
    entries = _mapping(shape.get("attributes") or {}, "attributes")
    return {
        str(name).strip().lower(): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in entries.items()
    }


def _price(shape: Json, name: str, path: str) -> Decimal | None:
    value = shape.get(name)
    amount = value.get("amount") if isinstance(value, Mapping) else value
    if amount in (None, ""):
        return None
    try:
        return parse_amount(str(amount))
    except ValueError as error:
        raise UsageError(str(error), {"field": f"{path}.{name}".lstrip(".")}) from error


def _text(shape: Json, name: str, required: bool = False, path: str = "") -> str:
    value = shape.get(name)
    text = "" if value is None else str(value).strip()
    if required and not text:
        raise UsageError("is missing", {"field": f"{path}.{name}".lstrip(".")})
    return text


def _list(shape: Json, name: str) -> list[Any]:
    value = shape.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UsageError("must be a list", {"field": name})
    return value


def _mapping(value: object, path: str) -> Json:
    if not isinstance(value, Mapping):
        raise UsageError("must be an object", {"field": path})
    return value
