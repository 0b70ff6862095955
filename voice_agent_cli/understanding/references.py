"""Which product is meant by "the second one", "the blue one", "the cheaper of the two", "both", "it".

Plain code decides this, since a position, a price or a colour is either so or not; the
model only says which words are the reference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from .describing import contradicts, describes, fit, is_aside, name_and_kind
from .likeness import most_like
from .numbers import read
from .state import ShownProduct

_ORDINALS = {
    word: index
    for index, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split())
} | {f"{n}{ending}": n - 1 for n, ending in zip(range(1, 11), ["st", "nd", "rd", *["th"] * 7], strict=True)}
_EMPTY = frozenset(
    "the a an some my your that this those these one ones of please in from by with and or thing things "
    "item items product products option number two 2 for to on at just other others pair like".split()
)
_ONE_OF_THEM = (("one", "of"), ("another", "of"), ("either", "of"), ("any", "of"))
_SINGULAR = frozenset({"it", "that", "this", "its"})
_PLURAL = frozenset(
    {"them", "they", "those", "these", "both", "all", "everything", "each", "either", "their"}
)
_KNOWN = frozenset("the that this those these my your our his her their".split()) | _SINGULAR | _PLURAL
"""Words that speak of something known."""
_OF_ONE_PAIR = frozenset({"they", "them", "their"})
"""Shoes are "they", too: said of the product last talked about."""
_CHEAPEST = frozenset({"cheap", "cheaper", "cheapest", "lowest", "affordable"})
_DEAREST = frozenset(
    {"pricier", "priciest", "dearer", "dearest", "expensive", "highest", "fanciest", "costliest"}
)
_COMPARING = _CHEAPEST | _DEAREST | {"least", "less", "most", "more", "price", "priced", "whichever", "is"}
_UNDER, _OVER = frozenset({"under", "below"}), frozenset({"over", "above"})
_MONEY = frozenset({"dollar", "dollars", "euro", "euros", "pound", "pounds", "bucks"})
_WHOLE = frozenset({"everything", "all", "lot", "rest", "others"})
_SPARING = frozenset({"but", "except", "bar", "excluding", "besides", "minus"})
_NICKNAMES = frozenset(
    "tin can box pack packet bottle jar tub tube bag sachet beauty beast fella guy model version job".split()
)
"""Nouns that say no more of a product than "thing" where it does not have them in its name."""
_JOINING = frozenset({"and", "or", "plus", "versus", "vs"})


@dataclass(frozen=True)
class Reference:
    """What a reference stands for.

    Attributes:
        ids: The products meant; empty when none of the candidates fits.
        ambiguous: Whether ``ids`` are several candidates of which one is meant.
    """

    ids: tuple[str, ...] = ()
    ambiguous: bool = False


def resolve(
    phrase: str, candidates: Sequence[ShownProduct], focus: str | None = None, hint: str = ""
) -> Reference:
    """Find the products a phrase refers to.

    Args:
        phrase: The words of the reference, as said.
        candidates: The products in question, in the order shown.
        focus: The product last talked about, for "it".
        hint: Further words said of it elsewhere, such as its colour; they only break ties.
    """
    words = [word.text for word in read(phrase).words]
    if not candidates or not words:
        return Reference()
    hints = [word.text for word in read(hint).words]
    reference = (
        _all_but(words, candidates, focus)
        or _resolve(words, candidates, focus, hints)
        or _several(words, candidates, focus)
        or _by_noun(_content(words), candidates)
        or _by_meaning(words, candidates)
        or _by_nickname(words, candidates)
        or Reference()
    )
    # "The two ridges" are both where there are two.
    return Reference(reference.ids) if str(len(reference.ids)) in words else reference


def _resolve(
    words: Sequence[str], candidates: Sequence[ShownProduct], focus: str | None, hints: Sequence[str]
) -> Reference | None:
    """What the words say exactly; None where they leave it open."""
    by_position = _by_position(words, candidates)
    if by_position:
        return Reference(by_position)
    if set(words) & set(_ORDINALS):
        return Reference()
    by_price = _by_price(words, candidates)
    if by_price:
        return by_price
    content = _content(words)
    if not content:
        return _pronoun(words, candidates, focus)
    described = _by_description(content, candidates, hints)
    if described and content[-1].endswith("s") and str(len(described.ids)) in words:
        return Reference(described.ids)
    with_count = [word for word in words if word == "2" or word in content]
    return _by_description(with_count, candidates, hints) or described


def _all_but(words: Sequence[str], candidates: Sequence[ShownProduct], focus: str | None) -> Reference | None:
    """ "Everything except the socks"; asked about where it is not clear what stays."""
    at = next((i for i, word in enumerate(words) if word in _SPARING), None)
    if at is None or not set(words[:at]) & _WHOLE:
        return None
    ids = tuple(product.id for product in candidates)
    spared = resolve(" ".join(words[at + 1 :]), candidates, focus)
    if not spared.ids or spared.ambiguous:
        return Reference(ids, ambiguous=True)
    return Reference(tuple(i for i in ids if i not in spared.ids))


def _content(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _EMPTY | _SINGULAR | _PLURAL]


def _by_position(words: Sequence[str], candidates: Sequence[ShownProduct]) -> tuple[str, ...]:
    """Ordinals, alone or several, "the last one", "the first two", "number 3"."""
    ids = [product.id for product in candidates]
    following = dict(pairwise(words))
    for edge, take in (
        ("first", ids[: _count(following.get("first"))]),
        ("last", ids[-_count(following.get("last")) :]),
    ):
        if following.get(edge, "").isdigit():
            return tuple(take)
    if following.get("all", "").isdigit() and int(following["all"]) == len(ids):
        return tuple(ids)
    number = following.get("number") or following.get("numero") or ""
    number = "1" if number == "one" else number
    if number.isdigit():
        return tuple(ids[int(number) - 1 : int(number)])
    found = [ids[_ORDINALS[word]] for word in words if word in _ORDINALS and _ORDINALS[word] < len(ids)]
    if not found and any(word in _ORDINALS for word in words):
        return ()
    if "last" in words and len(ids) > 1:
        found.append(ids[-1])
    if "middle" in words and len(ids) > 2:
        found.append(ids[len(ids) // 2])
    return tuple(dict.fromkeys(found))


def _count(word: str | None) -> int:
    return int(word) if word and word.isdigit() else 1


def _by_price(words: Sequence[str], candidates: Sequence[ShownProduct]) -> Reference | None:
    """ "The cheapest", "the more expensive tent", "the 45 dollar one"."""
    said = set(words)
    amounts = {Decimal(word) for word in words if word.replace(".", "", 1).isdigit()}
    bounded = bool(said & (_UNDER | _OVER)) and len(amounts) == 1
    others = [word for word in _content(words) if word not in _COMPARING | _UNDER | _OVER]
    content = [word for word in others if not (bounded and word[0].isdigit())]
    fitting = [product for product in candidates if content and fit(content, product)]
    priced = [(product.price, product) for product in fitting or candidates if product.price is not None]
    if not priced:
        return None
    if said & _MONEY and amounts:
        return _one_of([product for price, product in priced if price in amounts])
    if bounded:
        (bound,) = amounts
        within = [product for price, product in priced if (price < bound) == bool(said & _UNDER)]
        return _one_of(within) if len(within) == 1 else None
    if said & _CHEAPEST or {"least", "expensive"} <= said or {"less", "expensive"} <= said:
        wanted = min(price for price, _ in priced)
    elif said & _DEAREST:
        wanted = max(price for price, _ in priced)
    else:
        return None
    return _one_of([product for price, product in priced if price == wanted])


def _pronoun(words: Sequence[str], candidates: Sequence[ShownProduct], focus: str | None) -> Reference:
    ids = tuple(product.id for product in candidates)
    if "other" in words and focus in ids:
        return _narrowed(tuple(i for i in ids if i != focus))
    if any(pair in _ONE_OF_THEM for pair in pairwise(words)):
        return Reference((str(focus),)) if focus in ids else _narrowed(ids)
    if "both" in words or "2" in words:
        return Reference(ids[:2])
    if focus in ids and not set(words) - _OF_ONE_PAIR:
        return Reference((str(focus),))
    if set(words) & _PLURAL or "ones" in words:
        return Reference(ids)
    if focus in ids:
        return Reference((str(focus),))
    return _narrowed(ids)


def _narrowed(ids: tuple[str, ...]) -> Reference:
    return Reference(ids, ambiguous=len(ids) > 1)


def _one_of(products: Sequence[ShownProduct]) -> Reference:
    return _narrowed(tuple(product.id for product in products))


def points(phrase: str) -> bool:
    """Whether a phrase speaks of something known: "the couch", "it", "my usual"; not "a couch"."""
    return bool({word.text for word in read(phrase).words} & _KNOWN)


def is_only_pointed_at(phrase: str) -> bool:
    """Whether a phrase is "it", "that one": the product last talked about, wherever it was found."""
    words = {word.text for word in read(phrase).words}
    return bool(words & _SINGULAR) and words <= _SINGULAR | {"one", "of", "a", "just", "too"}


def mentioned(phrase: str, candidates: Sequence[ShownProduct]) -> tuple[str, ...]:
    """The products that some word of the phrase describes: "sleepsuit carrier pushchair"."""
    content = _content([word.text for word in read(phrase).words])
    return tuple(product.id for product in candidates if any(describes(word, product) for word in content))


def _by_description(
    content: Sequence[str], candidates: Sequence[ShownProduct], hints: Sequence[str]
) -> Reference | None:
    """The candidates that fit every word, best first."""
    scored = [(fit(content, product), product) for product in candidates]
    best = max(score for score, _ in scored)
    if not best:
        return None
    fitting = [product for score, product in scored if score == best]
    if len(fitting) > 1 and hints:
        narrowed = [product for product in fitting if fit(hints, product)]
        fitting = narrowed or fitting
    return _one_of(fitting)


def _by_noun(content: Sequence[str], candidates: Sequence[ShownProduct]) -> Reference | None:
    """ "The little fork", "boxes of the eggs", "the sourdough sliced": one product alone has the noun.

    The noun is the last word that is not said in passing; a colour that the product does not
    have rules it out.
    """
    nouns = [word for word in content if not is_aside(word)] or list(content)
    if not nouns:
        return None
    fitting = [
        product
        for product in candidates
        if describes(nouns[-1], product) and not any(contradicts(word, product) for word in content)
    ]
    return _one_of(fitting) if len(fitting) == 1 else None


def _by_meaning(words: Sequence[str], candidates: Sequence[ShownProduct]) -> Reference | None:
    """ "The couch" for a sofa; not where a word names another quality of what is shown.

    Only what is pointed at: "some strawberry jam" is none of the juices shown.
    """
    content = _content(words)
    if not set(words) & _KNOWN or any(describes(word, product) for word in content for product in candidates):
        return None
    fitting = [p for p in candidates if not any(contradicts(word, p) for word in content)]
    index = most_like(" ".join(content), [name_and_kind(product) for product in fitting])
    return None if index is None else Reference((fitting[index].id,))


def _by_nickname(words: Sequence[str], candidates: Sequence[ShownProduct]) -> Reference | None:
    """ "The yellow tin": what else is said of it has to fit one product alone."""
    named = [word for word in _content(words) if word not in _NICKNAMES]
    if not named or len(named) == len(_content(words)) or not set(words) & _KNOWN:
        return None
    found = _by_description(named, candidates, ())
    return found if found and not found.ambiguous else None


def _several(words: Sequence[str], candidates: Sequence[ShownProduct], focus: str | None) -> Reference | None:
    """ "The black and the tan ones", "drill or impact driver": each part by itself, or none."""
    parts = list(_parts(words))
    found = [_resolve(part, candidates, focus, ()) or Reference() for part in parts]
    if len(parts) < 2 or any(len(reference.ids) != 1 for reference in found):
        return None
    return Reference(tuple(dict.fromkeys(i for reference in found for i in reference.ids)))


def _parts(words: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in [*words, "and"]:
        if word not in _JOINING:
            part.append(word)
        elif _content(part):
            yield part
            part = []
