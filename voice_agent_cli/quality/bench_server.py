"""``voice-agent serve`` under load: REST routes beside plain aiohttp, idle voice connections, conversations.

The server runs in a process of its own, with the real models, as an operator starts it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from voice_agent_cli.conversation.rehearsal import private_settings
from voice_agent_cli.quality.bench_http import Route
from voice_agent_cli.quality.bench_voice import converse, idle_connections
from voice_agent_cli.settings import Settings
from voice_agent_cli.storage.keys import Keys
from voice_agent_cli.storage.sessions import Sessions

Figures = dict[str, dict[str, dict[str, float]]]
_PLAIN = "plain aiohttp"
_KEYS = 200
_ROUNDS = 5
_REQUESTS_A_KEY = 900  # of the 1000 that it may make in an hour


def bench_server(
    loaded: Settings,
    folder: Path,
    *,
    seconds: float = 3.0,
    idle: int = 500,
    conversations: int = 20,
    turns: int = 3,
) -> Figures:
    """Three tables: ``conversations``, ``idle connections`` and ``routes``, by row and column.

    Args:
        folder: an empty one, for the copy of the shop and the server's records.
        seconds: how long each route is asked without a pause.
        idle: voice connections that are started and then say nothing.
        conversations: shoppers who speak at once, ``turns`` times each, in real time.

    Raises:
        NotFoundError: the demo's recordings are absent.
        ModelError: the server's models do not load.
        VoiceAgentError: a request was refused.
    """
    own = private_settings(loaded, folder)
    keys = [Keys(own.data_dir).create(f"bench {n}")[1] for n in range(_KEYS)]
    sessions = [Sessions(own.data_dir).start().session_id for _ in range(max(conversations, idle))]
    with _running(
        "voice_agent_cli.cli.app", "serve", "--port", "0", "--data-dir", str(own.data_dir)
    ) as child:
        port = _port_of(child)
        idling = asyncio.run(idle_connections(port, child.pid, keys[0], sessions[:idle]))
        talk = asyncio.run(converse(port, keys[1], sessions[:conversations], turns))
        routes = asyncio.run(_routes(port, keys[2:], sessions[0], seconds))
    return {"conversations": {"spoken": asdict(talk)}, "idle connections": idling, "routes": routes}


async def _routes(port: int, keys: list[str], session_id: str, seconds: float) -> dict[str, dict[str, float]]:
    """Each route in short turns with plain aiohttp, so that what else the machine does meets them alike."""
    path = f"/api/sessions/{session_id}"
    event = {"session_id": session_id, "event_type": "click", "data": {"at": "button"}}
    asked = {
        f"GET {path}": b"",
        f"GET /api/analytics/sessions/{session_id}": b"",
        "POST /api/analytics/events": json.dumps(event).encode(),
        "POST /api/products/search": json.dumps({"query": "rain jacket", "limit": 5}).encode(),
    }
    body = await _once(port, _request(f"GET {path}", keys[0], b"", close=True))
    with _running("voice_agent_cli.quality.plain_server", stdin=body) as plain:
        assert plain.stdout is not None
        plain_port = int(plain.stdout.readline())
        routes = {_PLAIN: Route(plain_port, lambda _: _request(f"GET {path}", keys[0], b""))}
        for number, (line, sent) in enumerate(asked.items(), 1):
            routes[line.replace(session_id, ":session_id")] = _route(port, line, keys[number::4], sent)
        for _ in range(_ROUNDS):
            for route in routes.values():
                await route.bear(seconds / _ROUNDS)
    loads = {name: route.load() for name, route in routes.items()}
    best = loads[_PLAIN].requests_per_s
    return {
        name: {**asdict(load), "of_plain": round(load.requests_per_s / best, 2)}
        for name, load in loads.items()
    }


def _route(port: int, line: str, keys: list[str], body: bytes) -> Route:
    return Route(port, lambda n: _request(line, keys[n // _REQUESTS_A_KEY % len(keys)], body))


async def _once(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    body = (await reader.read()).partition(b"\r\n\r\n")[2]
    writer.close()
    return body


def _request(line: str, key: str, body: bytes, *, close: bool = False) -> bytes:
    headers = ["Host: 127.0.0.1", f"Authorization: Bearer {key}", f"Content-Length: {len(body)}"]
    headers += ["Content-Type: application/json"] * bool(body) + ["Connection: close"] * close
    return "\r\n".join([f"{line} HTTP/1.1", *headers, "", ""]).encode() + body


@contextmanager
def _running(module: str, *arguments: str, stdin: bytes = b"") -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdin is not None
        child.stdin.write(stdin)
        child.stdin.close()
        yield child
    finally:
        child.terminate()
        child.wait()


def _port_of(child: "subprocess.Popen[bytes]") -> int:
    """The port that the server tells in its first line."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(b"Serving "):
            return int(line.split()[1].rpartition(b":")[2])
    raise ConnectionError("the server did not start; its log is above")
