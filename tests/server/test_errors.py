"""What is refused, and how: one form on every path, whatever was sent."""

import asyncio
import gzip
import io
import json
from typing import Any

import pytest

SEARCH = "/api/products/search"
JSON = {"Content-Type": "application/json"}


def checked(answer: Any, code: str) -> dict[str, Any]:
    """The error of an answer in the documented form."""
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "details"}
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]
    assert "\n" not in answer["error"]["message"]
    return dict(answer["error"])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/sessions", {"name": 1}, "name"),
        ("/api/sessions", {"user_id": 7}, "user_id"),
        ("/api/sessions", {"user_id": ""}, "user_id"),
        ("/api/sessions", {"user_id": "a\u0000b"}, "user_id"),
        ("/api/sessions", {"metadata": []}, "metadata"),
        ("/api/sessions", [], ""),
        ("/api/sessions", "text", ""),
        (SEARCH, {"query": 5}, "query"),
        (SEARCH, {"limit": "10"}, "limit"),
        (SEARCH, {"limit": 51}, "limit"),
        (SEARCH, {"limit": 1.5}, "limit"),
        (SEARCH, {"filters": {"colour": "red"}}, "filters.colour"),
        (SEARCH, {"filters": {"price_range": {"min": "cheap"}}}, "filters.price_range.min"),
        (SEARCH, {"filters": {"price_range": {"min": 9, "max": 3}}}, "filters.price_range.min"),
        (SEARCH, {"filters": {"price_range": {"min": -1}}}, "filters.price_range.min"),
        ("/api/analytics/events", {}, "session_id"),
        ("/api/analytics/events", {"session_id": "x", "event_type": "no spaces"}, "event_type"),
        ("/api/test/tool-execution", {}, "tool"),
        ("/api/test/tool-execution", {"tool": "fly"}, "tool"),
        ("/api/test/tool-execution", {"tool": "add_to_cart", "parameters": {}}, "parameters.product"),
        (
            "/api/test/tool-execution",
            {"tool": "search_products", "parameters": {"colour": "red"}},
            "parameters.colour",
        ),
    ],
)
async def test_a_wrong_field_is_named(scene: Any, path: str, body: object, field: str) -> None:
    status, answer, _ = await scene.call("POST", path, body)
    assert status == 400
    error = checked(answer, "VALIDATION_ERROR")
    assert error["details"].get("field", "") == field


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "VALIDATION_ERROR"),
        (b"", JSON, 200, ""),
        (b"null", JSON, 400, "VALIDATION_ERROR"),
        (b'{"query": "a"} tail', JSON, 400, "VALIDATION_ERROR"),
        (b'{"query": "\xff"}', JSON, 400, "VALIDATION_ERROR"),
        (b'{"query": "\\ud800"}', JSON, 400, "VALIDATION_ERROR"),
        (b'{"limit": NaN}', JSON, 400, "VALIDATION_ERROR"),
        (b'{"limit": 1e999}', JSON, 400, "VALIDATION_ERROR"),
        (b"[" * 100_000, JSON, 400, "VALIDATION_ERROR"),
        (b'{"query":' * 5_000, JSON, 400, "VALIDATION_ERROR"),
        (b"\x00\xff\xfe", JSON, 400, "VALIDATION_ERROR"),
        (b'{"query": "a"}', {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"query": "a"}', {"Content-Type": "application/xml"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"query=a", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"query": "a"}', {"Content-Type": "application/json; charset=utf-8"}, 200, ""),
        (b'{"query": "' + b"a" * 1_048_576 + b'"}', JSON, 413, "PAYLOAD_TOO_LARGE"),
        (b"no gzip", {**JSON, "Content-Encoding": "gzip"}, 400, "VALIDATION_ERROR"),
        (b"no brotli", {**JSON, "Content-Encoding": "br"}, 400, "VALIDATION_ERROR"),
        (gzip.compress(b'{"query": "trowel"}'), {**JSON, "Content-Encoding": "gzip"}, 200, ""),
        (gzip.compress(b" " * 50_000_000), {**JSON, "Content-Encoding": "gzip"}, 413, "PAYLOAD_TOO_LARGE"),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_a_body_that_is_no_good_is_refused(
    scene: Any, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    got, answer, _ = await scene.call("POST", SEARCH, data=body, headers=headers)
    assert got == status
    if code:
        checked(answer, code)


async def test_a_body_is_measured_as_it_arrives_too(scene: Any) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 65_536

    status, answer, _ = await scene.call("POST", SEARCH, data=endless(), headers=JSON)
    assert status == 413
    checked(answer, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/sessions/a/b", 404, "NOT_FOUND"),
        ("GET", "/api/sessions/%00%ff", 404, "NOT_FOUND"),
        ("GET", "/api/sessions/" + "x" * 3000, 404, "NOT_FOUND"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "NOT_FOUND"),
        ("GET", "/api/sessions", 405, "METHOD_NOT_ALLOWED"),
        ("PATCH", "/api/sessions/x", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/health", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/openapi.json", 405, "METHOD_NOT_ALLOWED"),
        ("OPTIONS", "/api/sessions", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/ws/voice/session", 400, "VALIDATION_ERROR"),
    ],
)
async def test_wrong_paths_and_methods_are_refused(
    scene: Any, method: str, path: str, status: int, code: str
) -> None:
    got, answer, headers = await scene.call(method, path)
    assert got == status
    error = checked(answer, code)
    if status == 405:
        assert set(headers["Allow"].split(",")) == set(error["details"]["allowed"])


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBroken Header\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer va_" + b"s" * 9000 + b"\r\n\r\n",
        b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"FLY /health HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda value: repr(value[:25]),
)
async def test_what_is_no_http_gets_the_form_too(running: Any, sent: bytes, log: io.StringIO) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(sent)
    head, _, body = (await asyncio.wait_for(reader.read(), 5)).partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert b"X-Request-ID" in head
    checked(json.loads(body), "VALIDATION_ERROR")
    writer.close()
    assert "ssss" not in log.getvalue()


async def test_a_request_keeps_its_id_and_a_bad_one_is_replaced(scene: Any, log: io.StringIO) -> None:
    given = {"X-Request-ID": "abc-123"}
    assert (await scene.call("GET", "/health", headers=given))[2]["X-Request-ID"] == "abc-123"
    assert '"request_id": "abc-123"' in log.getvalue()
    made = (await scene.call("GET", "/health", headers={"X-Request-ID": "a b<c>"}))[2]["X-Request-ID"]
    other = (await scene.call("GET", "/health"))[2]["X-Request-ID"]
    assert made != other
    assert made.isalnum()


async def test_our_own_mistake_is_told_by_its_request_id_alone(scene: Any, log: io.StringIO) -> None:
    scene.services.counter.close()
    status, answer, headers = await scene.call("POST", SEARCH, {"query": "trowel"})
    assert status == 500
    error = checked(answer, "INTERNAL_ERROR")
    assert error["details"] == {"request_id": headers["X-Request-ID"]}
    assert "Traceback" not in json.dumps(answer)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (failed,) = [line for line in lines if line["message"] == "request failed"]
    assert failed["request_id"] == headers["X-Request-ID"]
    assert "Traceback" in failed["trace"]


async def test_a_damaged_database_makes_the_service_unhealthy_and_says_so(scene: Any) -> None:
    session_id, _ = await scene.new_session()
    path = scene.services.settings.data_dir / "voice-agent.db"
    for name in (f"{path}-wal", path):
        with open(name, "r+b") as file:
            file.write(b"\xff" * 200_000)
    status, health, _ = await scene.call("GET", "/health", token="")
    assert (status, health["status"]) == (503, "unhealthy")
    assert health["checks"]["database"] == "unhealthy"
    status, answer, _ = await scene.call("GET", f"/api/sessions/{session_id}")
    assert status == 503
    assert "damaged" in checked(answer, "STORAGE_ERROR")["message"]


async def test_a_web_page_may_call_only_where_it_is_allowed(open_scene: Any) -> None:
    closed, one = await open_scene(), await open_scene(cors_origins="https://shop.example")
    every = await open_scene(cors_origins="*")
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    async with closed.client.options("/api/sessions", headers=asked) as refused:
        assert refused.status == 405
        assert "Access-Control-Allow-Origin" not in refused.headers
    for scene, allowed in ((one, "https://shop.example"), (every, "*")):
        async with scene.client.options("/api/sessions", headers=asked) as preflight:
            assert preflight.status == 204
            assert preflight.headers["Access-Control-Allow-Origin"] == allowed
            assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
            assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
        for path, status in (("/health", 200), ("/nothing", 404), ("/api/sessions/x", 404)):
            got, _, headers = await scene.call("GET", path, headers={"Origin": "https://shop.example"})
            assert got == status
            assert headers["Access-Control-Allow-Origin"] == allowed
            assert "X-RateLimit-Reset" in headers["Access-Control-Expose-Headers"]
            assert headers["X-Request-ID"]
    _, _, headers = await one.call("GET", "/health", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in headers
