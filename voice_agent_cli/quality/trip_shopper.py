"""A shopper with a goal: what they have before them, and what they say next."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voice_agent_cli.events import AgentResponse, Event, ToolFinished, Understood
from voice_agent_cli.quality.trip_cases import WHEN, Trip
from voice_agent_cli.understanding.numbers import read

MOST_TURNS = 40
MOST_ANSWERS = 2
"""How often a shopper answers the same question in a row before going on with something else."""
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_SMALL = frozenset("the a an of in or and with please one which there is".split())
_PLACE = re.compile(r"\{(nth|no) ([^}]+)\}")


@dataclass(frozen=True)
class Turn:
    """What the shopper said, the calls it was taken for, and what was answered."""

    said: str
    calls: tuple[str, ...]
    answered: str


@dataclass
class Seen:
    """What the shopper has before them."""

    shown: tuple[str, ...] = ()
    cart: frozenset[str] = frozenset()
    asked: str | None = None
    choices: tuple[str, ...] = ()
    understood: bool = True
    ordered: Mapping[str, Any] | None = None
    turns: list[Turn] = field(default_factory=list)

    def take(self, said: str, events: Sequence[Event]) -> None:
        """See the answer to ``said``."""
        self.asked, self.choices, refused, done = None, (), False, False
        calls: list[str] = []
        answered = ""
        for event in events:
            if isinstance(event, Understood):
                calls = [f"{call['tool']} {dict(call['arguments'])}" for call in event.calls]
                if (event.question or "").startswith("Which one"):
                    self.asked, self.choices = "product", (event.question or "",)
            elif isinstance(event, ToolFinished):
                refused = refused or not (event.success or self._asks(event))
                done = done or (event.success and event.tool != "undo")
                if event.tool == "checkout" and event.success:
                    self.ordered = (event.result or {}).get("order")
            elif isinstance(event, AgentResponse):
                answered = event.text
                self.understood = event.intent not in ("not_understood", "clarification", "error")
                self._look(event)
        # Where one part was done and another refused, saying all of it again would do the first twice.
        self.understood = (self.understood and (done or not refused)) or self.asked is not None
        self.turns.append(Turn(said, tuple(calls), answered))

    def _asks(self, event: ToolFinished) -> bool:
        """Whether a tool wants to know something, which is then remembered."""
        error = event.error or {}
        if error.get("code") != "CHOICE_NEEDED":
            return False
        self.asked = str(error["details"]["field"])
        self.choices = tuple(map(str, error["details"]["choices"]))
        return True

    def _look(self, answer: AgentResponse) -> None:
        if answer.products is not None:
            self.shown = tuple(str(product["id"]) for product in answer.products)
        if answer.cart is not None:
            self.cart = frozenset(str(line["product_id"]) for line in answer.cart["lines"])

    def holds(self, when: str) -> bool:
        """Whether a step's condition is so."""
        match = WHEN.fullmatch(when)
        negated, place, product = match.groups() if match else (None, "", "")
        return (product in (self.shown if place == "shown" else self.cart)) != bool(negated)

    def worded(self, sentence: str) -> str | None:
        """The sentence with its places filled in; ``None`` where it points at what is not shown."""
        if any(found[2] not in self.shown for found in _PLACE.finditer(sentence)):
            return None

        def place(found: re.Match[str]) -> str:
            position = self.shown.index(found[2])
            return ORDINALS[position] if found[1] == "nth" else str(position + 1)

        return _PLACE.sub(place, sentence)


def sentences(trip: Trip, seen: Seen) -> Iterator[tuple[str, bool]]:
    """What the shopper says next, as ``seen`` stands each time; whether it is said in other words again."""
    given: dict[str, int] = {}
    for step in trip.says:
        if step.when and not seen.holds(step.when):
            continue
        for again, words in ((False, step.say), (True, step.again)):
            sentence = seen.worded(words) if words else None
            if sentence is None or (again and seen.understood):
                break
            yield sentence, again
            yield from _answers(trip, seen, given)
        if len(seen.turns) >= MOST_TURNS:
            return


def _answers(trip: Trip, seen: Seen, given: dict[str, int]) -> Iterator[tuple[str, bool]]:
    """Answers to what is asked, as far as the shopper has them."""
    in_a_row: dict[str, int] = {}
    while seen.asked and in_a_row.get(seen.asked, 0) < MOST_ANSWERS:
        asked = seen.asked
        known = _fitting(trip, asked, seen.choices)
        sentence = seen.worded(known[min(given.get(asked, 0), len(known) - 1)]) if known else None
        if sentence is None:
            return
        in_a_row[asked] = in_a_row.get(asked, 0) + 1
        yield sentence, in_a_row[asked] > 1
        if seen.asked != asked:
            given[asked] = given.get(asked, 0) + 1


def _fitting(trip: Trip, asked: str, choices: Sequence[str]) -> list[str]:
    """The shopper's answers that are among the choices; nobody orders what they did not ask to."""
    known = trip.answers.get(asked, ["No."] if asked == "confirm" else [])
    offered = {word.text for choice in choices for word in read(choice).words} - _SMALL
    fitting = [answer for answer in known if {word.text for word in read(answer).words} & offered]
    # A shopper who is offered other products only does not take one of them.
    return fitting if fitting or asked == "product" else known
