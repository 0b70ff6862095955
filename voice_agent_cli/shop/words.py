"""Text as comparable words: one function for what is indexed and what is asked."""

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from voice_agent_cli.shop.values import canonical, is_number, plain

_DATA = tomllib.loads(files("voice_agent_cli.shop").joinpath("data/words.toml").read_text("utf-8"))
STOP_WORDS = frozenset(_DATA["stop"].split())
NEED_WORDS = frozenset(_DATA["need"].split())
NEED_VERBS = frozenset(_DATA["verbs"].split())
NOT_COLORS = frozenset(_DATA["not_colors"].split())
_UNITS = frozenset(_DATA["units"].split())
_IRREGULAR: dict[str, str] = _DATA["irregular"]
_SMALLER = {"l": ("ml", 1000), "cl": ("ml", 10), "kg": ("g", 1000), "tb": ("gb", 1000)}
_KEPT_ENDINGS = ("ss", "us", "is", "ous")
_SUFFIXES = ("ing", "ings", "ers", "er", "ed", "en", "ish", "ie", "ly", "y", "es", "e")
_COMPOUND = re.compile(r"[^\W\d_]+(?:[-'’/&][^\W\d_]+)+")
_LACKING = re.compile(r"\b(?:without|no|free (?:of|from))\s+(?:an?\s+|any\s+)?[^\W\d_]+", re.IGNORECASE)
_FREE_OF = re.compile(r"\b[^\W\d_]+[- ]free\b(?!\s+\w+ing)", re.IGNORECASE)
_INCHES = re.compile(r"(?<=\d)\s+in\b(?!\s*\w*ch)", re.IGNORECASE)


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """The words of ``text`` in order: canonical numbers, sizes and units, singular, no punctuation."""
    tokens = canonical.__wrapped__(_INCHES.sub(" ", text))
    joined: list[str] = []
    for token in tokens:
        if joined and token in _UNITS and is_number(joined[-1]):
            joined[-1] = _measure(joined[-1], token)
        else:
            joined.append(stem(token))
    return tuple(joined)


@lru_cache(maxsize=8192)
def index_words(text: str) -> tuple[str, ...]:
    """``words`` plus the joined form of compounds, so that "t-shirt" is found as "tshirt" too.

    What a thing is said to lack ("no laces", "sugar-free") is not among its words.
    """
    found = list(words(_LACKING.sub(" ", _FREE_OF.sub(" ", text))))
    found += [stem(re.sub(r"\W", "", compound)) for compound in _compounds(text)]
    found += [re.sub(r"\W", "", lacking.casefold()) for lacking in _FREE_OF.findall(text)]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """``word`` in the singular; a word of another form, or a number, as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(_KEPT_ENDINGS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def root(word: str) -> str:
    """What related forms share: "hike", "hiking" and "hiker" are all "hik". Never shorter than 3."""
    shortened = word
    for _ in range(2):
        for suffix in _SUFFIXES:
            if shortened.endswith(suffix) and len(shortened) - len(suffix) >= 3:
                shortened = shortened[: -len(suffix)]
                break
    if len(shortened) > 3 and shortened[-1] == shortened[-2] and shortened[-1] not in "aeiouls":
        shortened = shortened[:-1]
    return shortened


def is_unit(name: str) -> bool:
    """Whether an option of that name holds numbers of it: "pieces", "watts"."""
    return len(tokens := canonical(name)) == 1 and tokens[0] in _UNITS


def joined(parts: Iterable[str]) -> str:
    """Several words written as one, as index and query both do for split names."""
    return stem(plain(" ".join(parts)).replace(" ", ""))


def _measure(number: str, unit: str) -> str:
    """A measure as one word in its smaller unit, so that half a litre is 500 ml."""
    smaller, factor = _SMALLER.get(unit, (unit, 1))
    return f"{float(number) * factor:.4f}".rstrip("0").rstrip(".") + smaller


def _compounds(text: str) -> list[str]:
    return [compound.casefold() for compound in _COMPOUND.findall(text)]
