"""Suggest products like one that is known."""

from dataclasses import replace
from decimal import Decimal

from pydantic import Field

from voice_agent_cli.shop.finding import FilterInput, check
from voice_agent_cli.shop.lookup import find_product
from voice_agent_cli.shop.matching import content_words
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shapes import (
    Output,
    ProductBrief,
    ProductInput,
    ProductShape,
    product_brief,
    product_shape,
)
from voice_agent_cli.shop.shop import Shop

_POOL = 50


class Arguments(FilterInput, ProductInput):
    limit: int = Field(3, ge=1, le=10, description="How many to suggest.")


class Result(Output):
    like: ProductBrief
    products: list[ProductShape] = Field(description="The likest first; only what can be bought.")


def run(shop: Shop, arguments: Arguments) -> Result:
    product = find_product(shop, arguments.product)
    wishes = {name: value for name, value in arguments.given().items() if name not in ("product", "limit")}
    wanted = SearchRequest(**{**wishes, "in_stock": True, "limit": _POOL})
    check(wanted)
    others = {p.id: p for p in _pool(shop, product, wanted) if p.id != product.id}
    likest = sorted(others.values(), key=lambda other: -_likeness(product, other))[: arguments.limit]
    if likest:
        shop.show(tuple(likest))
    return Result(like=product_brief(product), products=[product_shape(other) for other in likest])


def _pool(shop: Shop, product: Product, wanted: SearchRequest) -> list[Product]:
    """What meets the wishes: what is sold beside the product, and what answers to its name anywhere."""
    if wanted.query:
        requests = [replace(wanted, category=wanted.category or product.category), wanted]
    else:
        requests = [replace(wanted, query=product.title)]
        if product.category and not wanted.category:
            beside = replace(wanted, category=product.category)
            requests += [beside, replace(beside, query=product.title)]
    return [hit.product for request in requests for hit in shop.search.find(request).hits]


def _likeness(product: Product, other: Product) -> float:
    """From 0 to 1: words of the title, tags, category and price in common."""
    titles = _overlap(set(content_words(product.title)), set(content_words(other.title)))
    tags = _overlap(set(product.tags), set(other.tags))
    low, high = sorted((product.price, other.price))
    prices = float(low / high) if high > Decimal(0) else 1.0
    return 0.35 * titles + 0.3 * tags + 0.2 * (product.category == other.category) + 0.15 * prices


def _overlap(mine: set[str], theirs: set[str]) -> float:
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0
