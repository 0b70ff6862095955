"""A trigram language model of some ten thousand sentences, in the ARPA format.

Interpolated Kneser-Ney smoothing (Kneser and Ney 1995; in the interpolated form of Chen
and Goodman 1998): ``p(w|h) = (max(c(h w) - D, 0) + D T(h) p(w|h')) / c(h)`` with ``T(h)``
the number of different words seen after ``h`` and ``h'`` its shorter history; below the
highest order ``c`` counts the different words that came before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_START, _END = "<s>", "</s>"
_DISCOUNT = 0.75
_NEVER = -99.0
Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


def arpa(sentences: Iterable[str]) -> str:
    """The text of an ARPA file, orders 1 to 3.

    Args:
        sentences: Words with spaces between; said twice counts twice.
    """
    said = [(_START, *sentence.split(), _END) for sentence in sentences]
    words = sorted({word for sentence in said for word in sentence})
    number = {word: place for place, word in enumerate(words)}
    spoken = np.array([number[word] for sentence in said for word in sentence], np.int64)
    within = np.concatenate([np.arange(len(sentence)) for sentence in said])
    orders = list(_orders(spoken, within, len(words)))
    lines = ["\\data\\", *(f"ngram {grams.order}={len(grams.keys)}" for grams in orders)]
    for grams, longer in zip(orders, (*orders[1:], None), strict=True):
        lines += ["", f"\\{grams.order}-grams:", *_lines(grams, longer, words)]
    return "\n".join([*lines, "", "\\end\\", ""])


@dataclass(frozen=True)
class _Grams:
    """The n-grams of one order.

    Attributes:
        keys: Sorted, shape ``(n,)``, as the others are: the words' numbers as digits in base ``base``.
        probabilities: Of the last word behind the others.
        spared: The part of its history's probability that was left to shorter histories.
    """

    order: int
    base: int
    keys: Numbers
    probabilities: Floats
    spared: Floats


def _orders(spoken: Numbers, within: Numbers, base: int) -> Iterator[_Grams]:
    """The three orders, from the words one after another and their places in their sentences."""
    pairs = spoken[:-1] * base + spoken[1:]
    bigrams, counts = np.unique(pairs[within[1:] > 0], return_counts=True)
    trigrams, triples = np.unique((spoken[:-2] * base**2 + pairs[1:])[within[2:] > 1], return_counts=True)
    came_before = np.bincount(bigrams % base, minlength=base)
    unigrams = _Grams(1, base, np.arange(base), came_before / len(bigrams), np.ones(base))
    yield unigrams
    # Nothing comes before a sentence: what begins one counts as often as it was said.
    inside, different = np.unique(trigrams % base**2, return_counts=True)
    counts[np.searchsorted(bigrams, inside)] = different
    second = _smoothed(bigrams, counts, unigrams)
    yield second
    yield _smoothed(trigrams, triples, second)


def _smoothed(keys: Numbers, counts: Numbers, shorter: _Grams) -> _Grams:
    """An order's probabilities, with those of the order below mixed in."""
    _, history, different = np.unique(keys // shorter.base, return_inverse=True, return_counts=True)
    total = np.bincount(history, weights=counts)
    spared = (_DISCOUNT * different / total)[history]
    below = np.searchsorted(shorter.keys, keys % shorter.base**shorter.order)
    likely = (counts - _DISCOUNT) / total[history] + spared * shorter.probabilities[below]
    return _Grams(shorter.order + 1, shorter.base, keys, likely, spared)


def _lines(grams: _Grams, longer: _Grams | None, words: Sequence[str]) -> Iterator[str]:
    """A line for each n-gram: its logarithm, its words, and its back-off weight where it is a history."""
    with np.errstate(divide="ignore"):
        likely = np.maximum(np.log10(grams.probabilities), _NEVER).tolist()
    backoff: dict[int, float] = {}
    if longer:
        histories = (longer.keys // longer.base).tolist()
        backoff = dict(zip(histories, np.log10(longer.spared).tolist(), strict=True))
    places = (grams.keys // grams.base**place % grams.base for place in reversed(range(grams.order)))
    said = zip(*(digits.tolist() for digits in places), strict=True)
    for key, logarithm, digits in zip(grams.keys.tolist(), likely, said, strict=True):
        text = f"{logarithm:.4f}\t{' '.join([words[digit] for digit in digits])}"
        yield f"{text}\t{backoff[key]:.4f}" if key in backoff else text
