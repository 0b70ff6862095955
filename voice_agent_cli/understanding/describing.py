"""Whether words describe a product: its title, brand, category, colour and other attributes."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import Prefix

from voice_agent_cli.shop.colors import color_keys, colors_in

from .numbers import read
from .state import ShownProduct

_SIMILAR_ENOUGH = 80
_IN_PASSING = re.compile(
    r".{3,}(ed|able|ible)|.*'(s|ll|d|m|re|ve)|i|he|she|we|you|is|are|was|will|do|does|runs?|small|large|big|"
    r"little|again|too|then|now|yes|no|nah|nope|yeah|ok|okay|thanks|size|get|out|rid|love|like|much|\d+"
)


def fit(content: Sequence[str], product: ShownProduct) -> int:
    """How well words describe a product.

    Returns:
        3 when they say its whole title, the brand aside, 2 when every word is said of it, 1 when
        one of them is a colour that its own is a shade of, 0 when a word does not fit.
    """
    title, other = _described(product)
    if all(_among(word, title | other) for word in content):
        own = title - _words(product.brand) or title
        return 3 if all(_among(word, set(content)) for word in own) else 2
    return int(all(_among(word, title | other | _shades(product)) for word in content))


def describes(word: str, product: ShownProduct) -> bool:
    """Whether one word is said of the product anywhere, or is part of a word of its title."""
    title, other = _described(product)
    stem = _singular(word)
    return _among(word, title | other) or any(
        len(stem) > 3 and (known.endswith(stem) or _same_stem(stem, known)) for known in title
    )


def contradicts(word: str, product: ShownProduct) -> bool:
    """Whether the word is a colour and the product is known to have others only."""
    shades = _shades(product)
    return bool(shades) and bool(colors_in(word)) and not colors_in(word) & shades


def is_aside(word: str) -> bool:
    """Whether a word says something of the product rather than what it is: "sliced", "washable", "he'll"."""
    return bool(_IN_PASSING.fullmatch(word))


def name_and_kind(product: ShownProduct) -> str:
    """ "Stoneground Loaf Breads": what tells most of what it is."""
    return f"{product.title} {product.category}"


def _described(product: ShownProduct) -> tuple[frozenset[str], frozenset[str]]:
    """The words of the title, and those of everything else that is known."""
    texts = _texts([product.brand, product.category, *product.attributes.values()])
    return _words(product.title), frozenset().union(*map(_words, texts))


def _shades(product: ShownProduct) -> frozenset[str]:
    """What its colours answer to: navy is a blue."""
    return frozenset().union(*map(color_keys, _texts([product.attributes.get("color")])))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.text for word in read(text).words)


def _texts(values: Iterable[object]) -> list[str]:
    texts: list[str] = []
    for value in values:
        if isinstance(value, str) and value:
            texts.append(value)
        elif isinstance(value, (list, tuple)):
            texts.extend(str(part) for part in value)
    return texts


def _among(word: str, words: Iterable[str]) -> bool:
    stem = _singular(word)
    return any(
        stem in (other, _singular(other))
        or (len(stem) > 3 and stem[0] == other[0] and fuzz.ratio(stem, other) > _SIMILAR_ENOUGH)
        for other in words
    )


def _singular(word: str) -> str:
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and len(word) > 2 and not word.endswith("ss") else word


def _same_stem(word: str, other: str) -> bool:
    """ "Smoky" and "smoked", "quilting" and "quilted", "mint" and "minty"."""
    shared = Prefix.similarity(word, other)
    return shared >= max(4, min(len(word), len(other)) - 2)
