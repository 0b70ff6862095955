"""The words that one catalogue is written in, and which of them a shopper's word can stand for.

A shopper's word becomes a ``Term``: the catalogue's words that may be meant, each
with how sure that is (0..1) and how it was found.
"""

import math
import re
import tomllib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Literal

import jellyfish
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from sqlite_utils import Database

from voice_agent_cli import settings
from voice_agent_cli.shop.words import STOP_WORDS, root, stem

FoundBy = Literal["words", "spelling", "sound", "meaning"]

_SYNONYM, _RELATED, KIND, _KIND_OF, _PREFIX, _BEGUN = 0.95, 0.85, 0.8, 0.72, 0.7, 0.88
_MOST_ALTERNATIVES = 24


@dataclass(frozen=True)
class Alternative:
    """A word of the catalogue: how surely (0..1) it is what was meant, and how that was found."""

    sure: float
    found_by: FoundBy = "words"


@dataclass(frozen=True)
class Term:
    """One wanted word. ``weight`` is how much it tells: rare words more, unknown ones most."""

    word: str
    alternatives: Mapping[str, Alternative]
    weight: float


class Vocabulary:
    """The words of a catalogue's index as it was when this was made."""

    def __init__(self, db: Database) -> None:
        counts: dict[str, int] = {}
        strong: set[str] = set()
        rows = db.execute("SELECT term, col, doc FROM search_terms").fetchall()
        for term, column, documents in rows:
            counts[term] = max(documents, counts.get(term, 0))
            if column != "body":
                strong.add(term)
        self._counts = counts
        self._strong = strong
        self._total = int(db.execute("SELECT count(*) FROM products").fetchone()[0])

    def __contains__(self, word: str) -> bool:
        return word in self._counts

    def knows(self, word: str) -> bool:
        """Whether ``word`` or a form of it is among the catalogue's titles, tags, options or brands."""
        return word in self._strong or any(term in self._strong for term in self._roots.get(root(word), ()))

    def term(self, word: str) -> Term:
        """What ``word`` (as ``words`` gives it) can stand for; no alternatives when nothing fits."""
        found = self._written(word)
        if max((entry.sure for entry in found.values()), default=0.0) <= _PREFIX:
            for term, entry in self.similar(word).items():
                found.setdefault(term, entry)
        return Term(word, found, self._weight(word, found))

    def similar(self, word: str, least: float = 0.82) -> dict[str, Alternative]:
        """Words of titles, tags, options and brands that are spelled or sound like ``word``.

        Args:
            least: how alike (0..1) the letters of a longer word must be where the sound is the same.
        """
        if len(word) < 3 or any(c.isdigit() for c in word):
            return {}
        # A word that is right as it is may have been misheard, but not misspelt.
        is_word = is_english(word)
        found = self._nearly_like(word) if is_word else self._spelled_like(word)
        alike = {term for sound in sounds(word) for term in self._sounds.get(sound, ())}
        for term in alike:
            likeness = JaroWinkler.normalized_similarity(word, term)
            sure = (0.3 if is_word else 0.45) + 0.45 * likeness
            if (
                likeness >= (least if len(word) > 5 else 0.7)
                and sure > found.get(term, Alternative(0)).sure - 0.1
            ):
                found[term] = Alternative(sure, "sound")
        best = sorted(found.items(), key=lambda item: (-item[1].sure, -self._counts.get(item[0], 0)))
        likely = {term: entry for term, entry in best[:4] if entry.sure >= best[0][1].sure - 0.12}
        return self._as_written(likely)

    def _as_written(self, found: Mapping[str, Alternative]) -> dict[str, Alternative]:
        """``found`` in the catalogue's words: another name for a thing, misspelt, stands for the thing."""
        written: dict[str, Alternative] = {}
        for term, entry in found.items():
            for word in (term,) if term in self._counts else self._other_names[term]:
                written.setdefault(word, entry)
        return written

    def several(self, word: str) -> tuple[str, ...]:
        """The words of this catalogue that together say ``word``, as "pruning shears" for "secateurs"."""
        for words in _said_in_several().get(word, ()):
            if all(self.knows(one) for one in words):
                return words
        return ()

    def halves(self, word: str) -> tuple[str, str] | None:
        """Two known words that ``word`` is written from, as "sweatshirt" of "sweat shirt"."""
        for cut in range(3, len(word) - 2):
            left, right = stem(word[:cut]), stem(word[cut:])
            if left in self._strong and right in self._strong:
                return left, right
        return None

    def _written(self, word: str) -> dict[str, Alternative]:
        """Alternatives that need no guess: the word, its forms, synonyms and kinds, what it begins."""
        found = {word: Alternative(1.0)} if word in self._counts else {}
        related = self._roots.get(root(word), ())
        is_form = not found and related and is_english(word)  # else "runing" is but a misspelling
        for others, entry in (
            (_same().get(word, ()), Alternative(_SYNONYM)),
            (related, Alternative(_RELATED, "words" if found or is_form else "spelling")),
            (_kinds().get(word, ()), Alternative(KIND)),
        ):
            for other in others:
                if other in self._counts:
                    found.setdefault(other, entry)
        if not found:  # a handbag is a bag, where there are no handbags
            wider = (kind for kind in _kinds_of().get(word, ()) if kind in self._strong)
            found = dict.fromkeys(wider, Alternative(_KIND_OF))
        if len(word) >= 3 and word not in STOP_WORDS:
            # "cardig" was begun to be said; "card" is a word, and a cardigan seldom what it means.
            is_begun = not found and len(word) > 3 and not is_english(word)
            for term in self._beginning_with(word):
                found.setdefault(term, Alternative(_BEGUN if is_begun else _PREFIX))
        return dict(list(found.items())[:_MOST_ALTERNATIVES])

    def _beginning_with(self, word: str) -> Sequence[str]:
        start = bisect_left(self._sorted, word)
        end = bisect_left(self._sorted, word + "\U0010ffff")
        by_use = sorted(self._sorted[start:end], key=lambda term: -self._counts[term])
        return by_use[:_MOST_ALTERNATIVES]

    def _spelled_like(self, word: str) -> dict[str, Alternative]:
        most = 1 if len(word) < 5 else 2 if len(word) < 9 else 3
        near = [
            term for n in range(len(word) - most, len(word) + most + 1) for term in self._by_length.get(n, ())
        ]
        hits = process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=8)
        return {
            term: Alternative(
                0.97 - 0.6 * distance / max(len(word), len(term)) - (0.05 if term[0] != word[0] else 0),
                "spelling",
            )
            for term, distance, _ in hits
            if distance < 3 or term[0] == word[0]
        }

    def _nearly_like(self, word: str) -> dict[str, Alternative]:
        """Words one letter away that begin alike: what "scandal" may have been heard for."""
        near = [term for n in (-1, 0, 1) for term in self._by_length.get(len(word) + n, ())]
        hits = process.extract(word, near, scorer=OSA.distance, score_cutoff=1, limit=8)
        likely = [term for term, _, _ in hits if len(word) > 4 and term[0] == word[0]]
        return {term: Alternative(0.65, "sound") for term in likely}

    def _weight(self, word: str, found: Mapping[str, Alternative]) -> float:
        known = [self._counts[term] for term, entry in found.items() if entry.sure > _PREFIX]
        documents = max(known or [self._counts[term] for term in found], default=0)
        weight = math.log(1 + (self._total + 1) / (documents + 1)) / math.log(2 + self._total)
        return weight * (0.25 if word in STOP_WORDS else 1.0)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._strong)

    @cached_property
    def _roots(self) -> dict[str, list[str]]:
        roots: dict[str, list[str]] = defaultdict(list)
        for term in self._counts:
            if not term[0].isdigit():
                roots[root(term)].append(term)
        return dict(roots)

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        lengths: dict[int, list[str]] = defaultdict(list)
        for term in self._spellable:
            lengths[len(term)].append(term)
        return dict(lengths)

    @cached_property
    def _sounds(self) -> dict[str, list[str]]:
        keyed: dict[str, list[str]] = defaultdict(list)
        for term in self._spellable:
            for key in sounds(term):
                keyed[key].append(term)
        return dict(keyed)

    @cached_property
    def _spellable(self) -> list[str]:
        named = [*self._strong, *(self._other_names.keys() - _said_in_one())]
        return [term for term in named if len(term) > 2 and not any(c.isdigit() for c in term)]

    @cached_property
    def _other_names(self) -> dict[str, tuple[str, ...]]:
        """Words that the catalogue does not have, with those it has for the same thing."""
        held = {name: tuple(word for word in same if word in self._strong) for name, same in _same().items()}
        for name, several in _said_in_several().items():
            parts = [part for words in several if all(map(self.knows, words)) for part in words[:1]]
            held[name] = held[name] or tuple(part for part in parts if part in self._counts)
        return {name: words for name, words in held.items() if words and name not in self._strong}


@lru_cache(maxsize=1)
def _data() -> Mapping[str, object]:
    return tomllib.loads(files("voice_agent_cli.shop").joinpath("data/synonyms.toml").read_text("utf-8"))


@lru_cache(maxsize=65536)
def sounds(word: str) -> frozenset[str]:
    """How ``word`` may sound, as keys (Philips 1990, "Hanging on the Metaphone"); none for a short sound.

    Which vowel it begins with is not told apart, and a "ch" may be a k, as in "mocha".
    """
    spellings = {word, word.replace("ch", "k")}
    keys = {re.sub("^[AEIOU]+", "A", jellyfish.metaphone(spelling)) for spelling in spellings}
    return frozenset(key for key in keys if len(key) > 1)


def is_english(word: str) -> bool:
    """Whether ``word`` (as ``words`` gives it) is one of everyday English."""
    return word in _english()


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    """Some 20,000 everyday words: the whole words that the meaning model knows."""
    pieces = settings.shipped("models/minilm/vocab.txt").read_text(encoding="utf-8").split("\n")
    return frozenset(stem(piece) for piece in pieces if piece.isalpha() and len(piece) > 3)


def _groups() -> Iterator[list[str]]:
    lines = _data()["same"]
    assert isinstance(lines, list)
    return (line.split() for line in lines)


@lru_cache(maxsize=1)
def _same() -> Mapping[str, tuple[str, ...]]:
    """Each word with its synonyms; one of several words ("pruning_shears") as the one that it is said as."""
    same: dict[str, tuple[str, ...]] = {}
    for group in _groups():
        names = [stem(name.replace("_", "")) for name in group]
        for name in names:
            same[name] = (*same.get(name, ()), *(other for other in names if other != name))
    return same


@lru_cache(maxsize=1)
def _said_in_several() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Each word with the synonyms that are several words."""
    several: dict[str, tuple[tuple[str, ...], ...]] = {}
    for group in _groups():
        parted = tuple(tuple(map(stem, name.split("_"))) for name in group if "_" in name)
        for name in group:
            key = stem(name.replace("_", ""))
            several[key] = (*several.get(key, ()), *(words for words in parted if "".join(words) != key))
    return several


@lru_cache(maxsize=1)
def _said_in_one() -> frozenset[str]:
    """Names of several words, written as one."""
    return frozenset(stem(name.replace("_", "")) for group in _groups() for name in group if "_" in name)


@lru_cache(maxsize=1)
def _kinds() -> Mapping[str, tuple[str, ...]]:
    kinds = _data()["kinds"]
    assert isinstance(kinds, dict)
    return {stem(kind): tuple(stem(word) for word in line.split()) for kind, line in kinds.items()}


@lru_cache(maxsize=1)
def _kinds_of() -> Mapping[str, tuple[str, ...]]:
    """Each word with what it is a kind of."""
    kinds: dict[str, tuple[str, ...]] = {}
    for kind, members in _kinds().items():
        for member in members:
            kinds[member] = (*kinds.get(member, ()), kind)
    return kinds
