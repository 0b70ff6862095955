"""Who calls: an API key opens everything, a session's token its own session."""

import os
import secrets
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import jwt
from aiohttp import web

from voice_agent_cli.errors import StorageError, UsageError
from voice_agent_cli.server.faults import ForbiddenError, UnauthorizedError
from voice_agent_cli.settings import Settings
from voice_agent_cli.storage.keys import PREFIX, Keys

ISSUER = "voice-agent"
ROOM_AUDIENCE = "room"
SECRET_FILE = "jwt-secret"
_SECRET_SETTING = "server.jwt_secret"
_SHORTEST_SECRET = 32
_LONGEST_TOKEN = 4096
_CLAIMS = ["sub", "iss", "iat", "exp", "jti"]


@dataclass(frozen=True)
class Caller:
    """The holder of a good token: of an API key, or of one session's token."""

    kind: Literal["key", "session"]
    ident: str

    @property
    def name(self) -> str:
        """As limits and logs know it; holds no secret."""
        return f"{self.kind}:{self.ident}"

    def check_opens(self, session_id: str) -> None:
        """Raises ``ForbiddenError`` where this is the token of another session."""
        if self.kind == "session" and self.ident != session_id:
            raise ForbiddenError("this token opens its own session only", {"field": "session_id"})

    def check_opens_everything(self) -> None:
        """Raises ``ForbiddenError`` for a session's token."""
        if self.kind != "key":
            raise ForbiddenError("a session's token opens its own session only; use an API key")


class Tokens:
    """Signs and reads the tokens of sessions and of their rooms: JWT, HS256."""

    def __init__(self, secret: str, lifetime_s: int) -> None:
        self._secret = secret
        self._lifetime = timedelta(seconds=lifetime_s)

    def for_session(self, session_id: str) -> tuple[str, str]:
        """A new token of a session, and when it expires (UTC, ISO 8601 with ``Z``)."""
        expires = datetime.now(UTC).replace(microsecond=0) + self._lifetime
        return self._sign(session_id, expires), expires.isoformat().replace("+00:00", "Z")

    def for_room(self, session_id: str, room: str) -> str:
        """A token of a session's room; it opens nothing of the API."""
        expires = datetime.now(UTC).replace(microsecond=0) + self._lifetime
        return self._sign(session_id, expires, aud=ROOM_AUDIENCE, room=room)

    def session_of(self, token: str) -> str:
        """The session that a token opens.

        Raises:
            UnauthorizedError: it is no token of ours, or no longer good.
        """
        try:
            claims = jwt.decode(
                token, self._secret, algorithms=["HS256"], issuer=ISSUER, options={"require": _CLAIMS}
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthorizedError("the token has expired; create a new session") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise UnauthorizedError("the token is not valid") from error
        return str(claims["sub"])

    def _sign(self, session_id: str, expires: datetime, **more: Any) -> str:
        claims = {
            "sub": session_id,
            "iss": ISSUER,
            "iat": datetime.now(UTC),
            "exp": expires,
            "jti": secrets.token_hex(8),
            **more,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")


class Gate:
    """Tells callers by their tokens."""

    def __init__(self, keys: Keys, tokens: Tokens) -> None:
        self._keys = keys
        self._tokens = tokens

    def identify(self, request: web.Request, *, query_too: bool = False) -> Caller:
        """Who sent ``request``; ``query_too`` also takes ``?token=``, as browsers' WebSockets need it.

        Raises:
            UnauthorizedError: there is no token, or not a good one.
        """
        token = _bearer(request) or (request.query.get("token", "") if query_too else "")
        if not token:
            raise UnauthorizedError("a token is missing; send the header Authorization: Bearer <token>")
        if len(token) > _LONGEST_TOKEN:
            raise UnauthorizedError("the token is not valid")
        if not token.startswith(PREFIX):
            return Caller("session", self._tokens.session_of(token))
        key = self._keys.find(token)
        if key is None:
            raise UnauthorizedError("the API key is unknown or revoked; type: voice-agent keys create NAME")
        return Caller("key", key.key_id)


def address(request: web.Request, settings: Settings) -> str:
    """Where a request comes from; behind a trusted proxy, what that proxy saw."""
    if settings.server.trust_proxy:
        seen = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if seen:
            return seen
    return request.remote or "unknown"


def signing_secret(settings: Settings) -> str:
    """What signs the tokens: from the environment or its file, else made once in the data directory.

    Raises:
        UsageError: it is too short, or others can read its file.
        StorageError: it can neither be read nor made.
    """
    if given := settings.secret(_SECRET_SETTING):
        if len(given) < _SHORTEST_SECRET:
            raise UsageError(
                f"{_SECRET_SETTING} is too short; use at least {_SHORTEST_SECRET} characters",
                {"field": _SECRET_SETTING},
            )
        return given
    path = settings.data_dir / SECRET_FILE
    try:
        _make_once(path)
        mode = path.stat().st_mode
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be used ({error}); make its folder writable") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"others can read {path}; type: chmod 600 {path}", {"field": _SECRET_SETTING})
    if len(secret) < _SHORTEST_SECRET:
        raise UsageError(f"{path} is damaged; delete it, and a new one is made", {"field": _SECRET_SETTING})
    return secret


def _make_once(path: Path) -> None:
    """Write a new secret, whole or not at all, unless another process was first."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
