"""Whole shopping trips by text: does the cart end as the shopper wanted it?"""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voice_agent_cli.conversation.answering import Agent
from voice_agent_cli.conversation.conversation import Conversation, Parts
from voice_agent_cli.quality.trip_cases import Trip, Wanted
from voice_agent_cli.quality.trip_shopper import Seen, Turn, sentences
from voice_agent_cli.shop.contents import Contents
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import ensure_shop
from voice_agent_cli.storage.sessions import Sessions


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


async def walk(shop_name: str, trip: Trip, database: Path, sessions: Sessions, agent: Agent) -> Walked:
    """Make a trip through a conversation of its own.

    Args:
        database: The shop, for this trip alone.
        sessions: Where conversations are recorded.
    """
    session = sessions.start(None, None, {"source": "trip"}).session_id
    seen, repeated = Seen(), 0
    with Shop.open(database, session) as shop:
        conversation = Conversation(session, Parts(shop, sessions, agent))
        subscription = conversation.subscribe()
        async with conversation:
            for sentence, is_repeated in sentences(trip, seen):
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


def _wrong(trip: Trip, contents: Contents, seen: Seen) -> Iterator[str]:
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
