"""Narrow, widen, page through or re-price the last search."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from voice_agent_cli.errors import ToolError, UsageError
from voice_agent_cli.shop.finding import (
    RELATIVE,
    FilterInput,
    SearchShape,
    bounded,
    check,
    from_plain,
    search,
)
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
    relative = {} if {"min_price", "max_price"} & set(given) else (last or {}).get(RELATIVE, {})
    if change is not None:
        request = _paged(shop, request, change, relative)
    return Result(**search(shop, request, relative=relative).model_dump())


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


def _paged(shop: Shop, request: SearchRequest, change: str, relative: Mapping[str, str]) -> SearchRequest:
    step = -request.limit if change == "previous" else request.limit
    paged = replace(request, offset=max(0, request.offset + step))
    if paged.offset == request.offset or not shop.search.find(bounded(paged, relative)).hits:
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
        relative = (
            {"max_price": str(min(prices) - _CENT)}
            if change == "cheaper"
            else {"min_price": str(max(prices) + _CENT)}
        )
        if _finds_the_like(shop, bounded(request, relative), request):
            return Result(**search(shop, request, relative=relative).model_dump())
    ends = replace(request, sort="price_asc" if change == "cheaper" else "price_desc")
    return Result(**{**search(shop, ends).model_dump(), f"nothing_{change}": bool(prices)})


def _finds_the_like(shop: Shop, bound: SearchRequest, request: SearchRequest) -> bool:
    """Whether ``bound`` finds the kind of thing that ``request`` does, and not something merely akin."""
    low, high = bound.min_price or Decimal(0), bound.max_price
    if high is not None and low > high:
        return False
    found, before = shop.search.find(bound).hits, shop.search.find(request).hits
    return bool(found) and (found[0].found_by != "meaning" or before[0].found_by == "meaning")
