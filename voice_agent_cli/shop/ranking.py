"""How well a product answers a phrase, from 0 to 1, and how it was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voice_agent_cli.shop.phrases import Phrase
from voice_agent_cli.shop.vocabulary import FoundBy, Term

_FIELDS = (1.0, 0.95, 0.95, 0.55)  # title, keywords, brand, body
_GUESSES: tuple[FoundBy, ...] = ("sound", "spelling")

# Cosines of all-MiniLM. Below the first a product has nothing to do with a text; a need told
# in a sentence ("my knives are blunt") lies farther from what meets it than a name does.
# A single word that the shop does not have is often one that means nothing here.
_RELATED_TO_A_WORD, _RELATED, _RELATED_TO_A_NEED, _PLAIN = 0.4, 0.34, 0.23, 0.56
_WORDS_OF_A_NEED = 0.8
_SAYS_ALL = 0.15


@dataclass(frozen=True)
class Scored:
    """A product's row number with its score and how it was found; ``says_all``: it meets every term.

    A score is from 0 to 1; a fused one may be above, so that the best can still be told apart.
    """

    number: int
    score: float
    found_by: FoundBy
    says_all: bool = False


def score_words(number: int, fields: Sequence[str], phrase: Phrase) -> Scored:
    """Score the indexed ``fields`` (title, keywords, brand, body) of one product.

    The share of the phrase's weight that the product meets, each term by its best
    alternative in its best field; then a little for a title that says no more than
    was asked, and ends with the asked thing ("jacket", not "jacket cleaner").
    """
    held = [frozenset(text.split()) for text in fields]
    met, found_by = 0.0, list[FoundBy]()
    matched: set[str] = set()
    for term in phrase.terms:
        value, word, how = _best(term, held)
        met += value * term.weight
        if value:
            matched.add(word)
            found_by.append(how)
    share = met / phrase.weight if phrase.weight else 0.0
    how_found: FoundBy = next((guess for guess in _GUESSES if guess in found_by), "words")
    score = share * (0.9 + 0.1 * _title_fit(fields[0].split(), matched))
    return Scored(number, score, how_found, says_all=1 < len(phrase.terms) == len(found_by))


def meaning_score(cosine: float, phrase: Phrase) -> float:
    """A cosine on the scale of ``score_words``: from 0.5 for what is related, 1 where it is plain, and above.

    What is less related keeps a score too: it may be found where some of the words fit as well.
    """
    least = _RELATED_TO_A_NEED if phrase.is_need else _RELATED
    if len(phrase.terms) == 1 and not phrase.is_need:
        least = _RELATED_TO_A_WORD
    return 0.5 + 0.5 * (cosine - least) / (_PLAIN - least) if cosine >= _RELATED_TO_A_NEED else 0.0


def fuse(by_words: Mapping[int, Scored], by_meaning: Mapping[int, float], is_need: bool) -> list[Scored]:
    """One ranking: the better of the two scores, raised a little where both agree. Best first.

    The words of a need are often not those of what meets it, so they count for less there.
    What meets every one of them is raised: a meaning near to one word of two is no better.
    """
    trust = _WORDS_OF_A_NEED if is_need else 1.0
    fused: list[Scored] = []
    for number in by_words.keys() | by_meaning.keys():
        worded = by_words.get(number, Scored(number, 0.0, "meaning"))
        worded = replace(worded, score=worded.score * trust)
        meant = by_meaning.get(number, 0.0)
        score = max(worded.score, meant) + 0.25 * min(worded.score, meant) + _SAYS_ALL * worded.says_all
        fused.append(Scored(number, score, worded.found_by if worded.score >= meant else "meaning"))
    return sorted(fused, key=lambda scored: (-scored.score, scored.number))


def _best(term: Term, held: Sequence[frozenset[str]]) -> tuple[float, str, FoundBy]:
    best: tuple[float, str, FoundBy] = (0.0, "", "words")
    for word, alternative in term.alternatives.items():
        for field, weight in zip(held, _FIELDS, strict=True):
            value = alternative.sure * weight
            if value > best[0] and word in field:
                best = (value, word, alternative.found_by)
    return best


def _title_fit(title: Sequence[str], matched: set[str]) -> float:
    if not title:
        return 0.0
    said = sum(word in matched for word in title) / len(title)
    return 0.7 * said + 0.3 * (title[-1] in matched)
