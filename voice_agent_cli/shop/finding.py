"""A search as the tools make it: arguments in, a page of products out, and what it was remembered."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.search import Hit, SearchRequest
from voice_agent_cli.shop.shapes import (
    Input,
    OptionValues,
    Output,
    Price,
    ProductShape,
    Query,
    Text,
    product_shape,
)
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.words import words

RELATIVE = "relative"
Sort = Literal["relevance", "price_asc", "price_desc", "newest", "rating", "discount"]


class FilterInput(Input):
    """The filters that a search and its refinement share."""

    query: Query | None = Field(None, description="What is looked for, in the shopper's words.")
    category: Text | None = Field(None, description="A department of the shop.")
    brand: Text | None = Field(None, description="The brand.")
    color: Text | None = Field(None, description="The color.")
    size: Text | None = Field(None, description="The size, as said: “medium”, “ten and a half”.")
    options: OptionValues = Field(
        default_factory=dict, description="Other options by name: length, roast, material …"
    )
    exclude: list[Text] = Field(
        default_factory=list, max_length=20, description="What is not wanted: “leather”, “red”, “laces”."
    )
    min_price: Price | None = Field(None, description="The lowest price wanted.")
    max_price: Price | None = Field(None, description="The highest price wanted.")
    on_sale: bool = Field(False, description="Only what is reduced.")
    in_stock: bool = Field(False, description="Only what can be bought now.")
    sort: Sort = Field("relevance", description="The order of the results.")
    limit: int = Field(10, ge=1, le=50, description="How many products a page holds.")

    def given(self) -> dict[str, Any]:
        """Only what was asked for, by the names of ``SearchRequest``."""
        asked = {name: getattr(self, name) for name in self.model_fields_set}
        if "exclude" in asked:
            asked["exclude"] = tuple(asked["exclude"])
        return {name: value for name, value in asked.items() if value is not None}


class RelaxedShape(Output):
    """What there is when one filter is dropped."""

    drop: str = Field(description="The filter, or several joined by “, ”.")
    total_count: int
    products: list[ProductShape]


class SearchShape(Output):
    """A page of what was found; products, total_count and has_more as the API documents them."""

    products: list[ProductShape] = Field(description="Each with found_by: words, spelling, sound or meaning.")
    total_count: int
    has_more: bool
    found_by: str | None = Field(None, description="How the first product was found.")
    relaxed: list[RelaxedShape] = Field(
        default_factory=list, description="Where nothing was found: filters to drop, and what then exists."
    )
    assumed: dict[str, str] = Field(
        default_factory=dict, description="Filters that a remembered preference filled in."
    )
    filters: dict[str, Any] = Field(default_factory=dict, description="What was searched for.")
    notice: str | None = Field(None, description="Why the search was less than complete.")


def search(
    shop: Shop,
    request: SearchRequest,
    assumed: Mapping[str, str] | None = None,
    relative: Mapping[str, str] | None = None,
) -> SearchShape:
    """Run ``request`` and remember it and what it showed.

    Args:
        assumed: Filters of the request that a preference filled in.
        relative: Price bounds beside the request's own, from "cheaper" and "pricier":
            they hold for the next pages and until prices are spoken of again.

    Raises:
        UsageError: the query has no words, or no price can meet both bounds.
    """
    check(request)
    asked = bounded(request, relative or {})
    found = shop.search.find(asked)
    remembered = {**to_plain(request), **({RELATIVE: dict(relative)} if relative else {})}
    offered = found.hits or (found.relaxed[0].hits if found.relaxed else ())
    if offered:
        shop.show(tuple(hit.product for hit in offered), remembered)
    else:
        shop.remember_search(remembered)
    return SearchShape(
        products=[_found(hit) for hit in found.hits],
        total_count=found.total_count,
        has_more=found.has_more,
        found_by=found.hits[0].found_by if found.hits else None,
        relaxed=[
            RelaxedShape(drop=r.drop, total_count=r.total_count, products=[_found(hit) for hit in r.hits])
            for r in found.relaxed
        ],
        assumed=dict(assumed or {}),
        filters={n: value for n, value in to_plain(asked).items() if n not in ("limit", "offset")},
        notice=found.notice,
    )


def bounded(request: SearchRequest, relative: Mapping[str, str]) -> SearchRequest:
    """``request`` within the price bounds that "cheaper" and "pricier" set."""
    low, high = relative.get("min_price"), relative.get("max_price")
    return replace(
        request,
        min_price=request.min_price if low is None else Decimal(low),
        max_price=request.max_price if high is None else Decimal(high),
    )


def with_budget(shop: Shop, request: SearchRequest) -> tuple[SearchRequest, dict[str, str]]:
    """``request`` within the shopper's remembered budget, where it says nothing of a highest price."""
    budget = shop.preferences.all().get("budget")
    if budget is None or request.max_price is not None or (request.min_price or 0) > Decimal(budget):
        return request, {}
    return replace(request, max_price=Decimal(budget)), {"max_price": budget}


def check(request: SearchRequest) -> None:
    """Refuse what no search can mean."""
    if request.query and not words(request.query):
        raise UsageError("query: there are no words in it", {"field": "query"})
    low, high = request.min_price, request.max_price
    if low is not None and high is not None and low > high:
        raise UsageError(
            f"min_price: {low} is above max_price {high}",
            {"field": "min_price", "min_price": str(low), "max_price": str(high)},
        )


def to_plain(request: SearchRequest) -> dict[str, Any]:
    """What of ``request`` differs from an empty one, as JSON values."""
    empty = asdict(SearchRequest())
    asked = {name: value for name, value in asdict(request).items() if value != empty[name]}
    return {
        name: str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value
        for name, value in asked.items()
    }


def from_plain(shape: Mapping[str, Any]) -> SearchRequest:
    """The request of a remembered search."""
    values = {name: value for name, value in shape.items() if name != RELATIVE}
    for name in ("min_price", "max_price"):
        if name in values:
            values[name] = Decimal(values[name])
    if "exclude" in values:
        values["exclude"] = tuple(values["exclude"])
    return SearchRequest(**values)


def _found(hit: Hit) -> ProductShape:
    return product_shape(hit.product, found_by=hit.found_by)
