"""API keys: stored hashed, shown once."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from sqlite_utils import Database

from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.storage.database import Pulse, Schema, connect, transaction
from voice_agent_cli.storage.sessions import FILE, now

PREFIX = "va_"
_MOST_FOUND = 1000
_SHOWN = 4  # characters after the prefix by which a key is recognized in a list


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret. ``hint`` is how it begins; times are UTC, ISO 8601 with ``Z``."""

    key_id: str
    name: str
    hint: str
    created_at: str
    revoked_at: str | None = None


class Keys:
    """The API keys in ``<data_dir>/voice-agent.db``. May be used from any thread.

    Raises:
        StorageError: from every method, when the database cannot be read or written.
    """

    def __init__(self, data_dir: Path) -> None:
        self._db = connect(data_dir / FILE, SCHEMA)
        self._lock = Lock()
        self._pulse = Pulse(self._db)
        self._found: dict[str, ApiKey | None] = {}
        self._found_at = -1

    def close(self) -> None:
        self._db.close()

    def create(self, name: str) -> tuple[ApiKey, str]:
        """A new key, and its secret, which is kept nowhere."""
        # 256 random bits: nothing to guess, so a plain hash protects them as well as a slow one.
        secret = PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(f"key_{secrets.token_hex(4)}", name, secret[: len(PREFIX) + _SHOWN], now())
        with self._lock, transaction(self._db):
            self._found.clear()  # what is found holds until something changes; here it does
            self._db.execute(
                "INSERT INTO api_keys (id, name, hint, hash, created_at) VALUES (?, ?, ?, ?, ?)",
                [key.key_id, key.name, key.hint, _hash(secret), key.created_at],
            )
        return key, secret

    def all(self) -> tuple[ApiKey, ...]:
        """Every key in the order of creation, revoked ones too."""
        return tuple(ApiKey(*row) for row in self._read(f"{_SELECT} ORDER BY created_at, rowid", []))

    def revoke(self, key_id: str) -> ApiKey:
        """Refuse the key from now on; revoking it again changes nothing.

        Raises:
            NotFoundError: there is no such key.
        """
        with self._lock, transaction(self._db):
            self._found.clear()
            self._db.execute(
                "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [now(), key_id]
            )
        rows = self._read(f"{_SELECT} WHERE id = ?", [key_id])
        if not rows:
            raise NotFoundError(
                f"there is no API key {key_id}; type: voice-agent keys list", {"field": "key_id"}
            )
        return ApiKey(*rows[0])

    def find(self, secret: str) -> ApiKey | None:
        """The key that this secret opens, unless it was revoked."""
        wanted = _hash(secret)
        with self._lock:
            now = self._pulse()
            if now != self._found_at or len(self._found) > _MOST_FOUND:
                self._found.clear()
                self._found_at = now
            if wanted not in self._found:
                sql = f"{_SELECT} WHERE hash = ? AND revoked_at IS NULL"
                rows = self._db.execute(sql, [wanted]).fetchall()
                self._found[wanted] = ApiKey(*rows[0]) if rows else None
            return self._found[wanted]

    def _read(self, sql: str, values: list[str]) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


_SELECT = "SELECT id, name, hint, created_at, revoked_at FROM api_keys"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _make_table(db: Database) -> None:
    db.execute(
        "CREATE TABLE api_keys (id TEXT PRIMARY KEY, name TEXT NOT NULL, hint TEXT NOT NULL, "
        "hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, revoked_at TEXT)"
    )


SCHEMA = Schema("keys", (_make_table,))
