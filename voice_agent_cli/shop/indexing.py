"""What search keeps of a product: its words by field, what filters ask for, what it offers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from voice_agent_cli.shop.colors import color_keys, colors_in
from voice_agent_cli.shop.products import Product, Variant
from voice_agent_cli.shop.values import canonical
from voice_agent_cli.shop.words import index_words, is_unit, joined, words

_COLOR_NAMES = frozenset({"color", "colour", "shade", "finish"})
_SIZE_NAMES = frozenset({"size", "sizes"})
# Attributes for machines: numbers that nobody says when asking for a product.
_UNSPOKEN = frozenset({"rating", "reviews", "created", "barcode", "gtin", "mpn", "link", "sku"})
_BODY_WORDS = 400
_MEANING_CHARACTERS = 200

ANY = "any"


@dataclass(frozen=True)
class Offer:
    """One variant as filters see it. ``keys`` are facets such as "size=m" and "color=blue"."""

    price: float
    available: bool
    on_sale: bool
    keys: frozenset[str]


@dataclass(frozen=True)
class IndexEntry:
    """The searchable words of a product by field, and its facets (those of all its offers)."""

    title: str
    keywords: str
    brand: str
    body: str
    facets: frozenset[str]
    offers: tuple[Offer, ...]
    discount: float
    meaning: str


def index_entry(product: Product, now: datetime) -> IndexEntry:
    """What the index holds of ``product`` at ``now``. ``discount`` is the deepest, from 0 to 1."""
    common = _common_keys(product)
    variants = [variant.at(now) for variant in product.variants]
    offers = tuple(dict.fromkeys(_offer(variant, common) for variant in variants))
    facets = common.union(*(offer.keys for offer in offers))
    return IndexEntry(
        title=" ".join(index_words(product.title)),
        keywords=" ".join(_keywords(product, facets)),
        brand=" ".join(_name_words(product.vendor)),
        body=" ".join(index_words(product.description)[:_BODY_WORDS]),
        facets=facets,
        offers=offers,
        discount=max(map(_discount, variants), default=0.0),
        meaning=meaning_text(product),
    )


def option_key(name: str) -> str:
    """The one name of an option: "Colour" and "Shade" are "color"."""
    plain = " ".join(canonical(name))
    if plain in _COLOR_NAMES:
        return "color"
    return "size" if plain in _SIZE_NAMES or plain.endswith(" size") else plain


@lru_cache(maxsize=8192)
def value_keys(value: str) -> frozenset[str]:
    """What an option's value answers to: "S/M" to s, m and s/m; "US 10 (EU 44)" also to 10."""
    keys = {_one_key(value)}
    keys |= {_one_key(part) for part in re.split(r"[/(),;]", value) if part.strip()}
    return frozenset(key for key in keys if key)


def asked_value(value: str) -> str:
    """The key that a shopper's "medium", "size ten and a half" or "two litre" stands for."""
    return _one_key(value)


def _one_key(value: str) -> str:
    kept = [word for word in words(value) if word not in ("size", "us", "uk", "eu", "eur", "usa")]
    return " ".join(kept)


def _common_keys(product: Product) -> frozenset[str]:
    """Facets that every variant has: brand, category, attributes, a color that only the title names."""
    keys = {f"brand={joined([product.vendor])}"} if product.vendor else set()
    keys |= {f"category={part}" for part in category_keys(product.category)}
    for name, value in product.attributes.items():
        for one in [] if name in _UNSPOKEN else value.split(","):
            keys |= _keyed(option_key(name), one)
    for modifier in product.modifiers:
        for choice in modifier.values:
            keys |= _keyed(option_key(modifier.name), choice.value)
    if not any(option_key(name) == "color" for name in product.options) and "color" not in product.attributes:
        named = colors_in(product.title) or colors_in(" ".join(product.tags))
        keys |= {f"color={color}" for color in named or colors_in(product.description)}
    return frozenset(keys)


def category_keys(category: str) -> Iterable[str]:
    """Each level of "Clothing > Coats & Jackets" in comparable words."""
    return (" ".join(words(part)) for part in category.split(">") if part.strip())


def _offer(variant: Variant, common: frozenset[str]) -> Offer:
    keys = set(common)
    for name, value in variant.options.items():
        keys |= _keyed(option_key(name), value)
    on_sale = variant.compare_at_price is not None and variant.compare_at_price > variant.price
    return Offer(float(variant.price), variant.available, on_sale, frozenset(keys))


def _keyed(key: str, value: str) -> set[str]:
    """Facets of one value: under its option's name, and under ``ANY`` for values said without one."""
    found = color_keys(value) if key == "color" else value_keys(value)
    return {f"{name}={one}" for one in found for name in (key, ANY)}


def _discount(variant: Variant) -> float:
    if not variant.compare_at_price or variant.compare_at_price <= variant.price:
        return 0.0
    return float(1 - variant.price / variant.compare_at_price)


def _keywords(product: Product, facets: frozenset[str]) -> list[str]:
    """Category, tags, option values, attributes, and every color name that the product answers to."""
    found = [*index_words(product.category.replace(">", " "))]
    for tag in product.tags:
        found += index_words(tag)
    for name, values in product.options.items():
        for value in values:
            found += index_words(value)
            if is_unit(name):  # 500 "pieces"
                found += words(f"{value} {name}")
    for value in _spoken(product.attributes):
        found += index_words(value)
    for facet in facets:
        name, _, value = facet.partition("=")
        if name == "color":
            found += words(value)
    return list(dict.fromkeys(found))


def _name_words(name: str) -> list[str]:
    """A brand's words and the brand as one word, which is how a recognizer may hear it."""
    found = list(index_words(name))
    whole = joined([name])
    return [*found, whole] if whole not in found else found


def _spoken(attributes: Mapping[str, str]) -> list[str]:
    return [value for name, value in attributes.items() if name not in _UNSPOKEN]


def meaning_text(product: Product) -> str:
    """What the meaning model reads: what it is, then what for. Short: cost grows with length."""
    kind = product.category.rpartition(">")[2].strip()
    parts = (product.title, kind, ", ".join(product.tags[:4]), product.description)
    return ". ".join(part for part in parts if part)[:_MEANING_CHARACTERS]
