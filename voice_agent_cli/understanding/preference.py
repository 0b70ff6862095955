"""How the tagger's reading weighs what the model may write next.

Every way on is worth the likelihood, under the tagger's labels, of the best whole reading
that begins with it: of the words passed over being outside of every value and beginning
no other call, of those taken having the slot's tags, and of whatever is best for the words
still to come.
"""

from collections.abc import Sequence

import numpy as np

from .grammar import END, Grammar, Place, TokenGuide
from .language import HEADS, SLOTS, Kind
from .tagger import Floats, Reading
from .tagging import CALLS, FIXED, NO_CALL, OUTSIDE, TAGS

STRENGTH = 2.6
"""How much a tagger's nat counts beside one of the model's."""
_BEYOND = -14.0
"""For a value that lies before what was taken already."""
_UNSAID = -3.5
"""For a number that is not among the words: "a couple"."""
_CALL = {name: number for number, name in enumerate(CALLS)}
_FIXED = {name: number for number, name in enumerate(FIXED)}
_TAG = {name: number for number, name in enumerate(TAGS)}


Option = tuple[str, Place | None]
"""A word that may come next, and the place behind it; see grammar.Grammar.following."""


class Preference:
    """Weighs the ways on in one utterance.

    Args:
        words: Its normalised words.
        reading: What the tagger thinks of them.
    """

    def __init__(self, words: Sequence[str], reading: Reading) -> None:
        self._words = tuple(words)
        self._reading = reading
        self._outside = _up_to(reading.tags[:, OUTSIDE])
        """Of the first n words all being outside."""
        self._none = _up_to(reading.begins[:, NO_CALL])
        """Of no call beginning with any of the first n words."""
        self._tagged = _from(reading.tags.max(axis=1))
        """Of the words from the nth on, however they are tagged."""
        self._begun = _from(reading.begins.max(axis=1))
        """Of the words from the nth on, whatever begins with them."""

    def weights(self, place: Place, options: Sequence[Option]) -> list[float]:
        """For each option the logarithm of its weight; they add up to no more than ``STRENGTH`` allows."""
        worth = np.array([self._worth(place, word, then) for word, then in options])
        worth -= np.logaddexp.reduce(worth)
        return [STRENGTH * float(value) for value in worth]

    def _worth(self, place: Place, word: str, then: Place | None) -> float:
        if not place.head:
            return float(self._reading.first[_CALL[word]])
        if place.slot and place.span_end < 0:
            return self._value(place, word, then)
        following = place.span_end + 1
        if place.slot and then is not None and then.slot == place.slot and then.span_end == following:
            inside = self._reading.tags[following, _TAG[f"I-{place.slot}"]]
            return float(inside + self._tagged[following + 1] + self._uncalled(following, following + 1))
        return self._after_value(place, word)

    def _value(self, place: Place, word: str, then: Place | None) -> float:
        """A value begins with ``word``."""
        if SLOTS[place.slot].kind is Kind.CHOICE:
            return float(self._reading.fixed[_FIXED[f"{place.slot} {word}"]])
        start = place.reached + 1
        if then is not None and then.reached > place.reached:
            return self._value_at(place.slot, then.reached, start)
        if then is not None and then.span_end >= 0:
            return _BEYOND + float(self._tagged[start])
        said = word.removeprefix("+")
        return _UNSAID + float(self._tagged[start]) if said not in self._words else _BEYOND / 2

    def _after_value(self, place: Place, word: str) -> float:
        """Another slot, another call or the end: what words are still to come, and what may begin there."""
        reading, start = self._reading, place.reached + 1
        free = self._opened(place.head, start) + 1 if place.calls > 1 and not place.used else start
        if word in HEADS:
            return float(np.logaddexp.reduce(self._beginnings(word, start, free)))
        if word not in SLOTS:
            return float(self._outside[-1] - self._outside[start] + self._none[-1] - self._none[free])
        slot = SLOTS[word]
        if slot.kind in (Kind.FLAG, Kind.CHOICE):
            names = [f"{word} {choice}" for choice in slot.choices] or [word]
            fixed = max(float(reading.fixed[_FIXED[name]]) for name in names)
            return fixed + float(self._tagged[start] + self._begun[free])
        values = (
            self._value_at(word, at, start) + self._uncalled(free, at + 1)
            for at in range(start, len(self._words))
        )
        return max(values, default=_BEYOND / 2)

    def _value_at(self, slot: str, at: int, start: int) -> float:
        """A value of ``slot`` begins at word ``at``, those from ``start`` up to it being outside."""
        before = self._outside[at] - self._outside[start]
        return float(before + self._reading.tags[at, _TAG[f"B-{slot}"]] + self._tagged[at + 1])

    def _uncalled(self, free: int, stop: int) -> float:
        """No call begins between two words, and behind them whatever does."""
        stop = max(free, stop)
        return float(self._none[stop] - self._none[free] + self._begun[stop])

    def _opened(self, head: str, start: int) -> int:
        """At which word from ``start`` on a call that was written already begins."""
        if start == len(self._words):
            return start - 1
        return start + int(self._beginnings(head, start, start).argmax())

    def _beginnings(self, head: str, start: int, free: int) -> Floats:
        """Of a call being the next to begin, at every word from ``free`` on, with no value before it."""
        if free == len(self._words):
            return np.array([_BEYOND / 2])
        passed = self._outside[free:-1] - self._outside[start] + self._none[free:-1] - self._none[free]
        to_come = self._tagged[free:-1] + self._begun[free + 1 :]
        likely: Floats = self._reading.begins[free:, _CALL[head]] + passed + to_come
        return likely


def _up_to(logs: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(logs)])


def _from(logs: Floats) -> Floats:
    return np.concatenate([np.cumsum(logs[::-1])[::-1], [0.0]])


def favourite(grammar: Grammar, reading: Reading, most_words: int) -> str:
    """What would be written if only the tagger were asked, in at most so many words."""
    vocabulary = [END]

    def tokenize(word: str) -> tuple[int, ...]:
        if word not in vocabulary:
            vocabulary.append(word)
        return (vocabulary.index(word),)

    guide = TokenGuide(grammar, tokenize, vocabulary.index(END), Preference(grammar.words, reading))
    return "".join(vocabulary[token] for token in guide.foreseen(most_words))
