"""``voice-agent serve`` with the real models, asked by a recorded shopper as the documentation shows."""

import asyncio
import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import soundfile

from voice_agent_cli import settings as settings_module
from voice_agent_cli.audio.codec import decode
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry
from voice_agent_cli.settings import shipped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server's URL and API key."""
    chosen = settings_module.load()
    try:
        registry.path(chosen.understanding.model, chosen.models_dir)
        registry.path(chosen.speaking.voice, chosen.models_dir)
    except ModelError as absent:
        pytest.skip(absent.message)
    data_dir = tmp_path_factory.mktemp("data")
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "voice_agent_cli.cli.app",
            "serve",
            "--port",
            "0",
            "--data-dir",
            str(data_dir),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "VOICE_AGENT_SHOP_NAME": "sample"},
    )
    assert child.stdout is not None
    key, url = child.stdout.readline().split()[-1], child.stdout.readline().split()[1]
    yield url, key
    child.terminate()
    assert child.wait(timeout=30) == 0


def recording(number: int, rate: int = 16_000) -> bytes:
    """A recorded turn as PCM16, a second of silence after it."""
    path: Path = shipped("config/demo") / f"{number:02}.flac"
    samples, source = decode(path.read_bytes())
    samples = np.concatenate([samples, np.zeros(source, np.int16)])
    return resample(samples, source, rate).astype("<i2").tobytes()


async def until(socket: Any, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(90):
        while True:
            message = json.loads((await socket.receive()).data)
            assert message["type"] != "error", message
            if message["type"] == kind and message["data"].get("is_final", True):
                return dict(message["data"])


async def hear_out(socket: Any) -> list[dict[str, Any]]:
    sounds = [await until(socket, "audio.output")]
    while not sounds[-1]["is_last"]:
        sounds.append(await until(socket, "audio.output"))
    return sounds


async def test_spoken_words_become_a_cart_over_the_documented_api(served: tuple[str, str]) -> None:
    url, key = served
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as api:
        made = await (await api.post("/api/sessions", json={"metadata": {"source": "web"}})).json()
        session_id, token = made["session_id"], made["token"]
        async with aiohttp.ClientSession(url) as client:
            socket = await client.ws_connect(f"/ws/voice/session?token={token}", max_msg_size=0)
            await socket.send_json({"type": "session.start", "data": {"session_id": session_id}})
            assert (await until(socket, "session.ready"))["room"] == f"local-{session_id}"

            audio = base64.b64encode(recording(1)).decode()
            data = {"audio": audio, "format": "pcm16", "sample_rate": 16000}
            await socket.send_json({"type": "audio.input", "data": data})
            heard = await until(socket, "transcription")
            assert heard["text"] == "show me rain jackets"
            assert heard["confidence"] > 0.5
            answer = await until(socket, "agent.response")
            assert answer["tools_used"] == ["search_products"]
            assert len(answer["products"]) > 1
            sounds = await hear_out(socket)
            for sound in sounds:
                samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["audio"])))
                assert abs(1000 * len(samples) / rate - sound["duration_ms"]) <= 1
                assert np.sqrt(np.mean(samples**2)) > 0.01
            await asyncio.sleep(sum(sound["duration_ms"] for sound in sounds) / 1000)

            socket._response.connection.transport.abort()  # the network is lost
            socket = await client.ws_connect(f"/ws/voice/session?token={token}", max_msg_size=0)
            start = {"session_id": session_id, "audio": {"format": "wav", "input_sample_rate": 48000}}
            await socket.send_json({"type": "session.start", "data": start})
            await until(socket, "session.ready")
            raw = recording(2, 48_000)
            for at in range(0, len(raw), 9600):  # as a microphone gives it, a tenth of a second at a time
                await socket.send_bytes(raw[at : at + 9600])
                await asyncio.sleep(0.1)
            assert (await until(socket, "agent.response"))["tools_used"] == ["refine_search"]
            await hear_out(socket)
            await socket.send_json({"type": "session.end"})
            assert (await until(socket, "session.ended"))["reason"] == "ended"

        session = await (await api.get(f"/api/sessions/{session_id}")).json()
        assert session["status"] == "ended"
        assert [message["role"] for message in session["messages"]] == ["user", "assistant"] * 2
        numbers = await (await api.get(f"/api/analytics/sessions/{session_id}")).json()
        assert numbers["tool_usage"] == {"search_products": 1, "refine_search": 1}
        assert numbers["latency"]["understand"]["turns"] == 2


async def test_the_server_is_healthy_once_its_models_are_loaded(served: tuple[str, str]) -> None:
    async with aiohttp.ClientSession(served[0]) as client:
        async with asyncio.timeout(60):
            while (health := await (await client.get("/health")).json())["checks"]["llm"] == "loading":
                await asyncio.sleep(0.2)
    assert health["status"] == "healthy"
    assert {health["checks"][part] for part in ("api", "database", "stt", "llm", "tts")} == {"healthy"}
