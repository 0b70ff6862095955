"""A real server with its real engines, and a headless Chromium driven over the DevTools protocol."""

import asyncio
import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError

ROOT = Path(__file__).parents[2]
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --remote-debugging-port=0 --use-fake-device-for-media-stream
--window-size=1440,900 --hide-scrollbars""".split()
ALLOWED = "--use-fake-ui-for-media-stream"  # the microphone is given without asking


@dataclass
class Shop:
    """A running ``voice-agent serve``."""

    url: str
    api_key: str
    process: subprocess.Popen[str]
    start: Callable[[int], subprocess.Popen[str]]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def start_again(self) -> None:
        self.process = self.start(self.port)
        _told_by(self.process)


def _told_by(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The URL and, at the first start, the API key."""
    assert process.stdout is not None
    key = ""
    for line in process.stdout:
        if line.startswith("API key"):
            key = line.split()[-1]
        if line.startswith("Serving "):
            return line.split()[1], key
    raise AssertionError("the server ended before it served")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("data")
    chosen = settings.load({"data_dir": str(folder)})
    try:
        from voice_agent_cli.models import registry

        registry.path(chosen.understanding.model, chosen.models_dir)
        registry.path(chosen.speaking.voice, chosen.models_dir)
    except ModelError as absent:
        pytest.skip(absent.message)

    def start(port: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [Path(sys.executable).with_name("voice-agent"), "serve", "--port", str(port)],
            env={**os.environ, "VOICE_AGENT_DATA_DIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    process = start(0)
    running = Shop(*_told_by(process), process, start)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's shopper saying “show me rain jackets”, after a second of silence."""
    samples, rate = soundfile.read(ROOT / "config" / "demo" / "01.flac", dtype="int16")
    path = tmp_path_factory.mktemp("spoken") / "request.wav"
    silence = np.zeros(rate, np.int16)
    soundfile.write(path, np.concatenate([silence, samples, silence, silence]), rate, subtype="PCM_16")
    return path


@dataclass
class Browser:
    """One tab. Whatever goes to another host than the shop's is in ``strangers``."""

    socket: aiohttp.ClientWebSocketResponse
    seen: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        await self.socket.send_json({"id": self._number, "method": method, "params": params})
        async with asyncio.timeout(30):
            while True:
                message = await self.socket.receive_json()
                if message.get("id") == self._number:
                    assert "error" not in message, (method, message["error"])
                    return dict(message["result"])
                self.seen.append(message)

    async def open(self, url: str) -> None:
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def js(self, expression: str) -> Any:
        """The value of ``expression``, evaluated as by a click of the shopper; true for an element."""
        answer = await self.call(
            "Runtime.evaluate",
            expression=f"Promise.resolve({expression}).then((it) => it instanceof Node || it)",
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, (expression, answer["exceptionDetails"])
        return answer["result"].get("value")

    async def until(self, expression: str, seconds: float = 20) -> Any:
        """The value of ``expression`` once it is true."""
        end = time.monotonic() + seconds
        while not (value := await self.js(expression)):
            assert time.monotonic() < end, f"not within {seconds} s: {expression}\n{await self.text()}"
            await asyncio.sleep(0.05)
        return value

    async def text(self) -> str:
        return str(await self.js("document.body.innerText"))

    async def state(self) -> str:
        return str(await self.js("document.body.dataset.state"))

    async def press(self, key: str, code: str, number: int, text: str = "") -> None:
        """One key, pressed and released as on a keyboard."""
        about = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def write(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def screenshot(self, path: Path) -> None:
        picture = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(picture["data"]))

    def requested(self) -> list[str]:
        """Every URL that was asked for."""
        sent = [one["params"] for one in self.seen if one.get("method") == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent]

    def complaints(self) -> list[str]:
        """What the console shows as errors: exceptions, refused resources, breaches of the policy."""
        thrown = [m["params"] for m in self.seen if m.get("method") == "Runtime.exceptionThrown"]
        logged = [m["params"]["entry"] for m in self.seen if m.get("method") == "Log.entryAdded"]
        return [str(one) for one in thrown] + [one["text"] for one in logged if one["level"] == "error"]


OpenBrowser = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def open_browser(tmp_path: Path) -> AsyncIterator[OpenBrowser]:
    """Starts Chromium; ``speech`` is what its microphone hears, ``flags`` are more of its options."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.fail(
            "chromium is missing; type: sudo apt-get install -y chromium (scripts/test does, as root)"
        )
    processes: list[asyncio.subprocess.Process] = []
    session = aiohttp.ClientSession()

    async def start(url: str, speech: Path | None = None, *flags: str) -> Browser:
        profile = tmp_path / f"profile-{len(processes)}"
        heard = [f"--use-file-for-fake-audio-capture={speech}%noloop"] if speech else []
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            *(flags or (ALLOWED,)),
            *heard,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        processes.append(process)
        address = await _devtools(profile)
        async with session.get(f"{address}/json/list") as response:
            tab = next(one for one in await response.json() if one["type"] == "page")
        browser = Browser(await session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0))
        await browser.open(url)
        return browser

    yield start
    await session.close()
    for process in processes:
        process.terminate()
        await process.wait()


async def _devtools(profile: Path) -> str:
    async with asyncio.timeout(30):
        while not (told := profile / "DevToolsActivePort").exists() or "\n" not in told.read_text():
            await asyncio.sleep(0.05)
    return f"http://127.0.0.1:{told.read_text().splitlines()[0]}"
