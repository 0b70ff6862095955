"""How the tagger's reading weighs what the model may write next.

Every way on is worth the likelihood, under the tagger's labels, of the best whole reading
that begins with it: of the words passed over being outside of every value, of those taken
having the slot's tags, and of whatever is best for the words still to come.
"""

from collections.abc import Sequence

import numpy as np

from .grammar import END, Grammar, Place, TokenGuide
from .language import HEADS, SLOTS, Kind
from .tagger import Reading
from .tagging import CALLS, FIXED, NO_CALL, OUTSIDE, TAGS

STRENGTH = 1.2
"""How much a tagger's nat counts beside one of the model's."""
_BEYOND = -14.0
"""For a value that lies before what was taken already."""
_UNSAID = -3.5
"""For a number that is not among the words: "a couple"."""
_LATER_CALL, _NO_LATER_CALL = -1.0, -0.5
"""For a third or fourth call, of which the tagger knows nothing, and for none."""
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
        self._outside = np.concatenate([[0.0], np.cumsum(reading.tags[:, OUTSIDE])])
        """Of the first n words all being outside."""
        best = reading.tags.max(axis=1)
        self._best = np.concatenate([np.cumsum(best[::-1])[::-1], [0.0]])
        """Of the words from the nth on, however they are tagged."""

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
            return float(inside + self._best[following + 1])
        return self._after_value(place.calls, place.reached + 1, word)

    def _value(self, place: Place, word: str, then: Place | None) -> float:
        """A value begins with ``word``."""
        if SLOTS[place.slot].kind is Kind.CHOICE:
            return float(self._reading.fixed[_FIXED[f"{place.slot} {word}"]])
        start = place.reached + 1
        if then is not None and then.reached > place.reached:
            return self._begun(place.slot, then.reached, start)
        if then is not None and then.span_end >= 0:
            return _BEYOND + float(self._best[start])
        said = word.removeprefix("+")
        return _UNSAID + float(self._best[start]) if said not in self._words else _BEYOND / 2

    def _after_value(self, calls: int, start: int, word: str) -> float:
        """Another slot, another call or the end, with the words from ``start`` on still to come."""
        reading, rest = self._reading, float(self._best[start])
        if word in SLOTS:
            slot = SLOTS[word]
            if slot.kind is Kind.FLAG:
                return float(reading.fixed[_FIXED[word]]) + rest
            if slot.kind is Kind.CHOICE:
                return max(float(reading.fixed[_FIXED[f"{word} {choice}"]]) for choice in slot.choices) + rest
            begun = (self._begun(word, at, start) for at in range(start, len(self._words)))
            return max(begun, default=_BEYOND / 2)
        if word in HEADS:
            return (float(reading.second[_CALL[word]]) if calls == 1 else _LATER_CALL) + rest
        ended = float(self._outside[-1] - self._outside[start])
        return (float(reading.second[NO_CALL]) if calls == 1 else _NO_LATER_CALL) + ended

    def _begun(self, slot: str, at: int, start: int) -> float:
        """A value of ``slot`` begins at word ``at``, those from ``start`` up to it being outside."""
        before = self._outside[at] - self._outside[start]
        return float(before + self._reading.tags[at, _TAG[f"B-{slot}"]] + self._best[at + 1])


def favourite(grammar: Grammar, reading: Reading, most_words: int) -> str:
    """What would be written if only the tagger were asked, in at most so many words."""
    vocabulary = [END]

    def tokenize(word: str) -> tuple[int, ...]:
        if word not in vocabulary:
            vocabulary.append(word)
        return (vocabulary.index(word),)

    guide = TokenGuide(grammar, tokenize, vocabulary.index(END), Preference(grammar.words, reading))
    return "".join(vocabulary[token] for token in guide.foreseen(most_words))
