"""Narrow, widen, page through or re-price the last search."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from voice_agent_cli.errors import ToolError, UsageError
from voice_agent_cli.shop.finding import FilterInput, SearchShape, check, from_plain, search
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shop import Shop

_CENT = Decimal("0.01")


class Arguments(FilterInput):
    change: Literal["cheaper", "pricier", "more", "next", "previous"] | None = Field(
        None,
        description="cheaper or pricier than what was shown; more, next, previous: another page.",
    )


class Result(SearchShape):
    nothing_cheaper: bool = Field(False, description="True where the cheapest was shown already.")
    nothing_pricier: bool = Field(False, description="True where the dearest was shown already.")


def run(shop: Shop, arguments: Arguments) -> Result:
    given = arguments.given()
    change = given.pop("change", None)
    if not given and change is None:
        raise UsageError("query: say what to change about the search", {"field": "query"})
    last = shop.last_search
    if last is None and change is not None:
        raise ToolError("Nothing was searched for yet", {"field": "change", "reason": "no_search"})
    request = _merged(from_plain(last or {}), given)
    if change in ("cheaper", "pricier"):
        return _repriced(shop, request, change)
    if change is not None:
        request = _paged(shop, request, change)
    return Result(**search(shop, request).model_dump())


def _merged(last: SearchRequest, given: dict[str, Any]) -> SearchRequest:
    """The last search with what is asked now: words and exclusions are added, the rest replaced."""
    asked = SearchRequest(**given)
    check(asked)
    merged = replace(last, **given)
    # A new bound drops the old one that contradicts it.
    low, high = merged.min_price, merged.max_price
    if low is not None and high is not None and low > high:
        newer_is_low = asked.min_price is not None
        merged = replace(merged, max_price=None) if newer_is_low else replace(merged, min_price=None)
    return replace(
        merged,
        query=" ".join(part for part in (last.query, asked.query) if part),
        options={**last.options, **asked.options},
        exclude=tuple(dict.fromkeys((*last.exclude, *asked.exclude))),
        offset=0 if given else last.offset,
    )


def _paged(shop: Shop, request: SearchRequest, change: str) -> SearchRequest:
    step = -request.limit if change == "previous" else request.limit
    paged = replace(request, offset=max(0, request.offset + step))
    if paged.offset == request.offset or not shop.search.find(paged).hits:
        raise ToolError(
            "That is the first page" if change == "previous" else "There is nothing more",
            {"field": "change", "reason": "no_more"},
        )
    return paged


def _repriced(shop: Shop, request: SearchRequest, change: str) -> Result:
    """What is cheaper (pricier) than all that was shown; where nothing is, the cheapest (dearest) first."""
    prices = [product.price for product in shop.catalogue.get_many(shop.shown)]
    request = replace(request, offset=0)
    if prices:
        bound = (
            replace(request, max_price=min(prices) - _CENT)
            if change == "cheaper"
            else replace(request, min_price=max(prices) + _CENT)
        )
        if _is_possible(bound) and _finds_the_like(shop, bound, request):
            return Result(**search(shop, bound).model_dump())
    ends = replace(request, sort="price_asc" if change == "cheaper" else "price_desc")
    return Result(**{**search(shop, ends).model_dump(), f"nothing_{change}": bool(prices)})


def _finds_the_like(shop: Shop, bound: SearchRequest, request: SearchRequest) -> bool:
    """Whether ``bound`` finds the kind of thing that ``request`` does, and not something merely akin."""
    found, before = shop.search.find(bound).hits, shop.search.find(request).hits
    return bool(found) and (found[0].found_by != "meaning" or before[0].found_by == "meaning")


def _is_possible(request: SearchRequest) -> bool:
    low, high = request.min_price or Decimal(0), request.max_price
    return high is None or (high >= 0 and low <= high)
