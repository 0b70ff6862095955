"""A trigram language model of a few thousand sentences, in the ARPA format.

Interpolated Witten-Bell smoothing (Witten and Bell 1991; in the interpolated form
of Chen and Goodman 1998): ``p(w|h) = (c(h w) + T(h) p(w|h')) / (c(h) + T(h))`` with
``T(h)`` the number of different words seen after ``h`` and ``h'`` its shorter history.
It needs no held-out data and is robust on the small, even counts that patterns give.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

_START, _END = "<s>", "</s>"
_Ngram = tuple[str, ...]


def arpa(
    sentences: Iterable[str],
    background: Mapping[str, float] | None = None,
    background_weight: float = 0.02,
) -> str:
    """The text of an ARPA file, orders 1 to 3.

    Args:
        sentences: Words with spaces between; said twice counts twice.
        background: Words that may come up anywhere, with their relative frequency.
        background_weight: The part of all words that the background makes up, 0 to 1.
    """
    counts = _count(sentences)
    unigrams = _unigrams(counts[0], background or {}, background_weight)
    bigrams, unigram_backoff = _interpolate(counts[1], unigrams)
    trigrams, bigram_backoff = _interpolate(counts[2], bigrams)
    unigrams[(_START,)] = 0.0
    lines = [
        "\\data\\",
        *(f"ngram {n}={len(grams)}" for n, grams in enumerate((unigrams, bigrams, trigrams), 1)),
    ]
    for order, (grams, backoff) in enumerate(
        ((unigrams, unigram_backoff), (bigrams, bigram_backoff), (trigrams, {})), 1
    ):
        lines += ["", f"\\{order}-grams:"]
        lines += [_line(gram, grams[gram], backoff.get(gram)) for gram in sorted(grams)]
    return "\n".join([*lines, "", "\\end\\", ""])


def _line(gram: _Ngram, probability: float, backoff: float | None) -> str:
    text = f"{_log10(probability):.4f}\t{' '.join(gram)}"
    return text if backoff is None else f"{text}\t{_log10(backoff):.4f}"


def _log10(probability: float) -> float:
    return math.log10(probability) if probability > 0 else -99.0


def _count(sentences: Iterable[str]) -> tuple[Counter[_Ngram], Counter[_Ngram], Counter[_Ngram]]:
    unigrams: Counter[_Ngram] = Counter()
    bigrams: Counter[_Ngram] = Counter()
    trigrams: Counter[_Ngram] = Counter()
    for sentence, times in Counter(sentences).items():
        words = (_START, *sentence.split(), _END)
        for at in range(1, len(words)):
            unigrams[words[at : at + 1]] += times
            bigrams[words[at - 1 : at + 1]] += times
            if at > 1:
                trigrams[words[at - 2 : at + 1]] += times
    return unigrams, bigrams, trigrams


def _unigrams(counts: Counter[_Ngram], background: Mapping[str, float], weight: float) -> dict[_Ngram, float]:
    """The counts' own distribution, mixed with the background's."""
    total = sum(counts.values())
    mass = sum(background.values())
    own = 1.0 - weight if mass else 1.0
    mixed: dict[_Ngram, float] = {gram: own * count / total for gram, count in counts.items()}
    for word, frequency in background.items():
        mixed[(word,)] = mixed.get((word,), 0.0) + weight * frequency / mass
    return mixed


def _interpolate(
    counts: Counter[_Ngram], lower: Mapping[_Ngram, float]
) -> tuple[dict[_Ngram, float], dict[_Ngram, float]]:
    """The probability of each n-gram, and the back-off weight of each history."""
    seen: dict[_Ngram, int] = defaultdict(int)
    different: dict[_Ngram, int] = defaultdict(int)
    for gram, count in counts.items():
        seen[gram[:-1]] += count
        different[gram[:-1]] += 1
    backoff = {history: different[history] / (seen[history] + different[history]) for history in seen}
    probabilities = {
        gram: count / (seen[gram[:-1]] + different[gram[:-1]]) + backoff[gram[:-1]] * lower[gram[1:]]
        for gram, count in counts.items()
    }
    return probabilities, backoff
