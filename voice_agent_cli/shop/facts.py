"""What is known of a product by name, and answers to "what brand is it?", "what is it made of?"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voice_agent_cli.shop.matching import content_words, matching_names
from voice_agent_cli.shop.pricing import stock
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.words import root, words

Value = str | Sequence[str]

_ASKED_AS: Mapping[str, str] = {
    "price": "price cost costs much expensive cheap pay",
    "brand": "brand maker make makes made-by manufacturer vendor company label",
    "category": "category kind type department sort",
    "stock": "stock available availability left inventory",
    "sale": "sale discount discounted reduced reduction offer",
    "description": "description details about information info story",
    "rating": "rating ratings rated stars score good",
    "reviews": "review reviews opinion opinions people",
    "weight": "weight weigh weighs heavy light",
    "material": "material materials fabric made leather cotton wool",
    "options": "options choices variants versions",
}
_MATERIALS = frozenset(
    words(
        "leather suede cotton wool merino silk linen polyester nylon fleece denim velvet cashmere canvas "
        "rubber plastic steel stainless aluminium aluminum iron copper brass gold silver platinum titanium "
        "wood wooden oak bamboo beech walnut pine glass crystal ceramic porcelain stoneware clay terracotta "
        "concrete stone marble paper cardboard acrylic resin silicone latex foam down feather viscose rayon "
        "elastane spandex lycra hemp jute rattan wicker cork"
    )
)
_FOR_MACHINES = frozenset({"created", "barcode", "gtin", "mpn", "link", "sku"})
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_LONGEST = 400


@dataclass(frozen=True)
class Answer:
    """What the catalogue says on ``topic``. ``source`` is ``catalogue`` or ``description``.

    Not ``known``: ``value`` is ``None``, and nobody should pretend otherwise.
    """

    topic: str
    known: bool
    value: Value | None = None
    source: str | None = None


def facts(product: Product) -> dict[str, Value]:
    """Everything known of ``product`` by lower-case name, in the order worth telling."""
    known: dict[str, Value] = {
        "price": str(product.price),
        "brand": product.vendor,
        "category": product.category,
    }
    known.update({name.lower(): tuple(values) for name, values in product.options.items()})
    known.update({m.name.lower(): tuple(v.value for v in m.values) for m in product.modifiers})
    known.update({n: v for n, v in product.attributes.items() if n not in _FOR_MACHINES})
    known["stock"] = _stock(product)
    known["sale"] = _sale(product)
    return {name: value for name, value in known.items() if value}


def answer(product: Product, about: str) -> Answer:
    """What ``product``'s own data says on what was asked (a word such as "material" or a phrase).

    The description counts: its sentences that hold the asked words are the answer.
    """
    known = facts(product)
    asked = content_words(about) or words(about)
    topic = _topic(about, known)
    if topic == "description" and product.description:
        return Answer(topic, True, product.description[:_LONGEST], "description")
    if topic == "options":
        choices = [f"{n}: {', '.join(v)}" for n, v in product.options.items()]
        return Answer(topic, bool(choices), choices or None, "catalogue" if choices else None)
    if topic == "sale":
        return Answer(topic, True, known.get("sale", "not on sale"), "catalogue")
    if topic in known:
        return Answer(topic, True, known[topic], "catalogue")
    sentences = _sentences_on(product, topic, asked)
    return Answer(topic, bool(sentences), sentences or None, "description" if sentences else None)


def _topic(about: str, known: Mapping[str, Value]) -> str:
    if own := matching_names(about, list(known)):
        return own[0]
    asked = set(about.casefold().split())
    for topic, ways in _ASKED_AS.items():
        if asked & set(ways.split()):
            return topic
    return about.strip().casefold()


def _sentences_on(product: Product, topic: str, asked: Sequence[str]) -> str:
    wanted = {root(word) for word in asked}
    if topic in _ASKED_AS:
        wanted |= {root(word) for word in _ASKED_AS[topic].split()}
    if topic == "material":
        wanted |= {root(word) for word in _MATERIALS}
    told = [s.strip() for s in _SENTENCE.split(product.description) if wanted & {root(w) for w in words(s)}]
    if not told and topic == "material":
        told = [tag for tag in (product.title, *product.tags) if _MATERIALS & set(words(tag))]
    return " ".join(told)[:_LONGEST]


def _stock(product: Product) -> str:
    amounts = [stock(variant) for variant in product.variants]
    if not any(variant.available for variant in product.variants):
        return "sold out"
    return "in stock" if None in amounts else f"{sum(n for n in amounts if n)} in stock"


def _sale(product: Product) -> str:
    reduced = [v for v in product.variants if v.compare_at_price and v.compare_at_price > v.price]
    return f"from {reduced[0].compare_at_price} to {reduced[0].price}" if reduced else ""
