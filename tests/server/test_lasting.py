"""What was acknowledged lasts, over kill -9, restarts and lost connections; an end cuts no sentence off."""

import asyncio
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import pytest


def post(process: Any, path: str, body: object) -> Any:
    answer = httpx.post(
        process.url + path, json=body, headers={"Authorization": f"Bearer {process.api_key}"}, timeout=20
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(process: Any, path: str) -> Any:
    return httpx.get(
        process.url + path, headers={"Authorization": f"Bearer {process.api_key}"}, timeout=20
    ).json()


def tool(process: Any, name: str, **parameters: Any) -> Any:
    outcome = post(process, "/api/test/tool-execution", {"tool": name, "parameters": parameters})
    assert outcome["success"], outcome
    return outcome["result"]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(start_process: Callable[..., Any]) -> None:
    first = start_process()
    session = post(first, "/api/sessions", {"user_id": "ann", "metadata": {"source": "web"}})["session_id"]
    tool(first, "search_products", query="trowel")
    tool(first, "add_to_cart", product="1", quantity=2)
    order = tool(first, "checkout", confirm=True)
    tool(first, "add_to_cart", product="1")
    acknowledged: Counter[str] = Counter()

    def report(name: str) -> None:
        event = {"session_id": session, "event_type": "tool_execution", "data": {"tool_name": name}}
        try:
            while True:
                post(first, "/api/analytics/events", event)
                acknowledged[name] += 1
        except httpx.HTTPError:
            pass

    clients = [threading.Thread(target=report, args=(f"client-{n}",)) for n in range(3)]
    for client in clients:
        client.start()
    while sum(acknowledged.values()) < 60:
        time.sleep(0.01)
    first.kill()
    for client in clients:
        client.join()

    second = start_process()
    kept = get(second, f"/api/analytics/sessions/{session}")["tool_usage"]
    for name, count in acknowledged.items():
        assert kept[name] in (count, count + 1)  # one may have been kept and not yet answered
    assert get(second, f"/api/sessions/{session}")["status"] == "active"
    assert len(tool(second, "view_cart")["cart"]["lines"]) == 1
    assert tool(second, "track_order")["order"]["number"] == order["order"]["number"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_process_ends_with_0_and_no_trace(
    start_process: Callable[..., Any], number: signal.Signals
) -> None:
    process = start_process()
    post(process, "/api/sessions", {})
    process.child.send_signal(number)
    assert process.child.wait(timeout=20) == 0
    log = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert not [line for line in log if "trace" in line and "models" not in line["message"]]


@pytest.mark.slow
def test_the_first_key_is_shown_once_and_never_logged(start_process: Callable[..., Any]) -> None:
    first = start_process()
    assert first.api_key.startswith("va_")
    post(first, "/api/sessions", {})
    first.kill()
    second = start_process()
    assert post(second, "/api/sessions", {})
    second.kill()
    assert second.child.stdout.read() == ""
    for process in (first, second):
        assert process.api_key not in process.log.read_text()
        assert '"request_id"' in process.log.read_text()


@pytest.mark.slow
def test_workers_serve_one_port_and_share_the_limits(start_process: Callable[..., Any]) -> None:
    process = start_process("--workers", "2")
    made = [
        httpx.post(
            process.url + "/api/sessions",
            json={},
            headers={"Authorization": f"Bearer {process.api_key}"},
            timeout=20,
        ).status_code
        for _ in range(14)
    ]
    assert sorted(made) == [200] * 10 + [429] * 4
    process.child.terminate()
    assert process.child.wait(timeout=30) == 0


async def test_a_sentence_is_said_to_its_end_before_the_server_stops(running: Any) -> None:
    _, key = running.services.keys.create("test")
    async with aiohttp.ClientSession(running.url) as client:
        socket = await client.ws_connect(f"/ws/voice/session?token={key}")
        await socket.send_json({"type": "session.start"})
        ready = await socket.receive_json()
        await socket.send_json({"type": "text.input", "data": {"text": "find trowel"}})
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["type"] != "agent.response":
            seen.append(await socket.receive_json())
        running.stop.set()
        async for message in socket:
            seen.append(json.loads(message.data))
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    kinds = [message["type"] for message in seen]
    assert kinds[-1] == "session.ended"
    assert seen[-1]["data"] == {"session_id": ready["data"]["session_id"], "reason": "shutdown"}
    said = [message["data"] for message in seen if message["type"] == "audio.output"]
    assert said[-1]["is_last"] is True
    await running.ended


async def test_a_lost_connection_is_resumed_where_it_was(scene: Any) -> None:
    session_id, token = await scene.new_session()
    voice = await scene.talk(token)
    await voice.ask("find jasmine peony")
    await voice.ask("add 1")
    await voice.ask("clear")  # it asks whether it may
    voice.socket._response.connection.transport.abort()

    voice = await scene.talk(token, session_id=session_id)
    assert len((await voice.ask("cart"))["cart"]["lines"]) == 1
    await voice.ask("add 2")  # of what was shown before
    cart = (await scene.call("GET", f"/api/sessions/{session_id}"))[1]["context"]["cart_items"]
    assert len(cart) == 2
    await voice.ask("clear")
    await voice.socket.close()

    voice = await scene.talk(token)
    await voice.ask("yes")  # the question was asked on the connection before
    session = (await scene.call("GET", f"/api/sessions/{session_id}"))[1]
    assert session["context"]["cart_items"] == []
    assert session["status"] == "active"
    said = [message["content"] for message in session["messages"] if message["role"] == "user"]
    assert said == ["find jasmine peony", "add 1", "clear", "cart", "add 2", "clear", "yes"]


async def test_a_session_is_resumed_on_a_restarted_server(open_scene: Any) -> None:
    first = await open_scene()
    session_id, token = await first.new_session()
    voice = await first.talk(token)
    await voice.ask("find jasmine peony")
    await voice.ask("add 1")
    second = await open_scene()
    voice = await second.talk(token)
    await voice.ask("add 2")
    cart = (await second.call("GET", f"/api/sessions/{session_id}"))[1]["context"]["cart_items"]
    assert len(cart) == 2


async def test_a_second_connection_takes_the_session_over(scene: Any) -> None:
    _, token = await scene.new_session()
    first = await scene.talk(token)
    await first.ask("find trowel")
    second = await scene.talk(token)
    assert (await first.until("session.ended"))["reason"] == "taken_over"
    assert await first.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert (await second.ask("add 1"))["tools_used"] == ["add_to_cart"]


async def test_the_answer_and_its_tools_are_on_record_when_the_client_sees_it(scene: Any) -> None:
    session_id, token = await scene.new_session()
    voice = await scene.talk(token)
    await voice.send("text.input", {"text": "find trowel"})
    answer = await voice.until("agent.response")
    voice.socket._response.connection.transport.abort()
    messages = (await scene.call("GET", f"/api/sessions/{session_id}"))[1]["messages"]
    assert [message["content"] for message in messages] == ["find trowel", answer["text"]]
    numbers = (await scene.call("GET", f"/api/analytics/sessions/{session_id}"))[1]
    assert numbers["tool_usage"] == {"search_products": 1}
    assert numbers["intents"] == ["product_search"]


async def test_a_session_without_traffic_expires_and_keeps_its_record(open_scene: Any) -> None:
    scene = await open_scene(session_timeout_s=10)
    session_id, token = await scene.new_session()
    voice = await scene.talk(token)
    await voice.ask("find trowel")
    scene.clock.now += 11
    assert (await voice.until("session.ended"))["reason"] == "expired"
    session = (await scene.call("GET", f"/api/sessions/{session_id}"))[1]
    assert session["status"] == "expired"
    assert len(session["messages"]) == 2


async def test_clients_that_come_and_go_leave_nothing_behind(scene: Any) -> None:
    tokens = [(await scene.new_session())[1] for _ in range(5)]
    for token in tokens * 3:
        voice = await scene.talk(token)
        await voice.send("text.input", {"text": "find trowel"})
        voice.socket._response.connection.transport.abort()
    async with asyncio.timeout(10):
        while len(scene.services.live) or scene.services.live.session_ids:
            await asyncio.sleep(0.02)
    metrics = await scene.client.get("/metrics", headers={"Authorization": f"Bearer {scene.api_key}"})
    text = await metrics.text()
    assert "voice_agent_voice_connections 0\n" in text
    assert "voice_agent_conversations 0\n" in text


async def test_reading_a_session_again_shows_what_changed_meanwhile(scene: Any) -> None:
    session_id, token = await scene.new_session()
    path = f"/api/sessions/{session_id}"
    assert (await scene.call("GET", path))[1]["messages"] == []
    voice = await scene.talk(token)
    for count, text in enumerate(("find trowel", "add 1", "add 1"), 1):
        await voice.ask(text)
        for _ in range(2):
            session = (await scene.call("GET", path))[1]
            assert len(session["messages"]) == 2 * count
            assert sum(line["quantity"] for line in session["context"]["cart_items"]) == count - 1
