"""Who may do what: every kind of token, in the header and in the query, and nothing of it in the log."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import pytest

PATH = "/ws/voice/session"


def claims(session_id: str, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": session_id,
        "iss": "voice-agent",
        "iat": now,
        "exp": now + 600,
        "jti": "1",
        **changed,
    }


def secret(scene: Any) -> str:
    return str((scene.services.settings.data_dir / "jwt-secret").read_text().strip())


def without(session_id: str, claim: str) -> dict[str, Any]:
    return {name: value for name, value in claims(session_id).items() if name != claim}


@dataclass
class Session:
    """A session of a server, and the token it was given."""

    scene: Any
    session: str
    token: str


BAD: dict[str, Callable[[Session], str]] = {
    "none": lambda _: "",
    "words": lambda _: "let me in",
    "expired": lambda it: jwt.encode(
        claims(it.session, iat=int(time.time()) - 900, exp=int(time.time()) - 1), secret(it.scene)
    ),
    "another secret's": lambda it: jwt.encode(claims(it.session), "x" * 64),
    "alg none": lambda it: jwt.encode(claims(it.session), None, algorithm="none"),
    "another algorithm": lambda it: jwt.encode(claims(it.session), secret(it.scene), algorithm="HS512"),
    "another issuer's": lambda it: jwt.encode(claims(it.session, iss="me"), secret(it.scene)),
    "without an end": lambda it: jwt.encode(without(it.session, "exp"), secret(it.scene)),
    "without a session": lambda it: jwt.encode(without(it.session, "sub"), secret(it.scene)),
    "not yet issued": lambda it: jwt.encode(claims(it.session, iat=int(time.time()) + 600), secret(it.scene)),
    "truncated": lambda it: it.token[:-5],
    "a room's": lambda it: it.scene.services.tokens.for_room(it.session, "room"),
    "an unknown key": lambda _: "va_" + "k" * 43,
    "a truncated key": lambda it: it.scene.api_key[:-1],
    "a revoked key": lambda it: revoked(it.scene),
    "a very long one": lambda _: "e" * 5000,
    "not even text": lambda _: "va_\udcff\udcfe",
}


def revoked(scene: Any) -> str:
    key, given = scene.services.keys.create("gone")
    scene.services.keys.revoke(key.key_id)
    return str(given)


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_token_opens_nothing_and_is_not_logged(scene: Any, kind: str, log: io.StringIO) -> None:
    session_id, good = await scene.new_session()
    token = BAD[kind](Session(scene, session_id, good))
    for method, path in (
        ("GET", f"/api/sessions/{session_id}"),
        ("DELETE", f"/api/sessions/{session_id}"),
        ("GET", f"/api/analytics/sessions/{session_id}"),
        ("POST", "/api/sessions"),
        ("GET", "/metrics"),
    ):
        status, answer, headers = await scene.call(method, path, token=token)
        assert (status, answer["error"]["code"]) == (401, "UNAUTHORIZED"), (method, path)
        assert headers["WWW-Authenticate"] == "Bearer"
        assert "X-RateLimit-Limit" not in headers
    if "\udcff" not in token:
        for how in ({"params": {"token": token}}, {"headers": {"Authorization": f"Bearer {token}"}}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await scene.client.ws_connect(PATH, **how)
            assert refused.value.status == 401
    assert (await scene.call("GET", f"/api/sessions/{session_id}"))[1]["status"] == "active"
    if token and kind != "words":
        assert token not in log.getvalue()
    assert good not in log.getvalue()


async def test_good_tokens_are_not_logged_either(scene: Any, log: io.StringIO) -> None:
    session_id, token = await scene.new_session()
    for part in ("query", "header"):
        how: Any = {"params": {"token": token}} if part == "query" else {}
        how = how or {"headers": {"Authorization": f"Bearer {token}"}}
        async with scene.client.ws_connect(PATH, **how) as socket:
            await socket.send_json({"type": "session.start"})
            assert (await socket.receive_json())["type"] == "session.ready"
    await scene.call("GET", f"/api/sessions/{token}")
    await scene.call("GET", f"/nothing/{scene.api_key}?token={scene.api_key}")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert any(line.get("caller") == f"session:{session_id}" for line in lines)
    for given in (token, scene.api_key, secret(scene)):
        assert given not in log.getvalue()
        assert given.rpartition(".")[2] not in log.getvalue()


async def test_another_sessions_token_is_forbidden(scene: Any) -> None:
    mine, token = await scene.new_session()
    other, _ = await scene.new_session()
    for method, path, body in (
        ("GET", f"/api/sessions/{other}", None),
        ("DELETE", f"/api/sessions/{other}", None),
        ("GET", f"/api/analytics/sessions/{other}", None),
        ("POST", "/api/analytics/events", {"session_id": other, "event_type": "click"}),
    ):
        status, answer, headers = await scene.call(method, path, body, token=token)
        assert (status, answer["error"]["code"]) == (403, "FORBIDDEN"), (method, path)
        assert headers["X-RateLimit-Limit"] == "1000"
    voice = await scene.connect(token)
    await voice.send("session.start", {"session_id": other})
    assert (await voice.until("error"))["code"] == "FORBIDDEN"
    await voice.send("session.start", {"session_id": mine})
    assert (await voice.until("session.ready"))["session_id"] == mine


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/sessions", {}),
        ("POST", "/api/products/search", {"query": "trowel"}),
        ("POST", "/api/test/tool-execution", {"tool": "view_cart"}),
        ("GET", "/metrics", None),
    ],
)
async def test_what_is_no_sessions_own_takes_an_api_key(
    scene: Any, method: str, path: str, body: object
) -> None:
    _, token = await scene.new_session()
    status, answer, _ = await scene.call(method, path, body, token=token)
    assert (status, answer["error"]["code"]) == (403, "FORBIDDEN")


async def test_a_token_in_the_query_opens_the_websocket_only(scene: Any) -> None:
    session_id, token = await scene.new_session()
    path = f"/api/sessions/{session_id}?token={token}"
    assert (await scene.call("GET", path, token=""))[0] == 401


async def test_a_token_of_an_ended_session_still_reads_its_record_but_starts_nothing(scene: Any) -> None:
    session_id, token = await scene.new_session()
    await scene.call("DELETE", f"/api/sessions/{session_id}", token=token)
    status, session, _ = await scene.call("GET", f"/api/sessions/{session_id}", token=token)
    assert (status, session["status"]) == (200, "ended")
    voice = await scene.connect(token)
    await voice.send("session.start")
    assert (await voice.until("error"))["code"] == "NOT_FOUND"


async def test_a_shoppers_token_cannot_become_another_user(scene: Any) -> None:
    _, token = await scene.new_session(user_id="ann")
    voice = await scene.connect(token)
    await voice.send("session.start", {"user_id": "bob"})
    assert (await voice.until("error"))["code"] == "FORBIDDEN"


async def test_tokens_of_the_response_hold_the_documented_claims(scene: Any) -> None:
    _, made, _ = await scene.call("POST", "/api/sessions", {})
    header = jwt.get_unverified_header(made["token"])
    told = jwt.decode(made["token"], options={"verify_signature": False})
    assert header["alg"] == "HS256"
    assert told["sub"] == made["session_id"]
    assert set(told) == {"sub", "iss", "iat", "exp", "jti"}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(told["exp"]))
    assert at == made["expires_at"]


async def test_the_secret_is_made_once_and_only_its_owner_can_read_it(open_scene: Any) -> None:
    first = await open_scene()
    _, token = await first.new_session()
    path = first.services.settings.data_dir / "jwt-secret"
    assert path.stat().st_mode & 0o777 == 0o600
    second = await open_scene()
    voice = await second.talk(token)
    assert voice.seen[-1]["type"] == "session.ready"
