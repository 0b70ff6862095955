"""A real server in a thread of its own, with scripted models; a cable to it that can be cut."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from voice_agent_cli import settings as settings_module
from voice_agent_cli.events import Word
from voice_agent_cli.hearing.recognizer import Transcript
from voice_agent_cli.server.app import run
from voice_agent_cli.server.conversations import Models
from voice_agent_cli.server.limits import Limits, MemoryWindow
from voice_agent_cli.server.services import open_services
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.speaking.voice import Speech
from voice_agent_cli.understanding.state import Call, State, Understanding

Result = TypeVar("Result")
ROOT = Path(__file__).parents[2]


class ScriptedAgent:
    """Knows ``find X``, ``add N`` and ``cart``."""

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

    def accept(self, frame: Any) -> None:
        pass

    def partial(self) -> str:
        return ""

    def finish(self) -> Transcript:
        return Transcript("find trowel", 0.9, (Word(word="find", start=0, end=0.4, confidence=0.9),))

    def reset(self) -> None:
        pass


class ToneVoice:
    """Says everything as 0.1 s of a tone."""

    name = "tone"

    def synthesize(self, text: str) -> Speech:
        wave = np.sin(np.arange(2205) * 2 * np.pi * 440 / 22_050) * 8000
        return Speech(wave.astype(np.int16), 22_050, text)


@dataclass
class Cable:
    """A way to the server that the test can cut; ``is_open`` false refuses new connections too."""

    target: int
    port: int = 0
    is_open: bool = True
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def lay(self) -> None:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_open:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self._writers -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@dataclass
class Server:
    """A running server. ``do`` runs a coroutine on its loop."""

    url: str
    api_key: str
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def cable(self) -> Cable:
        cable = Cable(int(self.url.rpartition(":")[2]))
        self.do(cable.lay())
        return cable


def unlimited(clock: Callable[[], float]) -> Limits:
    """The tests open more sessions in a minute than one shopper may."""
    return Limits(*(MemoryWindow(10_000, 60, clock) for _ in range(3)))


def scripted_models(_: Settings) -> Models:
    return Models(ScriptedAgent(), ToneVoice(), ScriptedEars)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "shops").mkdir()
    with Shop.open(folder / "shops" / "sample.db", "") as shop:
        import_file(shop.catalogue, ROOT / "tests" / "data" / "shops" / "garden.json")
    started: list[Server] = []
    is_up, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        settings = settings_module.load({"data_dir": str(folder)})
        services = open_services(settings, load=scripted_models)
        services = replace(services, limits=unlimited(services.clock))
        key = services.keys.create("test")[1]

        def ready(url: str) -> None:
            started.append(Server(url, key, asyncio.get_running_loop()))
            is_up.set()

        await run(services, "127.0.0.1", 0, stop=stop, ready=ready)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert is_up.wait(20)
    yield started[0]
    started[0].loop.call_soon_threadsafe(stop.set)
    thread.join(20)


@pytest.fixture(scope="session")
def loud() -> bytes:
    """0.6 s of something like a voice, then 1 s of silence: PCM16 at 16 kHz."""
    t = np.arange(9600) / 16_000
    voiced = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * t))
    return np.concatenate([voiced * 5000, np.zeros(16_000)]).clip(-32768, 32767).astype("<i2").tobytes()
