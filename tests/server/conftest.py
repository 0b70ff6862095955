"""A real server on a free port, with a scripted agent, ear and voice in place of the models."""

import asyncio
import base64
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web

from voice_agent_cli import settings as settings_module
from voice_agent_cli.events import Word
from voice_agent_cli.hearing.recognizer import Transcript
from voice_agent_cli.server.app import build, run
from voice_agent_cli.server.conversations import Models
from voice_agent_cli.server.logs import JsonLines
from voice_agent_cli.server.protocol import FormedRunner
from voice_agent_cli.server.services import Services, open_services
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.speaking.voice import Speech
from voice_agent_cli.understanding.state import Call, State, Understanding

SHOP = Path(__file__).parent.parent / "data" / "shops" / "garden.json"


class ScriptedAgent:
    """Knows a few sentences by heart: ``find X``, ``add N``, ``cart``, ``details N``, ``fail``."""

    def understand(self, text: str, state: State) -> Understanding:
        verb, _, rest = text.partition(" ")
        if verb == "fail":
            raise RuntimeError("scripted failure")
        calls = {
            "find": Call("search_products", {"query": rest, "limit": 3}),
            "add": Call("add_to_cart", {"product": rest}),
            "details": Call("get_product_details", {"product": rest, "about": "price"}),
            "cart": Call("view_cart"),
            "clear": Call("clear_cart"),
        }
        if verb == "yes" and state.pending is not None:
            return Understanding((Call(state.pending.tool, {**state.pending.arguments, "confirm": True}),))
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
    """Says everything as 0.3 s of a tone."""

    name = "tone"

    def synthesize(self, text: str) -> Speech:
        wave = np.sin(np.arange(6615) * 2 * np.pi * 440 / 22_050) * 8000
        return Speech(wave.astype(np.int16), 22_050, text)


def scripted_models(_: Settings) -> Models:
    return Models(ScriptedAgent(), ToneVoice(), ScriptedEars)


@dataclass
class MovedClock:
    """Seconds since 1970, moved by the test."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The garden shop, imported once."""
    path = tmp_path_factory.mktemp("shop") / "sample.db"
    with Shop.open(path, "") as shop:
        import_file(shop.catalogue, SHOP)
    return path


@pytest.fixture
def settings(tmp_path: Path, shop_file: Path) -> Settings:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shops" / "sample.db").write_bytes(shop_file.read_bytes())
    return settings_module.load({"data_dir": str(tmp_path)})


@dataclass
class Scene:
    """A server that answers over HTTP, its services, a clock, and an API key."""

    services: Services
    client: aiohttp.ClientSession
    url: str
    clock: MovedClock
    api_key: str
    tokens: dict[str, str] = field(default_factory=dict)

    async def call(
        self, method: str, path: str, body: object = None, token: str | None = None, **more: Any
    ) -> tuple[int, Any, Any]:
        """Status, JSON and headers of a request with the API key, or with ``token`` (empty = none)."""
        token = self.api_key if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            more["json"] = body
        async with self.client.request(
            method, path, headers={**headers, **more.pop("headers", {})}, **more
        ) as r:
            return r.status, json.loads(await r.read()), r.headers

    async def new_session(self, **body: Any) -> tuple[str, str]:
        """A new session's id and token."""
        status, made, _ = await self.call("POST", "/api/sessions", body)
        assert status == 200, made
        return made["session_id"], made["token"]

    async def connect(self, token: str | None = None, **more: Any) -> "Voice":
        url = f"/ws/voice/session?token={self.api_key if token is None else token}"
        return Voice(await self.client.ws_connect(url, max_msg_size=0, **more))

    async def talk(self, token: str | None = None, **data: Any) -> "Voice":
        """A started voice session."""
        voice = await self.connect(token)
        await voice.send("session.start", data)
        await voice.until("session.ready")
        return voice


@dataclass
class Voice:
    """The client's end of a voice connection."""

    socket: aiohttp.ClientWebSocketResponse
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, kind: str, data: object = None) -> None:
        await self.socket.send_json({"type": kind} | ({} if data is None else {"data": data}))

    async def until(self, kind: str, timeout: float = 20) -> dict[str, Any]:
        """The data of the next message of this type; all that came before it is in ``seen``."""
        async with asyncio.timeout(timeout):
            while True:
                message = await self.socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, (kind, message, self.seen[-3:])
                got = json.loads(message.data)
                self.seen.append(got)
                if got["type"] == kind:
                    return dict(got["data"])

    async def ask(self, text: str) -> dict[str, Any]:
        """Type something; the answer's data, once its last sound came."""
        await self.send("text.input", {"text": text})
        answer = await self.until("agent.response")
        while not (await self.until("audio.output"))["is_last"]:
            pass
        return answer

    async def closed(self) -> int | None:
        async with asyncio.timeout(20):
            while not self.socket.closed:
                await self.socket.receive()
        return self.socket.close_code


OpenScene = Callable[..., Any]


@pytest.fixture
async def open_scene(settings: Settings) -> AsyncIterator[OpenScene]:
    """Opens a server with changed ``[server]`` settings; several in one test share their data."""
    opened: list[Any] = []

    async def open_one(clock: Any = None, **changes: Any) -> Scene:
        changed = settings.model_copy(update={"server": settings.server.model_copy(update=changes)})
        clock = clock or MovedClock()
        services = open_services(changed, load=scripted_models, clock=clock)
        runner = FormedRunner(build(services), shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        client = aiohttp.ClientSession(url)
        opened.append((client, runner))
        return Scene(services, client, url, clock, services.keys.create("test")[1])

    yield open_one
    for client, runner in opened:
        await client.close()
        await runner.cleanup()


@pytest.fixture
async def scene(open_scene: OpenScene) -> Scene:
    return await open_scene()


@pytest.fixture
def loud() -> str:
    """Base64 of 0.6 s of something like a voice, then 1 s of silence: PCM16 at 16 kHz."""
    t = np.arange(9600) / 16_000
    voiced = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * t))
    samples = np.concatenate([voiced * 5000, np.zeros(16_000)]).clip(-32768, 32767).astype("<i2")
    return base64.b64encode(samples.tobytes()).decode()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, down to debug, as the server writes it."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@dataclass
class Running:
    """A server started as ``voice-agent serve`` starts it, in this process."""

    services: Services
    url: str
    stop: asyncio.Event
    ended: "asyncio.Task[None]"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@pytest.fixture
async def running(settings: Settings) -> AsyncIterator[Running]:
    services = open_services(settings, load=scripted_models)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    ended = asyncio.create_task(run(services, "127.0.0.1", 0, stop=stop, ready=ready.set_result))
    yield Running(services, await ready, stop, ended)
    stop.set()
    await ended


@dataclass
class Process:
    """``voice-agent serve`` in a process of its own, without models: REST needs none."""

    child: "subprocess.Popen[str]"
    url: str
    api_key: str
    log: Path

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


@pytest.fixture
def start_process(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[subprocess.Popen[str]] = []
    known_key = ""

    def start(*arguments: str, **environment: str) -> Process:
        nonlocal known_key
        log = tmp_path / f"log-{len(started)}"
        child = subprocess.Popen(
            [sys.executable, "-m", "voice_agent_cli.cli.app", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
            env={
                **os.environ,
                "VOICE_AGENT_DATA_DIR": str(settings.data_dir),
                "VOICE_AGENT_MODELS_DIR": str(tmp_path / "no-models"),
                "VOICE_AGENT_UNDERSTANDING_MODEL": str(tmp_path / "no-model.gguf"),
                "VOICE_AGENT_LOG_LEVEL": "debug",
                **environment,
            },
        )
        started.append(child)
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("API key"):
                known_key = line.rpartition(" ")[2].strip()
            if line.startswith("Serving"):
                return Process(child, line.split()[1], known_key, log)
        raise AssertionError(log.read_text())

    yield start
    for child in started:
        child.kill()
        child.wait()
