"""From a search text to terms: names that were split or joined are put right first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from voice_agent_cli.shop.values import canonical, is_number, plain
from voice_agent_cli.shop.vocabulary import Alternative, Term, Vocabulary, is_english
from voice_agent_cli.shop.words import NEED_VERBS, NEED_WORDS, STOP_WORDS, joined, stem, words

_LONGEST_QUERY = 300
_MOST_TERMS = 12
_SURE_ALONE = 0.86  # a single word that resembles one this much needs no neighbour
_SURE_TOGETHER = 0.78
_ALIKE_TOGETHER = 0.74  # letters; what was heard in pieces has more of them
_SAID_OTHERWISE = 0.9
_SENTENCE = 5  # words; the name of a thing seldom has so many
_NUMBER_AND_UNIT = re.compile(r"(\d+(?:\.\d+)?)[^\W\d]+")


@dataclass(frozen=True)
class Phrase:
    """The terms of a query in the order said.

    ``is_need`` tells a sentence about the shopper from the name of a thing;
    ``is_language`` that at least one word is one that people use.
    """

    terms: tuple[Term, ...]
    text: str
    is_need: bool
    is_language: bool

    @cached_property
    def weight(self) -> float:
        return sum(term.weight for term in self.terms)


def read_phrase(text: str, vocabulary: Vocabulary) -> Phrase:
    """The terms of ``text``: stop words dropped, split names joined, joined words split."""
    said = " ".join(plain(text[:_LONGEST_QUERY]).split())
    mended, guesses = _mend_split_names(said.split(), vocabulary)
    content = [word for word in dict.fromkeys(words(mended)) if word not in STOP_WORDS][:_MOST_TERMS]
    terms: list[Term] = []
    for word in content:
        terms += _terms_of(word, vocabulary, guesses.get(word))
    return Phrase(
        terms=tuple(_with_compounds(terms, vocabulary)),
        text=said,
        is_need=bool(content) and _is_need(said.split()),
        is_language=any(is_english(word) or vocabulary.knows(word) for word in content),
    )


def _is_need(said: Sequence[str]) -> bool:
    """Whether it tells of the shopper, of something to do ("run with my dog"), or is a whole sentence."""
    if not NEED_WORDS.isdisjoint(said) or len(said) >= _SENTENCE:
        return True
    return len(said) > 1 and said[0] in NEED_VERBS


def _terms_of(word: str, vocabulary: Vocabulary, guess: Alternative | None) -> list[Term]:
    term = vocabulary.term(word)
    if guess is not None and word in term.alternatives:
        return [replace(term, alternatives={**term.alternatives, word: guess})]
    exact = max(
        (entry.sure for entry in term.alternatives.values() if entry.found_by == "words"), default=0.0
    )
    if exact < 0.8 and (several := vocabulary.several(word)):
        return [vocabulary.term(one) for one in several]
    if exact < 0.8 and (halves := vocabulary.halves(word)):
        return [vocabulary.term(half) for half in halves]
    if not term.alternatives and (number := _NUMBER_AND_UNIT.fullmatch(word)):
        return [replace(vocabulary.term(number[1]), word=word)]
    return [term]


def _with_compounds(terms: Sequence[Term], vocabulary: Vocabulary) -> list[Term]:
    """Two neighbours may be written as one: "rain coat" is also met by "raincoat"."""
    mended = list(terms)
    for index, (left, right) in enumerate(pairwise(terms)):
        whole = joined([left.word, right.word])
        known = {t: e for t, e in vocabulary.term(whole).alternatives.items() if e.sure > 0.8}
        known = {t: e for t, e in known.items() if e.found_by == "words"}
        for offset in (0, 1):
            others = dict(known)
            if len(several := vocabulary.several(whole)) == 2:
                others[several[offset]] = Alternative(_SAID_OTHERWISE)
            term = mended[index + offset]
            mended[index + offset] = replace(term, alternatives={**others, **term.alternatives})
    return mended


def _mend_split_names(said: list[str], vocabulary: Vocabulary) -> tuple[str, dict[str, Alternative]]:
    """Write "a d das" as the "adidas" it sounds like; the guesses say how sure each such word is."""
    guesses: dict[str, Alternative] = {}
    position, mended = 0, list[str]()
    while position < len(said):
        for length in (4, 3, 2):
            window = said[position : position + length]
            meant = _meant_together(window, vocabulary) if len(window) == length else None
            if meant:
                word, entry = meant
                guesses[word] = entry
                mended.append(word)
                position += length
                break
        else:
            mended.append(said[position])
            position += 1
    return " ".join(mended), guesses


def _meant_together(window: list[str], vocabulary: Vocabulary) -> tuple[str, Alternative] | None:
    """The one word of the catalogue that ``window`` is, where its parts make no sense alone."""
    if any(map(is_number, canonical(" ".join(window)))) or not _makes_no_sense(window, vocabulary):
        return None
    whole = joined(window)
    if whole in vocabulary:
        return whole, Alternative(1.0)
    near = vocabulary.similar(whole, least=_ALIKE_TOGETHER)
    if not near:
        return None
    word, entry = max(near.items(), key=lambda item: item[1].sure)
    return (word, entry) if entry.sure >= _SURE_TOGETHER else None


def _makes_no_sense(window: list[str], vocabulary: Vocabulary) -> bool:
    """Whether some part is a lone letter or no word of this catalogue, and none is close to one by itself."""
    strange = [
        part
        for part in map(stem, window)
        if part not in STOP_WORDS and (len(part) == 1 or not vocabulary.knows(part))
    ]
    if not strange:
        return False
    alone = [vocabulary.similar(part) for part in strange if len(part) > 2]
    return not any(entry.sure >= _SURE_ALONE for found in alone for entry in found.values())
