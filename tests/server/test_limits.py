"""The documented limits, exact at their edges: what is served, what is refused, when it is served again."""

import asyncio
import base64
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from voice_agent_cli.server.limits import Limits

LIMITED = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


def left(headers: Any) -> tuple[int, int, int]:
    return tuple(int(headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))  # type: ignore[return-value]


async def test_the_11th_session_in_a_minute_is_refused_until_the_first_is_a_minute_old(scene: Any) -> None:
    start = scene.clock.now
    for number in range(10):
        status, _, headers = await scene.call("POST", "/api/sessions", {})
        assert status == 200
        assert left(headers) == (10, 9 - number, start + 60)
        scene.clock.now += 1
    status, answer, headers = await scene.call("POST", "/api/sessions", {})
    assert (status, answer["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert left(headers) == (10, 0, start + 60)
    assert headers["Retry-After"] == "50"
    scene.clock.now = start + 59.99
    assert (await scene.call("POST", "/api/sessions", {}))[0] == 429
    scene.clock.now = start + 60
    assert (await scene.call("POST", "/api/sessions", {}))[0] == 200
    status, _, headers = await scene.call("POST", "/api/sessions", {})
    assert status == 429
    assert left(headers) == (10, 0, start + 61)


async def test_the_session_limit_holds_for_the_websocket_too(scene: Any) -> None:
    for _ in range(9):
        await scene.new_session()
    assert (await scene.talk(scene.api_key)).seen[-1]["type"] == "session.ready"
    voice = await scene.connect()
    await voice.send("session.start")
    assert (await voice.until("error"))["code"] == "RATE_LIMIT_EXCEEDED"
    scene.clock.now += 60
    await voice.send("session.start")
    assert await voice.until("session.ready")


async def test_sessions_are_counted_by_address_not_by_key(scene: Any) -> None:
    other = scene.services.keys.create("other")[1]
    for number in range(10):
        assert (await scene.call("POST", "/api/sessions", {}, token=(scene.api_key, other)[number % 2]))[
            0
        ] == 200
    assert (await scene.call("POST", "/api/sessions", {}, token=other))[0] == 429


async def test_behind_a_trusted_proxy_the_address_that_it_saw_counts(open_scene: Any) -> None:
    scene = await open_scene(trust_proxy=True)

    async def create(seen: str) -> int:
        return int((await scene.call("POST", "/api/sessions", {}, headers={"X-Forwarded-For": seen}))[0])

    assert [await create("203.0.113.9") for _ in range(10)] == [200] * 10
    assert await create("198.51.100.7, 203.0.113.9") == 429
    assert await create("203.0.113.10") == 200


async def test_a_stranger_cannot_choose_the_address_that_counts(scene: Any) -> None:
    made = [
        (await scene.call("POST", "/api/sessions", {}, headers={"X-Forwarded-For": f"203.0.113.{n}"}))[0]
        for n in range(11)
    ]
    assert made == [200] * 10 + [429]


async def test_the_101st_message_in_a_minute_is_refused_and_the_connection_stays(scene: Any) -> None:
    _, token = await scene.new_session()
    start = scene.clock.now
    voice = await scene.talk(token)
    scene.clock.now = start + 30
    for _ in range(99):
        await voice.send("session.start")
        assert (await voice.until("error"))["code"] == "VALIDATION_ERROR"
    for _ in range(3):
        await voice.send("session.start")
        error = await voice.until("error")
        assert error["code"] == "RATE_LIMIT_EXCEEDED"
        assert error["details"] == {"limit": 100, "reset": start + 60, "retry_after_s": 30}
    scene.clock.now = start + 60
    await voice.send("session.start")
    assert (await voice.until("error"))["code"] == "VALIDATION_ERROR"
    await voice.send("session.start")
    assert (await voice.until("error"))["code"] == "RATE_LIMIT_EXCEEDED"


async def test_connecting_again_gives_no_new_messages(scene: Any) -> None:
    session_id, token = await scene.new_session()
    for _ in range(2):
        voice = await scene.talk(token)
        for _ in range(49):
            await voice.send("nonsense")
            assert (await voice.until("error"))["code"] == "VALIDATION_ERROR"
        await voice.socket.close()
    for how in (token, scene.api_key):
        voice = await scene.connect(how)
        await voice.send("session.start", {"session_id": session_id})
        if how == token:
            assert (await voice.until("error"))["code"] == "RATE_LIMIT_EXCEEDED"
        else:  # what has not said yet which session it means is counted by connection
            assert await voice.until("session.ready")
            await voice.send("nonsense")
            assert (await voice.until("error"))["code"] == "RATE_LIMIT_EXCEEDED"


async def test_of_1100_requests_at_once_exactly_1000_are_served(scene: Any) -> None:
    session_id, token = await scene.new_session()
    path, start = f"/api/sessions/{session_id}", scene.clock.now
    answers = await asyncio.gather(*(scene.call("GET", path, token=token) for _ in range(1100)))
    served = [headers for status, _, headers in answers if status == 200]
    assert len(served) == 1000
    assert {left(headers) for headers in served} == {(1000, n, start + 3600) for n in range(1000)}
    refused = [(answer, headers) for status, answer, headers in answers if status == 429]
    assert len(refused) == 100
    for answer, headers in refused:
        assert answer["error"]["details"] == {"limit": 1000, "reset": start + 3600, "retry_after_s": 3600}
        assert left(headers) == (1000, 0, start + 3600)
        assert headers["Retry-After"] == "3600"
    scene.clock.now = start + 3599.9
    assert (await scene.call("GET", path, token=token))[0] == 429
    assert (await scene.call("GET", path))[0] == 200  # another token has a limit of its own
    scene.clock.now = start + 3600
    assert (await scene.call("GET", path, token=token))[0] == 200


async def test_every_limited_route_says_what_is_left_whatever_it_answers(scene: Any) -> None:
    session_id, token = await scene.new_session()
    for method, path, body in (
        ("GET", f"/api/sessions/{session_id}", None),
        ("GET", "/api/sessions/nobody", None),
        ("POST", "/api/sessions", {"wrong": 1}),
        ("POST", "/api/sessions", {}),
        ("POST", "/api/products/search", {"query": "trowel"}),
        ("POST", "/api/products/search", {"limit": "many"}),
        ("POST", "/api/analytics/events", {"session_id": session_id, "event_type": "click"}),
        ("GET", f"/api/analytics/sessions/{session_id}", None),
        ("POST", "/api/test/tool-execution", {"tool": "view_cart"}),
        ("POST", "/api/test/tool-execution", {"tool": "no_tool"}),
        ("DELETE", f"/api/sessions/{session_id}", None),
    ):
        _, _, headers = await scene.call(method, path, body)
        assert set(headers) >= LIMITED, (method, path, body)
    async with scene.client.ws_connect(f"/ws/voice/session?token={token}") as socket:
        assert set(socket._response.headers) >= LIMITED
    assert not set((await scene.call("GET", "/health", token=""))[2]) & LIMITED


async def test_streamed_audio_is_budgeted_by_its_seconds_not_by_messages(scene: Any) -> None:
    voice = await scene.talk((await scene.new_session())[1])
    second, silent = b"\0" * 32_000, b"\0" * 640
    for _ in range(10):  # what may come at once
        await voice.socket.send_bytes(second)
    for _ in range(20):
        await voice.socket.send_bytes(silent)
    refused = await voice.until("error")
    assert refused["code"] == "RATE_LIMIT_EXCEEDED"
    scene.clock.now += 2
    for _ in range(3):  # two seconds at 1.5 times real time
        await voice.socket.send_bytes(second)
    await voice.send("nonsense")
    assert (await voice.until("error"))["code"] == "VALIDATION_ERROR"
    await voice.socket.send_bytes(silent)
    assert (await voice.until("error"))["code"] == "RATE_LIMIT_EXCEEDED"


async def test_audio_in_json_counts_as_messages(scene: Any) -> None:
    voice = await scene.talk((await scene.new_session())[1])
    frame = {"audio": base64.b64encode(b"\0" * 640).decode()}
    for _ in range(100):
        await voice.send("audio.input", frame)
    assert (await voice.until("error"))["code"] == "RATE_LIMIT_EXCEEDED"


def test_processes_share_one_exact_window(tmp_path: Path) -> None:
    workers = [Limits.stored(tmp_path, lambda: 1000.25) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        verdicts = [
            verdict
            for served in pool.map(lambda one: [one.sessions.hit("address") for _ in range(5)], workers)
            for verdict in served
        ]
    assert sum(verdict.allowed for verdict in verdicts) == 10
    assert sorted(verdict.remaining for verdict in verdicts if verdict.allowed) == list(range(10))
    assert {math.ceil(verdict.resets_at) for verdict in verdicts} == {1061}


@pytest.mark.parametrize("make", [lambda _, clock: Limits.in_memory(clock), Limits.stored])
def test_a_window_slides_and_does_not_count_what_it_refused(tmp_path: Path, make: Any) -> None:
    now = [0.0]
    window = make(tmp_path, lambda: now[0]).sessions
    for at in range(10):
        now[0] = float(at)
        assert window.hit("one").allowed
    for at in (9.5, 30.0, 59.999):
        now[0] = at
        assert not window.hit("one").allowed
        assert window.hit(f"other at {at}").allowed
    served = []
    for at in (60.0, 60.5, 61.0, 69.0):
        now[0] = at
        while window.hit("one").allowed:
            served.append(at)
    assert served == [60.0, 61.0] + [69.0] * 8
