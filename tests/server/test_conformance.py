"""api.md, example by example, in its order: fields, types, codes, headers."""

import base64
import io
import re
from datetime import datetime
from typing import Any

import pytest
import soundfile

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_time(text: str) -> bool:
    return text.endswith("Z") and datetime.fromisoformat(text).utcoffset() is not None


async def test_the_websocket_talks_as_documented(scene: Any, loud: str) -> None:
    session_id, token = await scene.new_session(user_id="optional-user-id")
    voice = await scene.connect(token)
    await voice.send(
        "session.start",
        {
            "session_id": session_id,
            "user_id": "optional-user-id",
            "context": {"store_id": "shopify-store-id", "preferences": {}},
        },
    )
    ready = await voice.until("session.ready")
    assert set(ready) == {"session_id", "room", "token"}
    assert ready["session_id"] == session_id
    assert ready["room"] == f"local-{session_id}"
    assert ready["token"].count(".") == 2
    await voice.send("audio.input", {"audio": loud, "format": "pcm16", "sample_rate": 16000})
    heard = await voice.until("transcription")
    assert heard["text"] == "find trowel"
    assert 0 <= heard["confidence"] <= 1
    assert heard["is_final"] is True
    answer = await voice.until("agent.response")
    assert isinstance(answer["text"], str)
    assert answer["intent"] == "product_search"
    assert answer["tools_used"] == ["search_products"]
    sounds = [await voice.until("audio.output")]
    while not sounds[-1]["is_last"]:
        sounds.append(await voice.until("audio.output"))
    assert [sound["sequence"] for sound in sounds] == list(range(len(sounds)))
    for sound in sounds:
        assert sound["format"] == "mp3"
        assert isinstance(sound["duration_ms"], int)
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["audio"])))
        assert abs(len(samples) / rate * 1000 - sound["duration_ms"]) <= 1
    await voice.send("audio.input", {"audio": "not base64!", "format": "pcm16", "sample_rate": 16000})
    error = await voice.until("error")
    assert error["code"] == "AUDIO_PROCESSING_ERROR"
    assert isinstance(error["message"], str)
    await voice.send("session.end")
    assert (await voice.until("session.ended"))["session_id"] == session_id
    assert await voice.closed() == 1000


async def test_health_needs_no_token(scene: Any) -> None:
    status, health, _ = await scene.call("GET", "/health", token="")
    assert status == 200
    assert health["status"] == "healthy"
    assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"])
    assert {"api", "shopify", "livekit", "redis"} <= set(health["checks"])
    assert health["checks"]["shopify"] == "not_configured"
    assert {health["checks"][name] for name in ("api", "database", "stt", "llm", "tts")} == {"healthy"}


async def test_a_session_is_created_looked_at_and_ended(scene: Any) -> None:
    body = {"user_id": "optional-user-id", "metadata": {"source": "web", "campaign": "summer-sale"}}
    status, made, headers = await scene.call("POST", "/api/sessions", body)
    assert status == 200
    assert set(made) == {"session_id", "token", "expires_at"}
    assert UUID.fullmatch(made["session_id"])
    assert is_time(made["expires_at"])
    assert int(headers["X-RateLimit-Remaining"]) < int(headers["X-RateLimit-Limit"])

    voice = await scene.talk(made["token"])
    await voice.ask("find trowel")
    await voice.ask("add 1")
    path = f"/api/sessions/{made['session_id']}"
    status, session, headers = await scene.call("GET", path, token=made["token"])
    assert status == 200
    assert set(session) == {"session_id", "status", "started_at", "messages", "context"}
    assert session["status"] == "active"
    assert is_time(session["started_at"])
    user, assistant, *_ = session["messages"]
    assert set(user) == {"role", "content", "timestamp"}
    assert (user["role"], user["content"]) == ("user", "find trowel")
    assert set(assistant) == {"role", "content", "timestamp", "tools_used"}
    assert (assistant["role"], assistant["tools_used"]) == ("assistant", ["search_products"])
    assert is_time(user["timestamp"])
    assert len(session["context"]["cart_items"]) == 1
    assert session["context"]["cart_items"][0]["product_id"] in session["context"]["viewed_products"]
    assert {name for name in headers if name.startswith("X-RateLimit")} == {
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
    }

    status, ended, _ = await scene.call("DELETE", path, token=made["token"])
    assert status == 200
    assert set(ended) == {"message", "duration_seconds"}
    assert ended["message"] == "Session ended successfully"
    assert isinstance(ended["duration_seconds"], int)
    assert (await voice.until("session.ended"))["reason"] == "ended"
    assert (await scene.call("GET", path))[1]["status"] == "ended"


async def test_products_are_found_in_the_documented_shape(scene: Any) -> None:
    body = {"query": "trowel", "filters": {"price_range": {"min": 1, "max": 200}}, "limit": 1}
    status, found, _ = await scene.call("POST", "/api/products/search", body)
    assert status == 200
    assert set(found) == {"products", "total_count", "has_more"}
    product = found["products"][0]
    assert {"id", "title", "description", "price", "images", "variants"} <= set(product)
    assert re.fullmatch(r"\d+\.\d\d", product["price"]["amount"])
    assert re.fullmatch(r"[A-Z]{3}", product["price"]["currency"])
    variant = product["variants"][0]
    assert {"id", "size", "color", "available", "inventory_quantity"} <= set(variant)
    assert isinstance(variant["available"], bool)
    assert isinstance(found["has_more"], bool)
    assert found["has_more"] == (found["total_count"] > 1)


async def test_filters_as_documented_hold_for_every_product(scene: Any) -> None:
    filters = {"category": "tools", "price_range": {"min": 5, "max": 30}}
    _, found, _ = await scene.call("POST", "/api/products/search", {"filters": filters, "limit": 50})
    assert found["products"]
    assert all(5 <= float(product["price"]["amount"]) <= 30 for product in found["products"])
    _, none, _ = await scene.call("POST", "/api/products/search", {"filters": {"category": "spaceships"}})
    assert none == {"products": [], "total_count": 0, "has_more": False}


async def test_events_are_tracked_and_sessions_counted(scene: Any) -> None:
    session_id, token = await scene.new_session()
    voice = await scene.talk(token)
    await voice.ask("find trowel")
    await voice.ask("details 1")
    await voice.ask("add 1")
    event = {
        "session_id": session_id,
        "event_type": "tool_execution",
        "data": {
            "tool_name": "search_products",
            "parameters": {"query": "shoes"},
            "duration_ms": 250,
            "success": True,
        },
    }
    status, tracked, _ = await scene.call("POST", "/api/analytics/events", event, token=token)
    assert status == 200
    assert set(tracked) == {"event_id", "timestamp"}
    assert re.fullmatch(r"evt_\w+", tracked["event_id"])
    assert is_time(tracked["timestamp"])
    await voice.send("session.end")
    await voice.closed()
    path = f"/api/analytics/sessions/{session_id}"
    status, numbers, _ = await scene.call("GET", path, token=token)
    assert status == 200
    assert numbers["session_id"] == session_id
    metrics = numbers["metrics"]
    assert isinstance(metrics["duration_seconds"], int)
    assert metrics["messages_count"] == 6
    assert metrics["tools_executed"] == 4
    assert metrics["products_viewed"] >= 1
    assert metrics["cart_value"] > 0
    assert numbers["tool_usage"] == {"search_products": 2, "get_product_details": 1, "add_to_cart": 1}
    assert numbers["intents"] == ["product_search", "price_inquiry", "add_to_cart"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/sessions/550e8400-e29b-41d4-a716-446655440000", None, 404, "NOT_FOUND"),
        ("DELETE", "/api/sessions/550e8400-e29b-41d4-a716-446655440000", None, 404, "NOT_FOUND"),
        ("GET", "/api/analytics/sessions/nobody", None, 404, "NOT_FOUND"),
        ("POST", "/api/analytics/events", {"session_id": "nobody", "event_type": "x"}, 404, "NOT_FOUND"),
        ("POST", "/api/products/search", {"limit": 0}, 400, "VALIDATION_ERROR"),
        ("GET", "/api/nothing", None, 404, "NOT_FOUND"),
        ("PUT", "/api/sessions", None, 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_errors_have_the_documented_form(
    scene: Any, method: str, path: str, body: object, status: int, code: str
) -> None:
    got, answer, headers = await scene.call(method, path, body)
    assert got == status
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "details"}
    assert answer["error"]["code"] == code
    assert headers["X-Request-ID"]


async def test_a_tool_runs_directly(scene: Any) -> None:
    body = {"tool": "search_products", "parameters": {"query": "trowel"}}
    status, outcome, _ = await scene.call("POST", "/api/test/tool-execution", body)
    assert status == 200
    assert outcome["success"] is True
    assert outcome["result"]["products"]
    assert outcome["arguments"] == {"query": "trowel"}
    added = {"tool": "add_to_cart", "parameters": {"product": "1"}}
    assert (await scene.call("POST", "/api/test/tool-execution", added))[1]["success"] is True
    _, refused, _ = await scene.call(
        "POST", "/api/test/tool-execution", {"tool": "apply_discount", "parameters": {"code": "NOPE"}}
    )
    assert refused["success"] is False
    assert refused["error"]["details"]["field"] == "code"


async def test_wscat_may_bring_its_token_in_a_header(scene: Any) -> None:
    _, token = await scene.new_session()
    socket = await scene.client.ws_connect("/ws/voice/session", headers={"Authorization": f"Bearer {token}"})
    await socket.send_json({"type": "session.start"})
    assert (await socket.receive_json())["type"] == "session.ready"
    await socket.close()
