"""What the tagger is asked about an utterance, and what it reads: the same in training and in use.

The labels follow from the language of calls (language.py): the first call of an
utterance, the fixed values that it implies, and for every word the slot it belongs to, as
beginning, inside or outside of a value (Ramshaw and Marcus 1995), and which later call
begins with it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from voice_agent_cli.models import wordpieces
from voice_agent_cli.shop.words import STOP_WORDS, stem

from .language import HEADS, SLOTS, Kind

CALLS = tuple(sorted(HEADS))
"""What a call can be, in the order of the tagger's outputs."""
NO_CALL = len(CALLS)
"""No later call begins with a word."""
OUTSIDE = 0
_COPIED = tuple(name for name, slot in SLOTS.items() if slot.kind in (Kind.WORDS, Kind.NUMBER, Kind.COUNT))
TAGS = ("O", *(f"{part}-{name}" for name in _COPIED for part in "BI"))
"""What a word can be: outside of every value, the first of one, or inside one."""
FIXED = (
    *(name for name, slot in SLOTS.items() if slot.kind is Kind.FLAG),
    *(f"{name} {value}" for name, slot in SLOTS.items() for value in slot.choices),
)
"""The flags, and the choices of every slot that has some."""

_LONGEST_WORD = 8
"""Pieces; of a longer word the rest tells nothing more."""
_SHOWN, _HELD, _ASKED = 10, 20, 30
"""Vocabulary entries that no text uses: from here on for what is shown, in the cart, and was asked."""
_QUESTIONS = ("code", "color", "confirm", "option", "product", "quantity", "size")
_LINE = re.compile(r"^(shown|cart|asked): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Encoded:
    """An utterance as the tagger reads it.

    Attributes:
        ids: Vocabulary entries: the start, three for the state, the words' pieces, the end.
        known: For each of them 1 if its word names something shown, 2 something in the cart, 3 both, else 0.
        first: For each word the index of its first piece.
    """

    ids: tuple[int, ...]
    known: tuple[int, ...]
    first: tuple[int, ...]


def encode(prefix: str, words: Sequence[str]) -> Encoded:
    """What the tagger reads of an utterance.

    Args:
        prefix: The prompt before it (prompt.before_speech): what is shown, held and asked.
        words: Its normalised words.
    """
    state = dict(_LINE.findall(prefix))
    shown, held = _titles(state.get("shown", "")), _titles(state.get("cart", ""))
    asked = 1 + _QUESTIONS.index(state["asked"]) if "asked" in state else 0
    ids = [
        wordpieces.entry(wordpieces.FIRST),
        _SHOWN + min(len(shown), 3),
        _HELD + min(len(held), 2),
        _ASKED + asked,
    ]
    known, first = [0] * len(ids), []
    in_shown, in_cart = set(_stems(shown)), set(_stems(held))
    for word in words:
        first.append(len(ids))
        pieces = _pieces(word)
        ids += pieces
        known += [(stem(word) in in_shown) + 2 * (stem(word) in in_cart)] * len(pieces)
    return Encoded((*ids, wordpieces.entry(wordpieces.LAST)), (*known, 0), tuple(first))


def _titles(line: str) -> list[str]:
    return [] if line in ("", "nothing") else line.split("; ")


def _stems(titles: Sequence[str]) -> Iterator[str]:
    return (stem(word) for title in titles for word in title.split() if word not in STOP_WORDS)


@lru_cache(maxsize=32768)
def _pieces(word: str) -> tuple[int, ...]:
    return tuple(wordpieces.tokenizer().encode(word).ids[:_LONGEST_WORD]) or (
        wordpieces.entry(wordpieces.UNKNOWN),
    )
