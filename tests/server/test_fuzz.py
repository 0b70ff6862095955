"""20,000 hostile WebSocket messages: the server lives, and every good client beside them is served."""

import asyncio
import base64
import contextlib
import itertools
import json
import random
from typing import Any

import aiohttp
import pytest

MESSAGES = 20_000
ATTACKERS = 8
KINDS = ("session.start", "audio.input", "text.input", "session.end", "fly", "", None, 7, [], {}, True)
FIELDS = ("session_id", "user_id", "context", "audio", "format", "sample_rate", "text", "details", "data")


def value(dice: random.Random, depth: int = 0) -> Any:
    """Anything that JSON can say."""
    choice = dice.randrange(12 if depth < 4 else 9)
    if choice < 9:
        return dice.choice(
            (
                None,
                True,
                dice.randrange(-(10**20), 10**20),
                dice.random() * 10 ** dice.randrange(-300, 300),
                "",
                "\u0000\u202e\U0001f600" * dice.randrange(1, 50),
                "A" * dice.randrange(2000),
                base64.b64encode(dice.randbytes(dice.randrange(3000))).decode(),
                "find trowel",
            )
        )
    if choice == 9:
        return [value(dice, depth + 1) for _ in range(dice.randrange(5))]
    return {dice.choice(FIELDS): value(dice, depth + 1) for _ in range(dice.randrange(5))}


def nested(dice: random.Random) -> str:
    depth = dice.choice((50, 500, 50_000))
    return dice.choice(('{"data":' * depth, "[" * depth + "]" * depth, '{"type":' + "[" * depth))


def broken(dice: random.Random) -> str:
    text = json.dumps({"type": dice.choice(KINDS), "data": value(dice)})
    at = dice.randrange(len(text))
    return text[:at] + dice.choice(("", "\\u", '"', "\x00", "é", "NaN")) + text[at + dice.randrange(3) :]


def message(dice: random.Random) -> str | bytes:
    """One hostile message: well formed with wrong contents, deep, cut, huge, or noise."""
    choice = dice.randrange(1000)
    if choice < 450:
        return json.dumps({"type": dice.choice(KINDS), "data": value(dice)})
    if choice < 650:
        return json.dumps({"type": dice.choice(KINDS[:5]), "data": {f: value(dice) for f in FIELDS[:6]}})
    if choice < 800:
        return broken(dice)
    if choice < 980:
        return dice.randbytes(dice.randrange(2000))
    if choice < 996:
        return nested(dice)
    return dice.choice(
        ("x" * 1_000_000, b"\0" * 2_000_001, json.dumps({"type": "fly", "data": "x" * 500_000}))
    )


async def attack(scene: Any, dice: random.Random, count: int) -> int:
    """Send ``count`` messages over as many connections as it takes; leave them in ugly ways."""
    sent = 0
    while sent < count:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            socket = await scene.client.ws_connect(
                f"/ws/voice/session?token={scene.api_key}", max_msg_size=0, autoclose=dice.random() < 0.5
            )
            reading = asyncio.create_task(read(socket))
            if dice.random() < 0.7:
                await socket.send_json({"type": "session.start"})
            for _ in range(min(dice.randrange(1, 400), count - sent)):
                sent += 1
                one = message(dice)
                await (socket.send_str(one) if isinstance(one, str) else socket.send_bytes(one))
            await part(socket, dice)
            reading.cancel()
    return sent


async def read(socket: Any) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        async for _ in socket:
            pass


async def part(socket: Any, dice: random.Random) -> None:
    transport = socket._response.connection.transport if socket._response.connection else None
    choice = dice.randrange(4)
    if choice == 0 or transport is None:
        await socket.close()
    elif choice == 1:
        transport.abort()
    elif choice == 2:  # half closed: no more from us, but we would still read
        transport.write_eof()
        await asyncio.sleep(0.01)
        transport.abort()
    else:  # bytes that are no frame
        transport.write(dice.randbytes(100))
        await asyncio.sleep(0.01)
        transport.abort()


async def converse(scene: Any, done: asyncio.Event) -> int:
    """A good client: asks and is answered, again and again."""
    voice = await scene.talk()
    answers = 0
    while not done.is_set():
        assert (await voice.ask("find trowel"))["tools_used"] == ["search_products"]
        answers += 1
        await asyncio.sleep(0.02)
    return answers


@pytest.mark.slow
async def test_hostile_messages_harm_nobody(open_scene: Any) -> None:
    minutes = itertools.count(1_700_000_000, 1)  # moves fast, so that limits let most of them through
    scene = await open_scene(clock=lambda: float(next(minutes)), session_timeout_s=86_400 * 30)
    done = asyncio.Event()
    good = [asyncio.create_task(converse(scene, done)) for _ in range(3)]
    share = MESSAGES // ATTACKERS
    sent = await asyncio.gather(*(attack(scene, random.Random(n), share) for n in range(ATTACKERS)))
    done.set()
    answers = await asyncio.gather(*good)
    assert sum(sent) >= MESSAGES
    assert min(answers) > 5
    assert (await scene.call("GET", "/health", token=""))[1]["status"] == "healthy"
    async with asyncio.timeout(30):
        while len(scene.services.live) > 3:  # the good ones are still connected
            await asyncio.sleep(0.05)
