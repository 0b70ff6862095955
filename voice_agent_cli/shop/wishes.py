"""What a search text says beside the thing itself: prices, exclusions, sale, stock, order.

"red shoes under fifty, not leather" is the words "red shoes", at most 50, without leather.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from voice_agent_cli.shop.values import canonical, plain

Sort = Literal["relevance", "price_asc", "price_desc", "newest", "rating", "discount"]

_NOT_MONEY = "%|ml|cl|l|kg|g|oz|in|ft|cm|mm|m|w|v|gb|tb|k|hz|mah|pack|piece|inch|year|percent"
_MONEY = "dollars?|bucks?|euros?|quid|lb|usd|eur|gbp|sterling"  # a spoken "pounds" reads as lb
_AMOUNT = rf"(\d+(?:\.\d+)?)(?: (?:{_MONEY}))?(?! ?(?:{_NOT_MONEY})\b)"
_BETWEEN = re.compile(rf"\b(?:between|from) {_AMOUNT} (?:and|to) {_AMOUNT}")
_UNDER = re.compile(
    rf"\b(?:under|below|less than|cheaper than|up to|maximum|max|at most|no more than|not more than|"
    rf"not over|nothing over|within|less expensive than) {_AMOUNT}"
)
_OR_LESS = re.compile(rf"\b{_AMOUNT} (?:or less|or under|or cheaper|at most|max|maximum|tops)\b")
_OVER = re.compile(rf"\b(?:over|above|more than|at least|minimum|upwards|starting at) {_AMOUNT}")
_NOT = re.compile(
    r"\b(anything but|everything but|but not|other than|except for|except|excluding|without any|without|"
    r"hate|dislike|dont like|instead|rather than|never|thats not|"
    r"isnt|arent|dont want|not made from|not in|not for|not|no|minus|free of|free from|"
    r"(?:cant|cannot) (?:have|eat|drink|stand)|allergic to|intolerant to)"
    r" (?:any )?((?!in\b|on\b|for\b|to\b|so\b|too\b|sure\b|more\b|over\b|under\b|\d)[^\W_]+)"
    r"((?: (?:or|and|nor) (?:no |not )?[^\W_]+)?)"
)
# "The red one" counts nothing.
_THE_ONE = re.compile(
    r"(?<!size)(?<!age)(?<!number) ones?"
    r"(?=$| (?:not|no|but|without|under|below|over|for|that|which|with|please)\b)"
)
_OF_THE_SHOPPER = re.compile(r"(?:^| )(?:i|im|we|me|he|she|they|you)$")
_IS = re.compile(r"(?:^|(?<!that)(?<!which)(?<!but) )(?:is|are|am|was|were|do|does|did|can|could|will)$")
_DOING = re.compile(r"[^\W_]{2,}ing (?:my|our|his|her|its|their|your|it|me|us|them|up|down|out|off|over)\b")
_FLAGS: tuple[tuple[re.Pattern[str], Mapping[str, object]], ...] = (
    (
        re.compile(r"\b(?:cheapest|least expensive|lowest price[ds]?|most affordable)\b"),
        {"sort": "price_asc"},
    ),
    (re.compile(r"\b(?:most expensive|priciest|dearest|highest price[ds]?)\b"), {"sort": "price_desc"}),
    (re.compile(r"\b(?:newest|latest|most recent|just in|new arrivals?)\b"), {"sort": "newest"}),
    (re.compile(r"\b(?:best|top|highest|most) (?:rated|reviewed|rating|reviews)\b"), {"sort": "rating"}),
    (
        re.compile(r"\b(?:biggest|largest|best|l) (?:discounts?|savings?|deals?)\b"),
        {"sort": "discount", "on_sale": True},
    ),
    (
        re.compile(
            r"\b(?:(?:thats |are |is )?on (?:sale|offer)|discounted|reduced|marked down|clearance|sale)\b"
        ),
        {"on_sale": True},
    ),
    (re.compile(r"\b(?:thats |are |is )?in stock\b"), {"in_stock": True}),
)


@dataclass(frozen=True)
class Wishes:
    """The words that are left, and what was said beside them. ``None``: not said."""

    words: str
    exclude: tuple[str, ...] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    on_sale: bool | None = None
    in_stock: bool | None = None
    sort: Sort | None = None


def read_wishes(text: str) -> Wishes:
    """Take prices, exclusions, sale, stock and order out of ``text``."""
    wishes = Wishes(" ".join(canonical(_THE_ONE.sub("", plain(text)))))
    for step in (_take_prices, _take_exclusions, _take_flags):
        wishes = step(wishes)
    return replace(wishes, words=" ".join(wishes.words.split()))


def _take_prices(wishes: Wishes) -> Wishes:
    if match := _BETWEEN.search(wishes.words):
        low, high = sorted((Decimal(match[1]), Decimal(match[2])))
        return replace(_without(wishes, match), min_price=low, max_price=high)
    for pattern in (_UNDER, _OR_LESS):
        if match := pattern.search(wishes.words):
            return replace(_without(wishes, match), max_price=Decimal(match[1]))
    if match := _OVER.search(wishes.words):
        return replace(_without(wishes, match), min_price=Decimal(match[1]))
    return wishes


def _take_exclusions(wishes: Wishes) -> Wishes:
    excluded: list[str] = []
    start = 0
    while match := _NOT.search(wishes.words, start):
        if _is_told(wishes.words, match):
            start = match.end(1)
            continue
        excluded.append(match[2])
        excluded += [word for word in match[3].split() if word not in ("or", "and", "nor", "no", "not")]
        wishes = _without(wishes, match)
    return replace(wishes, exclude=tuple(excluded))


def _is_told(words: str, match: re.Match[str]) -> bool:
    """Whether a "not" tells how things are ("my ears are not pierced") or should go ("not slip on ice")."""
    before, thing_on = words[: match.start()].rstrip(), words[match.start(2) :]
    if _DOING.match(thing_on):
        return True  # "without waking my wife"
    if match[1] != "not":
        return False
    return not before or bool(_IS.search(before) or _OF_THE_SHOPPER.search(before))


def _take_flags(wishes: Wishes) -> Wishes:
    for pattern, said in _FLAGS:
        if match := pattern.search(wishes.words):
            wishes = replace(_without(wishes, match), **said)  # type: ignore[arg-type]
    return wishes


def _without(wishes: Wishes, match: re.Match[str]) -> Wishes:
    words = wishes.words
    return replace(wishes, words=f"{words[: match.start()]} {words[match.end() :]}")
