"""Which of a product's values were meant by the words that were heard.

Each step is more lenient than the one before, and the first that finds anything
decides: same words, same value, the value's own words with its name, part of a
value, a kind of the color, near spelling or sound. More than one match is for the caller to ask about.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice_agent_cli.shop.colors import asked_key, color_keys
from voice_agent_cli.shop.values import Tokens, canonical, is_number, plain
from voice_agent_cli.shop.words import STOP_WORDS, words

_FILLER_WORDS = "and with in some that it is my me make for one on to i want would like can have get"
_AMOUNT_WORDS = "little bit lot lots extra touch dash splash hint more less much plenty just only"
_FILLER = frozenset(_FILLER_WORDS.split())
_AMOUNT = frozenset(_AMOUNT_WORDS.split())


_MEASURE = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>[a-z]+)")
_MIDDLE = 1
_EXTENTS = {
    **dict.fromkeys(("s", "smaller", "smallest", "little", "short", "shorter", "shortest"), 0),
    "m": _MIDDLE,
    **dict.fromkeys(("l", "big", "bigger", "biggest", "larger", "largest", "long", "longer", "longest"), -1),
}
"""Which of the measures in order a word for an extent names."""
_TOLD_APART = 3
"""Of so many measures "small" is the least; of more only "the smallest" is."""


@dataclass(frozen=True)
class Candidate:
    """A value that may be meant, and the option or modifier it belongs to."""

    name: str
    value: str


@dataclass(frozen=True)
class Parts:
    """A phrase taken apart: the candidates of each part, and amounts that fit none."""

    matches: tuple[tuple[Candidate, ...], ...]
    ignored: tuple[str, ...] = ()


def best_matches(text: str, candidates: Sequence[Candidate], *, near: bool = True) -> tuple[Candidate, ...]:
    """The candidates that ``text`` as a whole may mean, all equally well; empty when none."""
    spoken = _bare(canonical(text))
    if not spoken:
        return tuple(c for c in candidates if plain(c.value) == plain(text) != "")
    steps: list[Callable[[Candidate], bool]] = [
        lambda c: plain(c.value) == plain(text),
        lambda c: canonical(c.value) == spoken,
        lambda c: _with_name(c, spoken),
        lambda c: set(spoken) < set(canonical(c.value)) and not _only_numbers_differ(spoken, c),
        lambda c: "color" in canonical(c.name) and asked_key(text) in color_keys(c.value),
    ]
    for step in steps:
        if matches := tuple(c for c in candidates if step(c)):
            return _plainest(matches)
    if matches := _by_extent(spoken, candidates):
        return matches
    return _plainest(tuple(c for c in candidates if near and is_near(spoken, canonical(c.value))))


def _by_extent(spoken: Tokens, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """ "Small" of 30 ml and 80 ml, "medium" of three measures, "the largest" of any number of them."""
    found = []
    for name in dict.fromkeys(candidate.name for candidate in candidates):
        said = [word for word in spoken if word not in (*canonical(name), "1", "ones")]
        place = _EXTENTS.get(said[0]) if len(said) == 1 else None
        ordered = _by_measure([candidate for candidate in candidates if candidate.name == name])
        if place is None or len(ordered) < 2:
            continue
        told_apart = len(ordered) <= _TOLD_APART or said[0].endswith("est")
        if told_apart and (place != _MIDDLE or len(ordered) == _TOLD_APART):
            found.append(ordered[place])
    return tuple(found)


def _by_measure(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The values from the least to the most; none unless all are measures in the same unit."""
    extents = [_MEASURE.fullmatch(" ".join(canonical(candidate.value))) for candidate in candidates]
    measured = [(float(m["number"]), c) for m, c in zip(extents, candidates, strict=True) if m]
    if len(measured) < len(candidates) or len({m["unit"] for m in extents if m}) > 1:
        return []
    return [candidate for _, candidate in sorted(measured, key=lambda pair: pair[0])]


def _plainest(matches: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Of "almond milk" and "a lot of almond milk" the former, which says nothing that was not asked."""
    said = [set(canonical(match.value)) for match in matches]
    for match, own in zip(matches, said, strict=True):
        if all(own < other or other is own for other in said):
            return (match,)
    return matches


def matching_names(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Which of an object's own ``names`` is meant: equal, else containing it, else near in spelling."""
    asked = canonical(name)
    if not asked:
        return ()
    tests: tuple[Callable[[Tokens], bool], ...] = (
        lambda own: own == asked,
        lambda own: set(asked) <= set(own) or (bool(own) and set(own) <= set(asked)),
        lambda own: is_near(asked, own),
    )
    for test in tests:
        if found := tuple(n for n in names if test(canonical(n))):
            return found
    return ()


def split_phrase(text: str, candidates: Sequence[Candidate]) -> Parts | None:
    """Find the candidates' values inside a longer phrase, longest first.

    Returns:
        ``None`` when no value is in it, or when words with a meaning of their own
        are left over; amounts ("a little bit") that fit nothing are ``ignored``.
    """
    said = canonical(text)
    free = [True] * len(said)
    parts: list[tuple[Candidate, ...]] = []
    taken: set[str] = set()
    for value in sorted({canonical(c.value) for c in candidates} - {()}, key=len, reverse=True):
        at = _place(value, said, free)
        matches = [c for c in candidates if canonical(c.value) == value and c.name not in taken]
        if at is None or not matches:
            continue
        free[at : at + len(value)] = [False] * len(value)
        parts.append(_named_in(matches, said))
        taken.update(c.name for c in parts[-1])
    names = {word for c in candidates for word in canonical(c.name)}
    left = [w for w, unused in zip(said, free, strict=True) if unused and w not in _FILLER and w not in names]
    if not parts or any(w not in _AMOUNT for w in left):
        return None
    return Parts(tuple(parts), (" ".join(left),) if left else ())


def content_words(text: str) -> tuple[str, ...]:
    """The words of ``text`` without those that only say that something is wanted."""
    return tuple(word for word in words(text) if word not in STOP_WORDS)


def is_near(spoken: Tokens, own: Tokens) -> bool:
    """Near in spelling or sound: word by word, or all of it when the words were split otherwise."""
    if len(spoken) == len(own):
        return all(near_word(a, b) for a, b in zip(spoken, own, strict=True))
    joined, other = "".join(spoken), "".join(own)
    if len(joined) != len(other) or len(joined) < 5 or _has_digit(joined + other):
        return False
    return _distance(joined, other) <= 1


def near_word(heard: str, own: str) -> bool:
    """Whether one word may be a misspelling or a mishearing of the other; numbers never are."""
    if heard == own:
        return True
    if len(heard) < 3 or len(own) < 4 or _has_digit(heard + own):
        return False
    if _distance(heard, own) <= (1 if len(own) < 7 else 2):
        return True
    from jellyfish import metaphone

    return bool(metaphone(heard)) and metaphone(heard) == metaphone(own)


def _distance(a: str, b: str) -> int:
    from jellyfish import damerau_levenshtein_distance

    return damerau_levenshtein_distance(a, b)


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _bare(spoken: Tokens) -> Tokens:
    """ "in size ten" -> "ten": words that only introduce a value."""
    while len(spoken) > 1 and spoken[0] in ("size", "in", "with", "some", "and"):
        spoken = spoken[1:]
    return spoken


def _with_name(candidate: Candidate, spoken: Tokens) -> bool:
    """ "medium roast" for Roast: Medium; "soy milk" for Milk: Soy; any order."""
    value, name = set(canonical(candidate.value)), set(canonical(candidate.name))
    return bool(value) and value <= set(spoken) <= value | name


def _only_numbers_differ(spoken: Tokens, candidate: Candidate) -> bool:
    """ "10" must not mean "10 12": a number alone names a value only beside words ("US 10")."""
    rest = set(canonical(candidate.value)) - set(spoken)
    return all(is_number(w) for w in spoken) and any(is_number(w) for w in rest)


def _place(value: Tokens, said: Tokens, free: Sequence[bool]) -> int | None:
    for start in range(len(said) - len(value) + 1):
        end = start + len(value)
        if said[start:end] == value and all(free[start:end]):
            return start
    return None


def _named_in(matches: Sequence[Candidate], said: Tokens) -> tuple[Candidate, ...]:
    """Of equal values, those whose name is in the phrase too ("a little bit" of *milk*)."""
    named = tuple(c for c in matches if set(canonical(c.name)) & set(said))
    return named or tuple(matches)
