"""Whole shopping trips by text: does the cart end as the shopper wanted it?"""

import asyncio
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from voice_agent_cli.conversation.answering import Agent
from voice_agent_cli.conversation.conversation import Conversation, Parts
from voice_agent_cli.events import AgentResponse, Event, ToolFinished, Understood
from voice_agent_cli.quality.trip_cases import WHEN, Trip, Wanted
from voice_agent_cli.shop.contents import Contents
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import ensure_shop
from voice_agent_cli.storage.sessions import Sessions

MOST_TURNS = 40
MOST_ANSWERS = 2
"""How often a shopper answers the same question in a row before going on with something else."""
ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_PLACE = re.compile(r"\{(nth|no) ([^}]+)\}")


@dataclass(frozen=True)
class Turn:
    """What the shopper said, the calls it was taken for, and what was answered."""

    said: str
    calls: tuple[str, ...]
    answered: str


@dataclass(frozen=True)
class Walked:
    """A trip that was made, and what is wrong with how it ended; nothing when it is right."""

    shop: str
    trip: Trip
    turns: tuple[Turn, ...]
    wrong: tuple[str, ...]
    repeated: int

    @property
    def is_right(self) -> bool:
        return not self.wrong


class Shops:
    """The shops that trips go to, each trip to a fresh copy: a checkout must not sell out the next one's.

    Args:
        folder: Where the databases are kept; nothing else may be in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: dict[str, Path] = {}
        self._copies = 0

    def fresh(self, name: str, beside: Path) -> Path:
        """A copy of the shop ``name``: one in ``shops/`` beside the file of trips, or one that comes along.

        Raises:
            NotFoundError: There is no such shop.
        """
        source = self._ready.get(name) or self._made(name, beside)
        self._ready[name] = source
        self._copies += 1
        target = self._folder / f"trip-{self._copies}.db"
        with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target)) as copy:
            ours.backup(copy)
        return target

    def _made(self, name: str, beside: Path) -> Path:
        own = beside.parent / "shops" / f"{name}.json"
        path = self._folder / f"{name}.db" if own.exists() else ensure_shop(self._folder, name)
        with Shop.open(path, "") as shop:
            if own.exists():
                import_file(shop.catalogue, own)
            shop.search.warm()
        return path


@dataclass
class _Seen:
    """What the shopper has before them."""

    shown: tuple[str, ...] = ()
    cart: frozenset[str] = frozenset()
    asked: str | None = None
    understood: bool = True
    ordered: Mapping[str, Any] | None = None
    turns: list[Turn] = field(default_factory=list)

    def take(self, said: str, events: Sequence[Event]) -> None:
        """See the answer to ``said``."""
        self.asked = None
        calls: list[str] = []
        answered = ""
        for event in events:
            if isinstance(event, Understood):
                calls = [f"{call['tool']} {dict(call['arguments'])}" for call in event.calls]
                self.asked = "product" if (event.question or "").startswith("Which one") else None
            elif isinstance(event, ToolFinished):
                self.asked = _asked(event) or self.asked
                if event.tool == "checkout" and event.success:
                    self.ordered = (event.result or {}).get("order")
            elif isinstance(event, AgentResponse):
                answered = event.text
                self.understood = event.intent not in ("not_understood", "clarification", "error")
                self._look(event)
        self.understood = self.understood or self.asked is not None
        self.turns.append(Turn(said, tuple(calls), answered))

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


def _asked(event: ToolFinished) -> str | None:
    """What a tool wants to know, if anything."""
    error = event.error or {}
    return str(error["details"]["field"]) if error.get("code") == "CHOICE_NEEDED" else None


async def walk(shop_name: str, trip: Trip, database: Path, sessions: Sessions, agent: Agent) -> Walked:
    """Make a trip through a conversation of its own.

    Args:
        database: The shop, for this trip alone.
        sessions: Where conversations are recorded.
    """
    session = sessions.start(None, None, {"source": "trip"}).session_id
    seen, repeated = _Seen(), 0
    with Shop.open(database, session) as shop:
        conversation = Conversation(session, Parts(shop, sessions, agent))
        subscription = conversation.subscribe()
        async with conversation:
            for sentence, is_repeated in _sentences(trip, seen):
                repeated += is_repeated
                await conversation.say(sentence)
                seen.take(sentence, await subscription.batch())
        wrong = _wrong(trip, shop.cart.contents, seen)
    return Walked(shop_name, trip, tuple(seen.turns), tuple(wrong), repeated)


def walk_all(chosen: Sequence[tuple[Path, str, Trip]], folder: Path, agent: Agent) -> Iterator[Walked]:
    """Make trips one after another, each to a fresh copy of its shop.

    Args:
        chosen: The file of each trip, its shop and the trip.
        folder: Where shops and records are kept meanwhile; nothing else may be in it.

    Raises:
        NotFoundError: There is no such shop.
    """
    shops = Shops(folder)
    with closing(Sessions(folder)) as sessions:
        for file, shop, trip in chosen:
            database = shops.fresh(shop, file)
            yield asyncio.run(walk(shop, trip, database, sessions, agent))
            database.unlink()


def _sentences(trip: Trip, seen: _Seen) -> Iterator[tuple[str, bool]]:
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


def _answers(trip: Trip, seen: _Seen, given: dict[str, int]) -> Iterator[tuple[str, bool]]:
    """Answers to what is asked, as far as the shopper has them; nobody orders what they did not ask to."""
    in_a_row: dict[str, int] = {}
    while seen.asked and in_a_row.get(seen.asked, 0) < MOST_ANSWERS:
        asked = seen.asked
        known = trip.answers.get(asked, ["No."] if asked == "confirm" else [])
        sentence = seen.worded(known[min(given.get(asked, 0), len(known) - 1)]) if known else None
        if sentence is None:
            return
        in_a_row[asked] = in_a_row.get(asked, 0) + 1
        yield sentence, in_a_row[asked] > 1
        if seen.asked != asked:
            given[asked] = given.get(asked, 0) + 1


def _wrong(trip: Trip, contents: Contents, seen: _Seen) -> Iterator[str]:
    """What differs from the goal, in words."""
    if seen.ordered and not trip.ordered:
        yield "ordered, which nobody asked for"
    if trip.ordered and not seen.ordered:
        yield "nothing was ordered"
    ordered = seen.ordered if trip.ordered else None
    lines = _ordered_lines(ordered) if ordered else _cart_lines(contents)
    code = ordered["discount_code"] if ordered else contents.code
    left = list(lines)
    for wanted in trip.cart:
        found = next((line for line in left if _is(line, wanted)), None)
        if found:
            left.remove(found)
        else:
            yield f"missing: {_told(wanted)}"
    yield from (f"unwanted: {_told(line)}" for line in left)
    if code != trip.code:
        yield f"code {code} instead of {trip.code}"


def _cart_lines(contents: Contents) -> list[Wanted]:
    lines = []
    for line in contents.lines:
        modifiers: dict[str, list[str]] = {}
        for chosen in line.modifiers:
            modifiers.setdefault(chosen.name, []).append(chosen.value)
        joined = {name: ", ".join(values) for name, values in modifiers.items()}
        lines.append(
            Wanted(
                product=line.product_id,
                quantity=line.quantity,
                options=dict(line.options),
                modifiers=joined,
            )
        )
    return lines


def _ordered_lines(order: Mapping[str, Any]) -> list[Wanted]:
    kept = ("quantity", "options", "modifiers")
    return [
        Wanted(product=line["product_id"], **{name: line[name] for name in kept}) for line in order["lines"]
    ]


def _is(line: Wanted, wanted: Wanted) -> bool:
    """Options that the goal leaves out have but one value, which a test sees to."""
    return (
        line.product == wanted.product
        and line.quantity == wanted.quantity
        and line.modifiers == wanted.modifiers
        and wanted.options.items() <= line.options.items()
    )


def _told(line: Wanted) -> str:
    chosen = ", ".join([*line.options.values(), *line.modifiers.values()])
    return f"{line.quantity} x {line.product}" + (f" ({chosen})" if chosen else "")


def rows(walked: Sequence[Walked]) -> dict[str, dict[str, float]]:
    """Figures by kind of trip, by shop and for all; shares between 0 and 1, turns and repeats a trip."""
    groups: dict[str, list[Walked]] = {}
    for one in walked:
        for name in (one.trip.kind, f"in {one.shop}"):
            groups.setdefault(name, []).append(one)
    named = {name: groups[name] for name in sorted(groups, key=lambda name: (name.startswith("in "), name))}
    return {name: _row(members) for name, members in {**named, "all": list(walked)}.items()}


def _row(walked: Sequence[Walked]) -> dict[str, float]:
    count = len(walked) or 1
    return {
        "trips": len(walked),
        "cart_right": sum(one.is_right for one in walked) / count,
        "turns": round(sum(len(one.turns) for one in walked) / count, 1),
        "repeated": round(sum(one.repeated for one in walked) / count, 2),
    }


def records(walked: Sequence[Walked]) -> list[dict[str, Any]]:
    """Every trip as plain data, for a program to read."""
    return [
        {
            "name": one.trip.name,
            "kind": one.trip.kind,
            "shopper": one.trip.shopper,
            "shop": one.shop,
            "right": one.is_right,
            "wrong": list(one.wrong),
            "turns": [asdict(turn) for turn in one.turns],
        }
        for one in walked
    ]


def transcript(walked: Walked) -> str:
    """Who said what, the calls in between, and what is wrong in the end."""
    trip = walked.trip
    lines = [f"{trip.name} [{trip.kind}, {trip.shopper}, {walked.shop}]"]
    for turn in walked.turns:
        lines.append(f"  > {turn.said}")
        lines.extend(f"      {call}" for call in turn.calls)
        lines.append(f"  < {turn.answered}")
    return "\n".join([*lines, *(f"  wrong: {wrong}" for wrong in walked.wrong), ""])
