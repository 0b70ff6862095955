"""What happened in a session, counted from its record, and the events that clients report."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from threading import Lock
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from voice_agent_cli.storage.database import Schema, connect, transaction
from voice_agent_cli.storage.sessions import FILE, SessionRecord, TurnRecord, now
from voice_agent_cli.storage.sessions import SCHEMA as SESSIONS

TOOL_EXECUTION = "tool_execution"
NONE_REPORTED: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class TrackedEvent:
    """Something a client reported. ``timestamp`` is UTC, ISO 8601 with ``Z``."""

    event_id: str
    event_type: str
    data: Mapping[str, Any]
    timestamp: str


@dataclass(frozen=True)
class Latency:
    """How long a stage took, in ms, over the turns that had it."""

    median: float
    longest: float
    turns: int


@dataclass(frozen=True)
class Summary:
    """A session in numbers. ``products`` are the ids seen, ``intents`` without repeats, in order."""

    duration_seconds: int
    tool_usage: Mapping[str, int]
    products: tuple[str, ...]
    intents: tuple[str, ...]
    latency: Mapping[str, Latency]


class Analytics:
    """The reported events in ``<data_dir>/voice-agent.db``. May be used from any thread.

    Raises:
        StorageError: from every method, when the database cannot be read or written.
    """

    def __init__(self, data_dir: Path) -> None:
        self._db = connect(data_dir / FILE, SESSIONS, SCHEMA)
        self._lock = Lock()

    def close(self) -> None:
        self._db.close()

    def track(self, session_id: str, event_type: str, data: Mapping[str, Any]) -> TrackedEvent:
        """Keep an event; it is on the disk when this returns."""
        at = now()
        with self._lock, transaction(self._db):
            cursor = self._db.execute(
                "INSERT INTO events (session_id, event_type, data, timestamp) VALUES (?, ?, ?, ?)",
                [session_id, event_type, json.dumps(data, ensure_ascii=False), at],
            )
            return TrackedEvent(f"evt_{cursor.lastrowid}", event_type, data, at)

    def events(self, session_id: str) -> tuple[TrackedEvent, ...]:
        """What was reported of a session, in order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, event_type, data, timestamp FROM events WHERE session_id = ? ORDER BY id",
                [session_id],
            ).fetchall()
        return tuple(TrackedEvent(f"evt_{n}", kind, json.loads(data), at) for n, kind, data, at in rows)

    def tools_reported(self, session_id: str) -> dict[str, int]:
        """How often clients reported each tool; counted by the database, there may be very many."""
        with self._lock:
            rows = self._db.execute(
                "SELECT json_extract(data, '$.tool_name') AS name, count(*) FROM events "
                "WHERE session_id = ? AND event_type = ? AND json_type(data, '$.tool_name') = 'text' "
                "GROUP BY name ORDER BY min(id)",
                [session_id, TOOL_EXECUTION],
            ).fetchall()
        return dict(rows)


def summarize(
    session: SessionRecord, turns: Iterable[TurnRecord], reported: Mapping[str, int] = NONE_REPORTED
) -> Summary:
    """The numbers of one session: of the tools that ran here, and of those a client ``reported``."""
    turns = tuple(turns)
    usage: Counter[str] = Counter(tool["tool"] for turn in turns for tool in turn.tools)
    usage.update(reported)
    return Summary(
        duration_seconds=duration_seconds(session),
        tool_usage=dict(usage),
        products=viewed(turns),
        intents=tuple(dict.fromkeys(turn.intent for turn in turns)),
        latency=_latency(turns),
    )


def viewed(turns: Iterable[TurnRecord]) -> tuple[str, ...]:
    """The ids of the products that the tools showed, without repeats, in order."""
    return tuple(
        dict.fromkeys(
            product for turn in turns for tool in turn.tools for product in tool.get("products", ())
        )
    )


def duration_seconds(session: SessionRecord) -> int:
    """From the start of a session to its end, or to this moment."""
    started = datetime.fromisoformat(session.started_at)
    return int((datetime.fromisoformat(session.ended_at or now()) - started).total_seconds())


def _latency(turns: Iterable[TurnRecord]) -> dict[str, Latency]:
    stages: dict[str, list[float]] = {}
    for turn in turns:
        for name, took in turn.timings.get("stages", {}).items():
            stages.setdefault(name, []).append(took)
    return {
        name: Latency(round(median(took), 1), round(max(took), 1), len(took)) for name, took in stages.items()
    }


def _make_table(db: Database) -> None:
    db.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, "
        "session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, "
        "event_type TEXT NOT NULL, data TEXT NOT NULL, timestamp TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX events_of_a_session ON events (session_id)")


SCHEMA = Schema("analytics", (_make_table,))
