"""Voice connections to a running server: many that are silent, and many that speak in real time."""

import asyncio
import json
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from voice_agent_cli.audio.codec import decode
from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.conversation.rehearsal import recordings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.settings import shipped

_CHUNK_S = 0.1
_SILENCE_S = 1.2
_PATIENCE_S = 240.0  # a turn is slow long before it is lost
_SETTLE_S = 2.0


@dataclass(frozen=True)
class Talk:
    """What became of the turns; times from the end of speech to the first sound, as the server measured."""

    conversations: int
    turns: int
    lost: int
    median_ms: float
    slowest_ms: float


async def idle_connections(
    port: int, pid: int, key: str, session_ids: Sequence[str]
) -> dict[str, dict[str, float]]:
    """MB that the server holds with its models loaded, and what started, silent connections add."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=_unlimited()) as client:
        await _models_loaded(client)
        warm = await _start(client, key, session_ids[0])
        await asyncio.sleep(_SETTLE_S)
        before = _resident_mb(pid)
        sockets = [await _start(client, key, session_id) for session_id in session_ids[1:]]
        await asyncio.sleep(_SETTLE_S)
        added = _resident_mb(pid) - before
        alive = sum(not socket.closed for socket in (warm, *sockets))
        await asyncio.gather(*(socket.close() for socket in (warm, *sockets)))
    row = {"connections": alive, "models_mb": round(before, 1), "added_mb": round(added, 1)}
    return {"started and silent": row}


async def converse(port: int, key: str, session_ids: Sequence[str], turns: int) -> Talk:
    """One shopper for each session, all at once; each says the demo's first ``turns`` sentences."""
    spoken = [_samples(path) for path in recordings(shipped("config/demo"))[:turns]]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=_unlimited()) as client:
        await _models_loaded(client)
        took = await asyncio.gather(
            *(_shop(client, key, session_id, spoken, n) for n, session_id in enumerate(session_ids))
        )
    answered = [one for shopper in took for one in shopper]
    asked = len(session_ids) * turns
    return Talk(
        len(session_ids),
        asked,
        asked - len(answered),
        round(statistics.median(answered), 1) if answered else 0.0,
        max(answered, default=0.0),
    )


async def _shop(
    client: aiohttp.ClientSession, key: str, session_id: str, spoken: Sequence[Samples], number: int
) -> list[float]:
    """Times to the first sound of the turns that were answered."""
    socket = await _start(client, key, session_id)
    await asyncio.sleep(number * 0.37 % 5)  # people do not begin in step
    took: list[float] = []
    for samples in spoken:
        await _say(socket, samples)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                took.append(await _hear_out(socket))
        except (TimeoutError, ConnectionError):
            continue
    await socket.close()
    return took


async def _say(socket: Any, samples: Samples) -> None:
    """Send it as a microphone would: a piece at a time, no faster than it is spoken."""
    silence = np.zeros(int(_SILENCE_S * SAMPLE_RATE), np.int16)
    raw = np.concatenate([samples, silence]).astype("<i2").tobytes()
    size, began = 2 * int(_CHUNK_S * SAMPLE_RATE), time.perf_counter()
    for n, start in enumerate(range(0, len(raw), size)):
        await asyncio.sleep(max(0.0, began + n * _CHUNK_S - time.perf_counter()))
        await socket.send_bytes(raw[start : start + size])


async def _hear_out(socket: Any) -> float:
    """Listen to the whole answer; its time to the first sound, in ms."""
    first_ms, sound_s, answered, ended = 0.0, 0.0, False, False
    while not (answered and ended and first_ms):
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError("the server hung up")
        told = json.loads(message.data)
        answered = answered or told["type"] == "agent.response"
        if told["type"] == "turn.metrics":
            first_ms = told["data"]["first_audio_ms"]
        if told["type"] == "audio.output" and answered:
            sound_s += told["data"]["duration_ms"] / 1000
            ended = told["data"]["is_last"]
    await asyncio.sleep(sound_s)
    return first_ms


async def _start(client: aiohttp.ClientSession, key: str, session_id: str) -> Any:
    socket = await client.ws_connect(f"/ws/voice/session?token={key}", max_msg_size=0)
    await socket.send_json({"type": "session.start", "data": {"session_id": session_id, "details": True}})
    ready = await socket.receive_json()
    if ready["type"] != "session.ready":
        raise ConnectionError(ready["data"]["message"])
    return socket


async def _models_loaded(client: aiohttp.ClientSession) -> None:
    while True:
        async with client.get("/health") as answer:
            state = (await answer.json())["checks"]["llm"]
        if state == "healthy":
            return
        if state == "unhealthy":
            raise ModelError("the server's models do not load; its log above tells why")
        await asyncio.sleep(0.2)


def _samples(path: Path) -> Samples:
    samples, rate = decode(path.read_bytes())
    return resample(samples, rate, SAMPLE_RATE)


def _resident_mb(pid: int) -> float:
    """Resident memory of another process; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / (1024 * 1024)


def _unlimited() -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(limit=0)
