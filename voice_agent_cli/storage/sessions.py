"""What was said in each session, which tools ran, and how long each stage took.

Everything is committed before the call returns, so that the record holds what the
shopper heard even if the process is killed the moment after.
"""

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sqlite_utils import Database

from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.storage.database import Pulse, Schema, connect, transaction

FILE = "voice-agent.db"
Role = Literal["user", "assistant"]
Status = Literal["active", "ended", "expired"]


@dataclass(frozen=True)
class Message:
    """One thing said. ``timestamp`` is UTC, ISO 8601 with ``Z``."""

    role: Role
    content: str
    timestamp: str
    tools_used: tuple[str, ...] = ()


@dataclass(frozen=True)
class TurnRecord:
    """One turn. ``tools`` holds ``{"tool", "arguments", "success", "duration_ms"}``, and ``error`` if any.

    ``timings`` is the data of the turn's ``turn.metrics``; empty for a turn that was cut off.
    """

    turn_id: str
    intent: str
    tools: tuple[Mapping[str, Any], ...] = ()
    timings: Mapping[str, Any] = field(default_factory=dict)
    timestamp: str = ""


@dataclass(frozen=True)
class SessionRecord:
    """A session's own facts. Times are UTC, ISO 8601 with ``Z``."""

    session_id: str
    user_id: str | None
    status: Status
    started_at: str
    last_seen_at: str
    ended_at: str | None
    metadata: Mapping[str, Any]
    message_count: int


def now() -> str:
    """The present time as the record writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Sessions:
    """The sessions kept in ``<data_dir>/voice-agent.db``. May be used from any thread.

    Raises:
        StorageError: from every method, when the database cannot be read or written.
        NotFoundError: from every method that takes a ``session_id`` that is not known.
    """

    def __init__(self, data_dir: Path) -> None:
        self._db = connect(data_dir / FILE, SCHEMA)
        self._pulse = Pulse(self._db)
        self._lock = Lock()

    def close(self) -> None:
        self._db.close()

    def start(
        self,
        session_id: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> SessionRecord:
        """Open a new session, or resume the one of this id; a resumed session is active again."""
        session_id = session_id or str(uuid.uuid4())
        at = now()
        self._write(
            "INSERT INTO sessions (id, user_id, status, started_at, last_seen_at, metadata) "
            "VALUES (?, ?, 'active', ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "status = 'active', ended_at = NULL, last_seen_at = excluded.last_seen_at, "
            "user_id = coalesce(excluded.user_id, user_id)",
            [session_id, user_id, at, at, _to_json(metadata or {})],
        )
        return self.get(session_id)

    def get(self, session_id: str) -> SessionRecord:
        rows = self._read(f"{_SELECT} WHERE s.id = ?", [session_id])
        if not rows:
            raise NotFoundError(
                f"there is no session {session_id}; type: voice-agent sessions list", {"field": "session_id"}
            )
        return _session(rows[0])

    def version(self) -> int:
        """Changes with every change that another than this one makes."""
        with self._lock:
            return self._pulse()

    def recent(self, limit: int = 50) -> tuple[SessionRecord, ...]:
        """The sessions last used first."""
        return tuple(
            _session(r) for r in self._read(f"{_SELECT} ORDER BY s.last_seen_at DESC LIMIT ?", [limit])
        )

    def add_message(self, session_id: str, role: Role, content: str, tools_used: Sequence[str] = ()) -> int:
        """Keep what was said; the number returned names it for ``correct_message``."""
        at = now()
        with self._lock, transaction(self._db):
            cursor = self._db.execute(
                "INSERT INTO messages (session_id, role, content, timestamp, tools_used) "
                "VALUES (?, ?, ?, ?, ?)",
                [session_id, role, content, at, _to_json(list(tools_used))],
            )
            self._db.execute("UPDATE sessions SET last_seen_at = ? WHERE id = ?", [at, session_id])
            return int(cursor.lastrowid or 0)

    def correct_message(self, message: int, content: str) -> None:
        """Cut a message to the part that was heard."""
        self._write("UPDATE messages SET content = ? WHERE id = ?", [content, message])

    def messages(self, session_id: str) -> tuple[Message, ...]:
        rows = self._read(
            "SELECT role, content, timestamp, tools_used FROM messages WHERE session_id = ? ORDER BY id",
            [session_id],
        )
        return tuple(
            Message(role, content, at, tuple(json.loads(tools))) for role, content, at, tools in rows
        )

    def add_turn(self, session_id: str, turn: TurnRecord) -> int:
        """Keep what a turn did; the number returned names it for ``time_turn``."""
        tools, timings = _to_json(list(turn.tools)), _to_json(turn.timings)
        return self._write(
            "INSERT INTO turns (session_id, turn_id, intent, tools, timings, timestamp) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [session_id, turn.turn_id, turn.intent, tools, timings, now()],
        )

    def time_turn(self, turn: int, timings: Mapping[str, Any]) -> None:
        """Add to a turn how long it took, known only once it is being said."""
        self._write("UPDATE turns SET timings = ? WHERE id = ?", [_to_json(timings), turn])

    def turns(self, session_id: str) -> tuple[TurnRecord, ...]:
        rows = self._read(
            "SELECT turn_id, intent, tools, timings, timestamp FROM turns WHERE session_id = ? ORDER BY id",
            [session_id],
        )
        return tuple(
            TurnRecord(t, i, tuple(json.loads(tools)), json.loads(ms), at) for t, i, tools, ms, at in rows
        )

    def remember(self, session_id: str, memory: Mapping[str, Any]) -> None:
        """Keep what a resumed session must know besides the shop's own state (an open question)."""
        self._write("UPDATE sessions SET memory = ? WHERE id = ?", [_to_json(memory), session_id])

    def recall(self, session_id: str) -> dict[str, Any]:
        rows = self._read("SELECT memory FROM sessions WHERE id = ?", [session_id])
        return dict(json.loads(rows[0][0])) if rows else {}

    def end(self, session_id: str, status: Status = "ended") -> SessionRecord:
        """Mark a session as over; its record stays. Ending it again changes nothing.

        With ``active`` it is not over: only its last moment is noted.
        """
        at = now()
        self._write(
            "UPDATE sessions SET status = ?, last_seen_at = ?, ended_at = ? "
            "WHERE id = ? AND status = 'active'",
            [status, at, None if status == "active" else at, session_id],
        )
        return self.get(session_id)

    def touch(self, session_ids: Collection[str]) -> None:
        """Note that these sessions, where active, are in use."""
        marks = ", ".join("?" * len(session_ids))
        self._write(
            f"UPDATE sessions SET last_seen_at = ? WHERE status = 'active' AND id IN ({marks})",
            [now(), *session_ids],
        )

    def ended_among(self, session_ids: Collection[str]) -> tuple[str, ...]:
        """Those of these sessions that are over, or gone."""
        marks = ", ".join("?" * len(session_ids))
        rows = self._read(
            f"SELECT id FROM sessions WHERE status = 'active' AND id IN ({marks})", list(session_ids)
        )
        return tuple(set(session_ids) - {row[0] for row in rows})

    def delete(self, session_id: str) -> None:
        """Forget a session and everything said in it."""
        self.get(session_id)
        self._write("DELETE FROM sessions WHERE id = ?", [session_id])

    def export(self, session_id: str) -> dict[str, Any]:
        """The whole record as plain data: the session's facts, ``messages`` and ``turns``."""
        session = self.get(session_id)
        return {
            **vars(session),
            "messages": [vars(message) for message in self.messages(session_id)],
            "turns": [vars(turn) for turn in self.turns(session_id)],
        }

    def _write(self, sql: str, values: Sequence[Any]) -> int:
        with self._lock, transaction(self._db):
            return self._db.execute(sql, values).lastrowid or 0

    def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def as_markdown(record: Mapping[str, Any]) -> str:
    """An exported session as a page to read."""
    lines = [f"# Session {record['session_id']}", "", f"{record['started_at']} · {record['status']}", ""]
    for message in record["messages"]:
        tools = f" _({', '.join(message['tools_used'])})_" if message["tools_used"] else ""
        who = "Shopper" if message["role"] == "user" else "Assistant"
        lines += [f"**{who}** {message['timestamp'][11:19]}{tools}: {message['content']}", ""]
    timed = [turn for turn in record["turns"] if turn["timings"]]
    if timed:
        lines += ["| turn | intent | tools | first sound (ms) |", "| --- | --- | --- | --- |"]
    for turn in timed:
        tools = ", ".join(f"{tool['tool']} {tool['duration_ms']:.0f} ms" for tool in turn["tools"])
        lines.append(
            f"| {turn['turn_id']} | {turn['intent']} | {tools} | {turn['timings']['first_audio_ms']:.0f} |"
        )
    return "\n".join(lines).rstrip() + "\n"


_SELECT = (
    "SELECT s.id, s.user_id, s.status, s.started_at, s.last_seen_at, s.ended_at, s.metadata, "
    "(SELECT count(*) FROM messages m WHERE m.session_id = s.id) FROM sessions s"
)


def _session(row: Sequence[Any]) -> SessionRecord:
    session_id, user_id, status, started, seen, ended, metadata, messages = row
    return SessionRecord(session_id, user_id, status, started, seen, ended, json.loads(metadata), messages)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _make_tables(db: Database) -> None:
    for statement in (
        "CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT, status TEXT NOT NULL, "
        "started_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, ended_at TEXT, "
        "metadata TEXT NOT NULL DEFAULT '{}', memory TEXT NOT NULL DEFAULT '{}')",
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, "
        "session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, role TEXT NOT NULL, "
        "content TEXT NOT NULL, timestamp TEXT NOT NULL, tools_used TEXT NOT NULL)",
        "CREATE TABLE turns (id INTEGER PRIMARY KEY, "
        "session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, turn_id TEXT NOT NULL, "
        "intent TEXT NOT NULL, tools TEXT NOT NULL, timings TEXT NOT NULL, timestamp TEXT NOT NULL)",
        "CREATE INDEX messages_of_a_session ON messages (session_id)",
        "CREATE INDEX turns_of_a_session ON turns (session_id)",
    ):
        db.execute(statement)


SCHEMA = Schema("sessions", (_make_tables,))
