"""A backend that is told what to post and remembers what was wished, and a screen as lines of text."""

import asyncio
import html
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from voice_agent_cli import settings
from voice_agent_cli.events import (
    AgentInterrupted,
    AgentResponse,
    AudioLevel,
    AudioOutput,
    SessionReady,
    SpeechStarted,
    ToolFinished,
    ToolStarted,
    Transcription,
    TurnMetrics,
    Understood,
    Word,
)
from voice_agent_cli.tui.app import Dashboard
from voice_agent_cli.tui.backend import Ear, Post
from voice_agent_cli.tui.notices import Link, Loaded, Microphone, Notice, Resumed
from voice_agent_cli.tui.recordings import Recordings

_TEXT = re.compile(
    r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+"[^>]*line-(\d+)\)">([^<]*)<'
)
_CELL = 12.2
_USAGE = re.compile(r" *\d+ MB +\d+% cpu *$")  # differs from run to run, in width too


def product(number: int, title: str, price: str, brand: str, stock: int) -> dict[str, Any]:
    money = {"amount": price, "currency": "USD"}
    variants = [
        {
            "id": f"var_{number}_{size}",
            "options": {"size": size, "color": "Navy"},
            "available": size != "M",
            "inventory_quantity": 0 if size == "M" else stock,
            "price": money,
        }
        for size in ("S", "M", "L")
    ]
    return {
        "id": f"prod_{number}",
        "title": title,
        "description": f"{title}: for walking in steady rain without getting clammy.",
        "vendor": brand,
        "category": "Clothing",
        "price": money,
        "images": [],
        "options": {"size": ["S", "M", "L"], "color": ["Navy"]},
        "attributes": {"material": "recycled nylon", "rating": "4.6"},
        "variants": variants,
    }


PRODUCTS = [
    product(1, "Harbor Rain Jacket", "129.00", "Alder", 12),
    product(2, "Pier Rain Jacket with a Detachable Hood and a Long Name", "49.90", "Pim", 3),
    product(3, "Dune Shell", "219.00", "Calloway & Finch", 40),
]
LINE = {
    "line_id": "line-1",
    "product_id": "prod_1",
    "title": "Harbor Rain Jacket",
    "options": {"size": "L", "color": "Navy"},
    "modifiers": {},
    "quantity": 2,
    "unit_price": "129.00",
    "line_total": "258.00",
    "currency": "USD",
    "is_sold": True,
}
CART = {
    "lines": [LINE],
    "subtotal": "258.00",
    "discount": "20.00",
    "discount_code": "SAVE20",
    "total": "238.00",
    "currency": "USD",
    "count": 2,
    "notices": [],
}


def words(text: str, confidence: float) -> tuple[Word, ...]:
    said = text.split()
    return tuple(
        Word(word=w, start=n * 0.3, end=n * 0.3 + 0.25, confidence=confidence) for n, w in enumerate(said)
    )


def call(tool: str, by: str = "model", **arguments: object) -> dict[str, Any]:
    return {"tool": tool, "arguments": arguments, "confidence": 0.97, "decided_by": by}


def spoken_turn(
    turn_id: str, at: float, text: str, calls: list[dict[str, Any]], results: list[Any], reply: str
) -> list[Notice]:
    """All that a conversation publishes of one spoken turn."""
    told: list[Notice] = [
        SpeechStarted(turn_id=turn_id, at_ms=at),
        Transcription(
            text=text,
            confidence=0.93,
            is_final=True,
            turn_id=turn_id,
            words=words(text, 0.93),
            at_ms=at + 900,
        ),
        Understood(turn_id=turn_id, calls=tuple(calls), question=None, latency_ms=240.0, at_ms=at + 1200),
    ]
    for made, result in zip(calls, results, strict=True):
        done = {"turn_id": turn_id, "tool": made["tool"], "arguments": made["arguments"]}
        told.append(ToolStarted(**done, at_ms=at + 1201))
        told.append(ToolFinished(**done, success=True, duration_ms=7.5, result=result, at_ms=at + 1210))
    told.append(
        AgentResponse(
            text=reply, intent="product_search", tools_used=("x",), turn_id=turn_id, at_ms=at + 1215
        )
    )
    samples = bytes(2 * 16_000)
    told.append(
        AudioOutput(
            text=reply,
            samples=samples,
            sample_rate=16_000,
            duration_ms=1000,
            sequence=0,
            is_last=True,
            turn_id=turn_id,
            at_ms=at + 1500,
        )
    )
    stages = {
        "end_point": 480.0,
        "recognize": 120.0,
        "understand": 300.0,
        "tools": 9.0,
        "speak": 290.0 + at / 100,
    }
    told.append(
        TurnMetrics(
            turn_id=turn_id,
            end_of_speech_ms=480,
            transcript_ms=600,
            understood_ms=900,
            first_audio_ms=sum(stages.values()),
            stages=stages,
            at_ms=at + 1501,
        )
    )
    return told


FOUND = "I found 3 rain jackets. First, the Harbor Rain Jacket, $129."
ADDED = "It's in your cart. The code SAVE20 works. Your total is $238."
STORY: list[Notice] = [
    Link("here"),
    *(
        Loaded(part, "ready", name)
        for part, name in (
            ("ears", "PocketSphinx"),
            ("agent", "smollm2-135m"),
            ("voice", "joe"),
            ("shop", "sample"),
        )
    ),
    Resumed("session-1"),
    SessionReady(session_id="session-1", room="local", token=""),
    Microphone("listening"),
    *spoken_turn(
        "t1",
        1000.0,
        "show me rain jackets",
        [call("search_products", query="rain jackets")],
        [{"products": PRODUCTS, "total_count": 3}],
        FOUND,
    ),
    AgentInterrupted(turn_id="t1", heard="I found 3 rain"),
    *spoken_turn(
        "t2",
        6000.0,
        "add two of the first one in navy large and use the code save twenty",
        [
            call("add_to_cart", "model+code", product="prod_1", quantity=2, size="large"),
            call("apply_discount", code="SAVE20"),
        ],
        [{"line": LINE, "cart": CART}, {"cart": CART}],
        ADDED,
    ),
    SpeechStarted(turn_id="t3", at_ms=9000.0),
    Transcription(text="what is your return", confidence=0.0, is_final=False, turn_id="t3", at_ms=9400.0),
    AudioLevel(dbfs=-24.0, is_speech=True),
]

RECORD = {
    "session_id": "session-1",
    "user_id": "ann",
    "status": "active",
    "started_at": "2025-03-01T10:00:00.000Z",
    "last_seen_at": "2025-03-01T10:02:00.000Z",
    "ended_at": None,
    "metadata": {"source": "talk"},
    "message_count": 2,
    "messages": [
        {
            "role": "user",
            "content": "show me rain jackets",
            "timestamp": "2025-03-01T10:01:00.000Z",
            "tools_used": [],
        },
        {
            "role": "assistant",
            "content": "I found 3 rain jackets.",
            "timestamp": "2025-03-01T10:01:02.000Z",
            "tools_used": ["search_products"],
        },
    ],
    "turns": [
        {
            "turn_id": "t1",
            "intent": "product_search",
            "timestamp": "2025-03-01T10:01:02.000Z",
            "tools": [{"tool": "search_products", "arguments": {}, "success": True, "duration_ms": 7.5}],
            "timings": {"first_audio_ms": 930.0},
        }
    ],
}


class StagedRecords:
    """Two sessions."""

    def __init__(self) -> None:
        other = {**RECORD, "session_id": "session-2", "status": "ended", "user_id": None}
        self.kept: dict[str, dict[str, Any]] = {"session-1": dict(RECORD), "session-2": other}

    async def recent(self, limit: int) -> Sequence[Mapping[str, Any]]:
        return list(self.kept.values())[:limit]

    async def export(self, session_id: str) -> Mapping[str, Any]:
        return self.kept[session_id]

    async def find(self, words: str) -> Mapping[str, str]:
        return {"session-2": "I found 3 rain jackets."} if words in "rain jackets" else {}

    async def delete(self, session_id: str) -> None:
        del self.kept[session_id]


class StagedBackend:
    """Posts ``story`` when it is started; ``wishes`` is what it was asked for since."""

    where, can_switch, look_every_s = "own engine", True, 30.0

    def __init__(self, story: Sequence[Notice]) -> None:
        self.story = story
        self.settings = settings.load({"shop.name": "sample"})
        self.records = StagedRecords()
        self.recordings = Recordings()
        self.wishes: list[tuple[Any, ...]] = []
        self.post: Post = lambda _: None

    def start(self, post: Post) -> None:
        self.post = post
        for notice in self.story:
            post(notice)

    def close(self) -> None:
        self.wishes.append(("close",))

    def say(self, text: str) -> None:
        self.wishes.append(("say", text))

    def interrupt(self) -> None:
        self.wishes.append(("interrupt",))

    def listen(self, ear: Ear) -> None:
        self.wishes.append(("listen", ear))
        self.post(Microphone(ear))

    def switch(self, flags: Mapping[str, object], session_id: str | None = None) -> None:
        self.wishes.append(("switch", dict(flags), session_id))

    def play(self, samples: Any) -> None:
        self.wishes.append(("play", len(samples)))

    async def run_tool(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self.wishes.append(("tool", name, dict(arguments)))
        return {"tool": name, "success": True, "result": {"cart": CART}, "duration_ms": 1.0}

    async def change_line(self, line: Mapping[str, Any], quantity: int) -> None:
        self.wishes.append(("line", line["line_id"], quantity))


def screen_lines(app: Dashboard) -> list[str]:
    """What is on the screen, cell by cell, without trailing spaces."""
    width, height = app.size
    rows = [[" "] * width for _ in range(height)]
    for x, _, line, text in _TEXT.findall(app.export_screenshot()):
        at = round(float(x) / _CELL)
        for n, letter in enumerate(html.unescape(text).replace("\xa0", " ")):
            if at + n < width:
                rows[int(line)][at + n] = letter
    joined = ["".join(row).rstrip() for row in rows]
    return [_USAGE.sub("", line) for line in joined]


@pytest.fixture
def lines() -> Callable[[Dashboard], list[str]]:
    return screen_lines


@pytest.fixture
def story() -> list[Notice]:
    return list(STORY)


@pytest.fixture
def staged(story: list[Notice]) -> StagedBackend:
    return StagedBackend(story)


@pytest.fixture
def shown(staged: StagedBackend) -> Any:
    """``async with shown(size) as (app, pilot)``: the dashboard with the story on it."""

    @asynccontextmanager
    async def show(size: tuple[int, int] = (120, 36)) -> Any:
        app = Dashboard(staged)
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(pilot, lambda: bool(app.ledger.partial))
            staged.wishes.clear()
            yield app, pilot

    return show


async def settled(pilot: Any, is_so: Callable[[], bool], timeout: float = 10.0) -> None:
    """Wait until it is so, and then until it is drawn."""
    async with asyncio.timeout(timeout):
        while not is_so():
            await pilot.pause(0.02)
    await pilot.pause(0.1)


@pytest.fixture
def until() -> Callable[..., Any]:
    return settled
