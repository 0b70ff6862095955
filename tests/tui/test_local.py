"""A conversation on an engine of the dashboard's own: scripted models, real shop, record and threads."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_agent_cli.audio.frames import FRAME_SAMPLES, Samples
from voice_agent_cli.audio.sink import NullSink
from voice_agent_cli.conversation import engines as engines_module
from voice_agent_cli.conversation.conversation import Conversation, Parts
from voice_agent_cli.errors import AudioError, ModelError, UsageError
from voice_agent_cli.hearing.recognizer import Transcript
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import shop_path
from voice_agent_cli.speaking.voice import Speech
from voice_agent_cli.storage.sessions import Sessions
from voice_agent_cli.tui import devices
from voice_agent_cli.tui.app import Dashboard
from voice_agent_cli.tui.local import LocalBackend
from voice_agent_cli.understanding.state import Call, State, Understanding

SHOP = Path(__file__).parent.parent / "data" / "shops" / "garden.json"


class ScriptedAgent:
    """``find X``, ``add N``, ``cart``; anything else is no order."""

    def understand(self, text: str, state: State) -> Understanding:  # noqa: ARG002
        verb, _, rest = text.partition(" ")
        calls = {
            "find": Call("search_products", {"query": rest, "limit": 3}),
            "add": Call("add_to_cart", {"product": rest}),
            "cart": Call("view_cart"),
        }
        return Understanding((calls[verb],) if verb in calls else ())

    def prepare(self, state: State) -> None:
        pass


class ScriptedEars:
    """Hears ``find trowel`` in whatever was loud."""

    engine = model = "scripted"

    def accept(self, frame: Samples) -> None:
        pass

    def partial(self) -> str:
        return "find"

    def finish(self) -> Transcript:
        return Transcript("find trowel", 0.9)

    def reset(self) -> None:
        pass


class LongVoice:
    """Says everything as two seconds of silence."""

    name = "long"

    def synthesize(self, text: str) -> Speech:
        return Speech(np.zeros(32_000, np.int16), 16_000, text)


class ScriptedEngines:
    """In place of the real models; the shop called ``broken`` fails to load."""

    def __init__(
        self, settings: Settings, *, hears: bool, speaks: bool, loaded: Callable[[str], None]
    ) -> None:
        if settings.shop.name == "broken":
            raise ModelError("the model is damaged; pull it again")
        self.settings, self.hears, self.speaks = settings, hears, speaks
        self.database = shop_path(settings.data_dir, settings.shop.name)
        with Shop.open(self.database, "") as shop:
            import_file(shop.catalogue, SHOP)
        self.sessions = Sessions(settings.data_dir)
        self.hearing = "Hearing with scripted"
        loaded("agent")

    def open(self, session_id: str | None, *, metadata: Mapping[str, Any], barge_in: bool) -> Conversation:
        session = self.sessions.start(session_id, None, metadata)
        parts = Parts(
            shop=Shop.open(self.database, session.session_id),
            sessions=self.sessions,
            agent=ScriptedAgent(),
            voice=LongVoice() if self.speaks else None,
            recognizer=ScriptedEars() if self.hears else None,
        )
        return Conversation(session.session_id, parts, barge_in=barge_in)

    def close(self) -> None:
        self.sessions.close()


def loud(seconds: float) -> Samples:
    t = np.arange(round(seconds * 16_000)) / 16_000
    voiced = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * t))
    return np.clip(voiced * 5000, -32768, 32767).astype(np.int16)


class Device:
    """A microphone: something loud, a second of quiet, and then ``lost`` or quiet without end."""

    def __init__(self, is_lost: bool) -> None:
        self.is_lost = is_lost

    async def __aiter__(self) -> AsyncIterator[Samples]:
        samples = np.concatenate([loud(0.6), np.zeros(16_000, np.int16)])
        for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            await asyncio.sleep(0.001)
            yield samples[at : at + FRAME_SAMPLES]
        if self.is_lost:
            raise AudioError("the microphone was lost; connect it again and start once more")
        while True:
            await asyncio.sleep(0.02)
            yield np.zeros(FRAME_SAMPLES, np.int16)


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines_module, "Engines", ScriptedEngines)
    monkeypatch.setattr(devices, "AGAIN_S", 0.3)


@pytest.fixture
def open_backend(tmp_path: Path) -> Iterator[Callable[..., LocalBackend]]:
    def make(session: str | None = None, **options: Any) -> LocalBackend:
        flags = {"data_dir": str(tmp_path), "shop.name": "sample"}
        options = {"open_source": None, "open_sink": lambda _: NullSink(real_time=True), **options}
        return LocalBackend(flags, session, **options)

    return make


async def test_a_typed_shopper_finds_adds_and_sees_the_total(
    open_backend: Any, until: Any, lines: Any
) -> None:
    app = Dashboard(open_backend())
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.ledger.session_id)
        await pilot.press("t", *"find trowel", "enter")
        await until(pilot, lambda: app.ledger.products)
        await pilot.press(*"add 1", "enter")
        await until(pilot, lambda: app.ledger.cart)
        told = "\n".join(lines(app))
        assert "search_products" in told
        assert app.ledger.cart["count"] == 1
        await pilot.press("escape")
        app.main.query_one("#cart").focus()
        await pilot.press("home", "plus")
        await until(pilot, lambda: app.ledger.cart["count"] == 2)
        await pilot.press("delete")
        await until(pilot, lambda: app.ledger.cart["count"] == 0)


async def test_silence_on_a_wish_is_silence_at_once(open_backend: Any, until: Any) -> None:
    app = Dashboard(open_backend())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.session_id)
        app.backend.say("find trowel")
        await until(pilot, lambda: app.ledger.turns and app.ledger.turns[0].spoken)
        await pilot.press("x")
        await until(pilot, lambda: app.ledger.turns[0].interrupted is not None)


async def test_a_microphone_that_is_lost_is_found_again_and_heard(open_backend: Any, until: Any) -> None:
    given = [Device(is_lost=True), Device(is_lost=False)]
    app = Dashboard(open_backend(open_source=lambda *_: given.pop(0), speaks=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.ledger.microphone.state == "lost")
        await until(pilot, lambda: app.ledger.microphone.state == "listening")
        await until(pilot, lambda: len([t for t in app.ledger.turns if t.words == "find trowel"]) == 2)
        turn = app.ledger.turns[-1]
        assert app.backend.recordings.of(turn.turn_id) is not None


async def test_without_a_microphone_one_can_still_type(open_backend: Any, until: Any) -> None:
    def none(*_: Any) -> Any:
        raise AudioError("there is no microphone")

    app = Dashboard(open_backend(open_source=none))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.microphone.detail == "there is no microphone")
        app.backend.say("find trowel")
        await until(pilot, lambda: app.ledger.products)


async def test_the_talk_key_decides_what_is_heard(open_backend: Any, until: Any) -> None:
    app = Dashboard(open_backend(open_source=lambda *_: Device(is_lost=False), speaks=False, ear="closed"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.microphone.state == "closed")
        await pilot.pause(1.0)
        assert not any(turn.words for turn in app.ledger.turns), "what was loud before is nobody's business"
        await pilot.press("space")
        await until(pilot, lambda: app.ledger.microphone.state == "open")


async def test_the_engine_answers_while_the_screen_is_frozen(open_backend: Any, until: Any) -> None:
    backend = open_backend(speaks=False)
    app = Dashboard(backend)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.session_id)
        answered = threading.Event()
        post, backend._post = (
            backend._post,
            lambda notice: (answered.set() if notice_is_answer(notice) else None, post(notice)),
        )
        backend.say("find trowel")
        assert answered.wait(10), "the screen's loop stood still all that time"
        backend._post = post
        await until(pilot, lambda: app.ledger.products)


def notice_is_answer(notice: Any) -> bool:
    return getattr(notice, "type", "") == "agent.response"


async def test_another_catalogue_begins_a_new_session_and_a_broken_one_changes_nothing(
    open_backend: Any, until: Any
) -> None:
    app = Dashboard(open_backend(speaks=False))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.session_id)
        first = app.ledger.session_id
        app.switch({"shop.name": "broken"})
        await until(pilot, lambda: app.ledger.loaded["engine"].state == "failed")
        app.backend.say("find trowel")
        await until(pilot, lambda: app.ledger.products)
        app.switch({"shop.name": "garden"})
        await until(pilot, lambda: app.ledger.session_id != first)
        assert app.ledger.turns == []
        assert app.backend.settings.shop.name == "garden"


async def test_a_session_is_gone_on_with_where_it_was_left(open_backend: Any, until: Any) -> None:
    app = Dashboard(open_backend(speaks=False))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.session_id)
        session = app.ledger.session_id
        for words in ("find trowel", "add 1"):
            app.backend.say(words)
            await until(
                pilot, lambda words=words: any(t.words == words and t.reply for t in app.ledger.turns)
            )
    again = Dashboard(open_backend(session, speaks=False))
    async with again.run_test() as pilot:
        await until(pilot, lambda: again.ledger.cart is not None)
        assert [turn.words for turn in again.ledger.turns if turn.is_past] == ["find trowel", "add 1"]
        assert again.ledger.cart["count"] == 1
        found = await again.backend.records.find("TROWEL")
        assert list(found) == [session]


def test_a_wrong_setting_is_refused_before_anything_changes(open_backend: Any) -> None:
    backend = open_backend()
    with pytest.raises(UsageError):
        backend.switch({"speaking.rate": 9.0})
    backend.close()


async def test_the_first_frame_waits_for_no_model(open_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        time.sleep(1.5)
        raise ModelError("slow and then broken")

    monkeypatch.setattr(engines_module, "Engines", slow)
    app = Dashboard(open_backend())
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
        assert app.main.is_mounted
        assert app.ledger.loaded["agent"].state == "loading"
        assert json.dumps(app.ledger.turns) == "[]"
