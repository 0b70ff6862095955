"""Which product is meant by "the second one", "the blue one", "the cheaper of the two", "both", "it".

Plain code decides this, since a position, a price or a colour is either so or not; the
model only says which words are the reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from rapidfuzz import fuzz

from .numbers import read
from .state import ShownProduct

_ORDINALS = {
    word: index
    for index, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split())
} | {f"{n}{ending}": n - 1 for n, ending in zip(range(1, 11), ["st", "nd", "rd", *["th"] * 7], strict=True)}
_EMPTY = frozenset(
    "the a an some my your that this those these one ones of please in from by with and or thing things "
    "item items product products option number two 2 for to on at just other others pair".split()
)
_SINGULAR = frozenset({"it", "that", "this", "its"})
_PLURAL = frozenset(
    {"them", "they", "those", "these", "both", "all", "everything", "each", "either", "their"}
)
_CHEAPEST = frozenset({"cheap", "cheaper", "cheapest", "lowest", "affordable"})
_DEAREST = frozenset(
    {"pricier", "priciest", "dearer", "dearest", "expensive", "highest", "fanciest", "costliest"}
)
_SIMILAR_ENOUGH = 80


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
    by_position = _by_position(words, candidates)
    if by_position:
        return Reference(by_position)
    by_price = _by_price(words, candidates)
    if by_price:
        return by_price
    content = [word for word in words if word not in _EMPTY and word not in _SINGULAR | _PLURAL]
    if not content:
        return _pronoun(words, candidates, focus)
    return _by_description(content, candidates, [word.text for word in read(hint).words])


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
    if "number" in following and following["number"].isdigit():
        return tuple(ids[int(following["number"]) - 1 : int(following["number"])])
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
    """ "The cheapest", "the more expensive of the two", "the 45 dollar one"."""
    priced = [(product.price, product) for product in candidates if product.price is not None]
    if not priced:
        return None
    said = set(words)
    amounts = {Decimal(word) for word in words if word.replace(".", "", 1).isdigit()}
    if said & {"dollar", "dollars", "euro", "euros", "pound", "bucks"} and amounts:
        return _one_of([product for price, product in priced if price in amounts])
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
    if "both" in words or "2" in words:
        return Reference(ids[:2])
    if set(words) & _PLURAL or "ones" in words:
        return Reference(ids)
    if focus in ids:
        return Reference((str(focus),))
    return _narrowed(ids)


def _narrowed(ids: tuple[str, ...]) -> Reference:
    return Reference(ids, ambiguous=len(ids) > 1)


def _one_of(products: Sequence[ShownProduct]) -> Reference:
    return _narrowed(tuple(product.id for product in products))


def _by_description(
    content: Sequence[str], candidates: Sequence[ShownProduct], hints: Sequence[str]
) -> Reference:
    """The candidates that fit every word best; a word that fits none of them rules all out."""
    scored = [(_fit(content, product), product) for product in candidates]
    best = max(score for score, _ in scored)
    if best < 1:
        return Reference()
    fitting = [product for score, product in scored if score == best]
    if len(fitting) > 1 and hints:
        narrowed = [product for product in fitting if _fit(hints, product) >= 1]
        fitting = narrowed or fitting
    return _one_of(fitting)


def _fit(content: Sequence[str], product: ShownProduct) -> float:
    """1 when every word describes the product, 2 when they also say its whole title, else less."""
    title = {word.text for word in read(product.title).words}
    other = {word.text for text in _texts(product) for word in read(text).words}
    matched = [word for word in content if _describes(word, title | other)]
    if len(matched) < len(content):
        return len(matched) / (len(content) + 1)
    return 2 if all(_describes(word, set(content)) for word in title) else 1


def _texts(product: ShownProduct) -> list[str]:
    texts = [product.brand, product.category]
    for value in product.attributes.values():
        texts.extend(
            [value]
            if isinstance(value, str)
            else [str(v) for v in value]
            if isinstance(value, (list, tuple))
            else []
        )
    return texts


def _describes(word: str, words: set[str]) -> bool:
    stem = word[:-1] if word.endswith("s") and len(word) > 3 else word
    return any(
        stem in (other, other.removesuffix("s"))
        or (len(stem) > 3 and fuzz.ratio(stem, other) >= _SIMILAR_ENOUGH)
        for other in words
    )
