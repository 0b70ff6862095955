"""What the model may write next, made from the tools' schemas, the state and the utterance.

The grammar is a nondeterministic automaton over words. Values are spans of the
utterance, numbers said in it, or one of a schema's choices, so the model cannot name a
product, a price or a tool that does not exist. :class:`TokenGuide` turns words into the
model's tokens; where it admits a single token, no sampling is needed.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from math import exp
from typing import NamedTuple, Protocol

from .amounts import additional, measures, only_least, only_most
from .language import ANSWER, ASIDES, CORRECT, NO, SLOT_OF_ARGUMENT, SLOTS, TOOL_WORDS, YES, Kind

MAX_CALLS = 4
MAX_SPAN_WORDS = 12
COUNTS = (*(str(n) for n in range(1, 13)), "24", "+1", "+2", "+3", "-1", "-2")
CORRECTABLE = ("Item", "Size", "Color", "Quantity", "With", "Query", "Brand", "Max", "Min", "Not")
UPDATE = "Update"
ANSWERABLE = ("Value", "Item", "Size", "Color", "Quantity", "With")
END = ""
"""Stands for the end of the output among the words that may come next."""


class Place(NamedTuple):
    """Where in the output we are: within a call, perhaps within a span of the utterance.

    ``reached`` is the last word of the utterance that a value took.
    """

    head: str = ""
    used: frozenset[str] = frozenset()
    calls: int = 0
    slot: str = ""
    span_end: int = -1
    span_length: int = 0
    reached: int = -1


class Grammar:
    """The outputs that make sense for one utterance in one state.

    Args:
        words: The utterance's normalised words.
        arguments: For each tool, the names of its schema's arguments.
        question_open: Whether an answer, a yes or a no makes sense.
    """

    def __init__(
        self, words: Sequence[str], arguments: Mapping[str, Collection[str]], question_open: bool
    ) -> None:
        self._words = tuple(words)
        numbers = tuple(dict.fromkeys(word for word in self._words if word[0].isdigit()))
        least, most = only_least(self._words), only_most(self._words)
        amounts = set(numbers) - measures(self._words)
        self._numbers = {
            "Min": tuple(number for number in numbers if number in (least or amounts - most)),
            "Max": tuple(number for number in numbers if number in (most or amounts - least)),
            "Budget": tuple(number for number in numbers if number in amounts),
        }
        self._bounds = least | most
        self._any_number = numbers
        self._additional = additional(self._words)
        self._slots = {
            head: tuple(dict.fromkeys(_slots_for(arguments[tool])))
            for head, tool in TOOL_WORDS.items()
            if tool in arguments
        }
        self._heads = tuple(self._slots)
        self._slots[CORRECT] = CORRECTABLE
        self._slots[ANSWER] = ANSWERABLE
        self._first = (*self._heads, CORRECT, *((ANSWER, YES, NO) if question_open else ()), *ASIDES)

    @property
    def words(self) -> tuple[str, ...]:
        """The utterance's words, whose spans are values."""
        return self._words

    def start(self) -> Place:
        """The place before the first word."""
        return Place()

    def following(self, place: Place) -> Iterator[tuple[str, Place | None]]:
        """The words that may follow, each with the place behind it; ``END`` ends the output."""
        if not place.head:
            yield from ((head, Place(head, calls=1)) for head in self._first)
        elif place.slot and place.span_end < 0:
            yield from self._values(place)
        else:
            yield from self._continued_span(place)
            yield from self._after_value(place._replace(slot="", span_end=-1, span_length=0))

    def _values(self, place: Place) -> Iterator[tuple[str, Place | None]]:
        slot = SLOTS[place.slot]
        done = place._replace(slot="", span_end=-1)
        if slot.kind is Kind.WORDS:
            for index, word in enumerate(self._words):
                if not self._is_price(place, word):
                    yield word, place._replace(span_end=index, span_length=1, reached=index)
        elif slot.kind is Kind.CHOICE:
            yield from ((choice, done) for choice in slot.choices)
        else:
            counts = COUNTS if slot.kind is Kind.COUNT else ()
            numbers = self._numbers.get(place.slot, self._any_number)
            changes = self._additional if place.head == UPDATE else frozenset()
            said = (f"+{n}" if n in changes else n for n in (*numbers, *counts))
            for number in dict.fromkeys(said):
                yield number, done._replace(reached=self._reached(number, place.reached))

    def _reached(self, number: str, before: int) -> int:
        """Where a number was said, looked for behind the last span."""
        said = number.removeprefix("+")
        return self._words.index(said, before + 1) if said in self._words[before + 1 :] else before

    def _continued_span(self, place: Place) -> Iterator[tuple[str, Place | None]]:
        following = place.span_end + 1
        if place.slot and following < len(self._words) and place.span_length < MAX_SPAN_WORDS:
            word = self._words[following]
            if not self._is_price(place, word):
                longer = place.span_length + 1
                yield word, place._replace(span_end=following, span_length=longer, reached=following)

    def _is_price(self, place: Place, word: str) -> bool:
        """Whether a size would take in a bound of the price: "a hat, 15 pounds at most"."""
        return place.slot == "Size" and word in self._bounds

    def _after_value(self, place: Place) -> Iterator[tuple[str, Place | None]]:
        if place.head == ANSWER and "Value" not in place.used:
            yield from self._slot(place, "Value")
            return
        for name in self._slots.get(place.head, ()):
            if SLOTS[name].repeatable or name not in place.used:
                yield from self._slot(place, name)
        if place.calls < MAX_CALLS and place.head not in (*ASIDES, NO):
            begun = Place(calls=place.calls + 1, reached=place.reached)
            yield from ((head, begun._replace(head=head)) for head in self._heads)
        yield END, None

    def _slot(self, place: Place, name: str) -> Iterator[tuple[str, Place | None]]:
        slot = SLOTS[name]
        numbers = self._numbers.get(name, self._any_number)
        if (slot.kind is Kind.NUMBER and not numbers) or (slot.kind is Kind.WORDS and not self._words):
            return
        used = place._replace(used=place.used | {name})
        yield name, used if slot.kind is Kind.FLAG else used._replace(slot=name, span_end=-1)


def _slots_for(arguments: Collection[str]) -> Iterator[str]:
    """The slots of a tool; whatever names a product may also name its brand."""
    yield from (SLOT_OF_ARGUMENT[name] for name in arguments if name in SLOT_OF_ARGUMENT)
    if "product" in arguments or "products" in arguments:
        yield "Brand"


Tokenizer = Callable[[str], tuple[int, ...]]


class Weigher(Protocol):
    """Who weighs the ways on; see preference.py."""

    def weights(self, place: Place, options: Sequence[tuple[str, Place | None]]) -> Sequence[float]:
        """For each option the logarithm of its weight."""


class _Thread(NamedTuple):
    """One way to read the tokens so far: what is left of the current word, and the place behind it."""

    rest: tuple[int, ...]
    place: Place | None


class TokenGuide:
    """Walks a :class:`Grammar` token by token.

    Args:
        grammar: What may be written.
        tokenize: The model's tokens of a word with its leading space; asked often, so it should remember.
        end_token: The token that ends the output.
        weigher: Who prefers some ways to others; without one all weigh the same.
    """

    def __init__(
        self, grammar: Grammar, tokenize: Tokenizer, end_token: int, weigher: Weigher | None = None
    ) -> None:
        self._grammar = grammar
        self._tokenize = tokenize
        self._end = end_token
        self._weigher = weigher
        self._threads = self._expanded({_Thread((), grammar.start()): 0.0})

    def allowed(self) -> dict[int, float]:
        """The tokens that may come next with the logarithms of their weights; empty at the end."""
        weights: dict[int, float] = {}
        for thread, weight in self._threads.items():
            if thread.rest:
                weights[thread.rest[0]] = max(weight, weights.get(thread.rest[0], weight))
        return weights

    def advance(self, token: int) -> None:
        """Take one of the allowed tokens."""
        self._threads = self._expanded(
            {
                _Thread(thread.rest[1:], thread.place): weight
                for thread, weight in self._threads.items()
                if thread.rest and thread.rest[0] == token
            }
        )

    def foreseen(self, most: int, least_likely: float = 0.0) -> list[int]:
        """The weightiest tokens to come, up to the end.

        Args:
            most: How many at most.
            least_likely: They end before they are less likely than this, by the weights alone.
        """
        ahead = copy(self)
        tokens: list[int] = []
        likely = 1.0
        while len(tokens) < most:
            weights = ahead.allowed()
            token = max(weights, key=weights.__getitem__)
            likely /= sum(exp(weight - weights[token]) for weight in weights.values())
            if token == self._end or likely < least_likely:
                break
            ahead.advance(token)
            tokens.append(token)
        return tokens

    def _expanded(self, threads: Mapping[_Thread, float]) -> dict[_Thread, float]:
        """The threads up to where each needs a token; of several alike the weightiest."""
        result: dict[_Thread, float] = {}

        def put(thread: _Thread, weight: float) -> None:
            result[thread] = max(weight, result.get(thread, weight))

        for thread, weight in threads.items():
            if thread.rest or thread.place is None:
                put(thread, weight)
                continue
            options = list(self._grammar.following(thread.place))
            more = self._weigher.weights(thread.place, options) if self._weigher else [0.0] * len(options)
            for (word, place), added in zip(options, more, strict=True):
                put(
                    _Thread((self._end,) if word == END else self._tokenize(" " + word), place),
                    weight + added,
                )
        return result
