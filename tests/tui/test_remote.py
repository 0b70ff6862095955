"""The dashboard over a running server: the same screen; a server that is lost, and back."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_agent_cli import settings as settings_module
from voice_agent_cli.audio.frames import FRAME_SAMPLES, Samples
from voice_agent_cli.audio.sink import NullSink
from voice_agent_cli.errors import UsageError, VoiceAgentError
from voice_agent_cli.events import AudioOutput, ErrorEvent, Transcription, Word
from voice_agent_cli.hearing.recognizer import Transcript
from voice_agent_cli.server.app import run
from voice_agent_cli.server.conversations import Models
from voice_agent_cli.server.services import open_services
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import shop_path
from voice_agent_cli.speaking.voice import Speech
from voice_agent_cli.storage.keys import Keys
from voice_agent_cli.tui import remote
from voice_agent_cli.tui.app import Dashboard
from voice_agent_cli.tui.remote import RemoteBackend
from voice_agent_cli.tui.server_link import ServerLink, event_of
from voice_agent_cli.understanding.state import Call, State, Understanding

SHOP = Path(__file__).parent.parent / "data" / "shops" / "garden.json"


class ScriptedAgent:
    def understand(self, text: str, state: State) -> Understanding:  # noqa: ARG002
        verb, _, rest = text.partition(" ")
        calls = {
            "find": Call("search_products", {"query": rest, "limit": 3}),
            "add": Call("add_to_cart", {"product": rest}),
        }
        return Understanding((calls[verb],) if verb in calls else ())

    def prepare(self, state: State) -> None:
        pass


class ScriptedEars:
    engine = model = "scripted"

    def accept(self, frame: Samples) -> None:
        pass

    def partial(self) -> str:
        return ""

    def finish(self) -> Transcript:
        return Transcript("find trowel", 0.9, (Word(word="find", start=0, end=0.4, confidence=0.9),))

    def reset(self) -> None:
        pass


class ShortVoice:
    name = "short"

    def synthesize(self, text: str) -> Speech:
        return Speech(np.zeros(1600, np.int16), 16_000, text)


class RunningServer:
    """A real server in a thread, on a port that stays the same when it is started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        keys = Keys(settings.data_dir)
        _, self.key = keys.create("test")
        keys.close()
        self.url = ""
        self._stop: Callable[[], Any] = lambda: None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        ready = threading.Event()

        def serve() -> None:
            asyncio.run(self._serve(ready))

        self._thread = threading.Thread(target=serve)
        self._thread.start()
        assert ready.wait(20)

    def stop(self) -> None:
        if self._thread is not None:
            self._stop()
            self._thread.join(20)
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        port = int(self.url.rpartition(":")[2]) if self.url else 0

        def told(url: str) -> None:
            self.url = url
            ready.set()

        services = open_services(
            self.settings, load=lambda _: Models(ScriptedAgent(), ShortVoice(), ScriptedEars)
        )
        await run(services, "127.0.0.1", port, stop=stop, ready=told)


class Speech2Seconds:
    """A microphone: something loud, then quiet without end."""

    async def __aiter__(self) -> AsyncIterator[Samples]:
        t = np.arange(9600) / 16_000
        voiced = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 20))
        samples = np.clip(voiced * (1 + np.sin(2 * np.pi * 4 * t)) * 5000, -32768, 32767).astype(np.int16)
        await asyncio.sleep(1.0)
        for at in range(0, len(samples), FRAME_SAMPLES):
            yield samples[at : at + FRAME_SAMPLES]
            await asyncio.sleep(0.015)
        while True:
            yield np.zeros(FRAME_SAMPLES, np.int16)
            await asyncio.sleep(0.02)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    settings = settings_module.load({"data_dir": str(tmp_path), "shop.name": "sample"})
    path = shop_path(tmp_path, "sample")
    path.parent.mkdir()
    with Shop.open(path, "") as shop:
        import_file(shop.catalogue, SHOP)
    running = RunningServer(settings)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dashboard]:
    monkeypatch.setattr(remote, "_FIRST_WAIT_S", 0.2)
    monkeypatch.setattr(remote, "_LONGEST_WAIT_S", 0.4)

    def make(server: RunningServer, **options: Any) -> Dashboard:
        options = {"open_source": None, "open_sink": lambda _: NullSink(real_time=True), **options}
        return Dashboard(RemoteBackend(server.url, options.pop("key", server.key), {}, **options))

    return make


async def test_a_shopper_is_served_over_the_api_with_every_detail(
    server: Any, connect: Any, until: Any
) -> None:
    app = connect(server)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.ledger.link.state == "connected", 20)
        await pilot.press("t", *"find trowel", "enter")
        await until(pilot, lambda: app.ledger.turns and app.ledger.turns[0].metrics)
        turn = app.ledger.turns[0]
        assert (turn.words, turn.calls[0]["tool"], turn.tools[0].success) == (
            "find trowel",
            "search_products",
            True,
        )
        assert app.ledger.products
        app.backend.say("add 1")
        await until(pilot, lambda: app.ledger.cart is not None and app.ledger.cart["count"] == 1)
        assert app.ledger.loaded["shop"].state == "ready"
        await pilot.press("escape", "1")
        await until(pilot, lambda: app.ledger.detail is not None)


async def test_what_is_spoken_here_is_heard_there(server: Any, connect: Any, until: Any) -> None:
    app = connect(server, open_source=lambda _: Speech2Seconds())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ledger.turns and app.ledger.turns[0].reply, 25)
        assert app.ledger.turns[0].words == "find trowel"
        assert app.backend.recordings.of(app.ledger.turns[0].turn_id) is not None


async def test_a_server_that_was_lost_goes_on_with_the_session_when_it_is_back(
    server: Any, connect: Any, until: Any
) -> None:
    app = connect(server)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.ledger.link.state == "connected", 20)
        session = app.ledger.session_id
        app.backend.say("find trowel")
        await until(pilot, lambda: app.ledger.products)
        await asyncio.to_thread(server.stop)
        await until(pilot, lambda: app.ledger.link.state == "lost")
        app.backend.say("add 1")
        await pilot.pause(0.2)
        await asyncio.to_thread(server.start)
        await until(pilot, lambda: app.ledger.link.state == "connected", 20)
        assert app.ledger.session_id == session
        assert app.ledger.turns[0].words == "find trowel", "the screen still shows what was said before"
        app.backend.say("add 1")
        await until(pilot, lambda: app.ledger.cart is not None and app.ledger.cart["count"] == 1)


async def test_a_wrong_key_is_told_and_not_a_crash(server: Any, connect: Any, until: Any) -> None:
    app = connect(server, key="va_wrong")
    async with app.run_test() as pilot:
        await until(pilot, lambda: "key" in app.ledger.link.detail or "token" in app.ledger.link.detail)
        assert app.is_running


async def test_several_sessions_are_watched(server: Any, connect: Any, until: Any, lines: Any) -> None:
    other = connect(server)
    async with other.run_test() as pilot:
        await until(pilot, lambda: other.ledger.link.state == "connected", 20)
        other.backend.say("find trowel")
        await until(pilot, lambda: other.ledger.products)
    app = connect(server, watched=[other.ledger.session_id])
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.ledger.link.state == "connected", 20)
        await pilot.press("w")
        await until(pilot, lambda: any("find trowel" in line for line in lines(app)))
        assert any("watching 2 sessions" in line for line in lines(app))
        with pytest.raises(VoiceAgentError):
            await app.backend.records.delete(other.ledger.session_id)


def test_only_an_address_of_a_server_is_taken() -> None:
    with pytest.raises(UsageError):
        ServerLink("localhost:8000", "va_x")


def test_a_servers_messages_are_the_events_they_were_made_from() -> None:
    heard = Transcription(
        text="hi",
        confidence=0.5,
        is_final=True,
        turn_id="t",
        words=(Word(word="hi", start=0, end=1, confidence=0.5),),
    )
    assert event_of(heard.message() | {"type": "transcription"}, 0.0) == heard
    error = ErrorEvent(code="E", message_="wrong", details={"field": "x"})
    assert event_of(error.message(), 7.0) == ErrorEvent(
        code="E", message_="wrong", details={"field": "x"}, at_ms=7.0
    )
    sound = {
        "text": "a",
        "audio": "AAA=",
        "format": "pcm16",
        "sample_rate": 16_000,
        "duration_ms": 1,
        "sequence": 0,
        "is_last": True,
    }
    made = event_of({"type": "audio.output", "data": sound}, 0.0)
    assert isinstance(made, AudioOutput)
    assert made.samples == b"\0\0"
    assert event_of({"type": "something.new", "data": {}}, 0.0) is None
