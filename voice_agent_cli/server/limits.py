"""How much a caller may do: exact sliding windows, and a budget for streamed audio.

In any stretch of the window's length at most ``limit`` requests are served. A request
that is refused does not count. ``X-RateLimit-Reset`` is the second in which the oldest
request that counts leaves the window: from then on at least one more is served.
"""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlite_utils import Database

from voice_agent_cli.server.faults import RateLimitExceededError
from voice_agent_cli.storage.database import Schema, connect, transaction

Clock = Callable[[], float]
SESSIONS_PER_MINUTE = 10
MESSAGES_PER_MINUTE = 100
REQUESTS_PER_HOUR = 1000
AUDIO_RATE = 1.5
AUDIO_BURST_S = 10.0
FILE = "limits.db"


@dataclass(frozen=True)
class Verdict:
    """Whether a request is served, and what is left. ``resets_at`` is in seconds since 1970."""

    allowed: bool
    limit: int
    remaining: int
    resets_at: float

    def headers(self) -> dict[str, str]:
        """The documented rate limit headers."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.resets_at)),
        }

    def error(self, what: str, now: float) -> RateLimitExceededError:
        """The refusal, saying when to come back."""
        wait = max(1, math.ceil(self.resets_at - now))
        return RateLimitExceededError(
            f"too many {what}: {self.limit} are allowed; try again in {wait} s",
            {"limit": self.limit, "reset": math.ceil(self.resets_at), "retry_after_s": wait},
        )


class Window(Protocol):
    """A sliding window for each key."""

    def hit(self, key: str) -> Verdict:
        """Count a request of ``key`` if it is served."""
        ...


class MemoryWindow:
    """Windows of one process. For its event loop only: no request waits in the middle of one."""

    def __init__(self, limit: int, seconds: float, clock: Clock) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._hits: OrderedDict[str, deque[float]] = OrderedDict()

    def hit(self, key: str) -> Verdict:
        now = self._clock()
        self._drop_idle(now)
        hits = self._hits.setdefault(key, deque())
        while hits and now - hits[0] >= self._seconds:
            hits.popleft()
        allowed = len(hits) < self._limit
        if allowed:
            hits.append(now)
            self._hits.move_to_end(key)
        return Verdict(allowed, self._limit, self._limit - len(hits), hits[0] + self._seconds)

    def _drop_idle(self, now: float) -> None:
        """Forget the keys whose last request has left the window; they stand at the front."""
        while self._hits:
            key, hits = next(iter(self._hits.items()))
            if now - hits[-1] < self._seconds:
                return
            del self._hits[key]


class StoredWindow:
    """Windows that several worker processes share through SQLite."""

    def __init__(self, db: Database, name: str, limit: int, seconds: float, clock: Clock) -> None:
        self._db = db
        self._name = name
        self._limit = limit
        self._seconds = seconds
        self._clock = clock

    def hit(self, key: str) -> Verdict:
        with transaction(self._db):
            now = self._clock()
            self._db.execute("DELETE FROM hits WHERE name = ? AND at <= ?", [self._name, now - self._seconds])
            count, oldest = self._db.execute(
                "SELECT count(*), min(at) FROM hits WHERE name = ? AND key = ?", [self._name, key]
            ).fetchone()
            allowed = count < self._limit
            if allowed:
                self._db.execute("INSERT INTO hits VALUES (?, ?, ?)", [self._name, key, now])
        first = now if oldest is None else oldest
        return Verdict(allowed, self._limit, self._limit - count - allowed, first + self._seconds)


@dataclass(frozen=True)
class Limits:
    """The documented limits: of sessions by address, of messages by session, of requests by token."""

    sessions: Window
    messages: Window
    requests: Window

    @classmethod
    def in_memory(cls, clock: Clock = time.time) -> "Limits":
        """For a server of one process."""
        return cls(*(MemoryWindow(limit, seconds, clock) for _, limit, seconds in _DOCUMENTED))

    @classmethod
    def stored(cls, data_dir: Path, clock: Clock = time.time) -> "Limits":
        """For a server of several processes."""
        db = connect(data_dir / FILE, Schema("limits", (_make_table,)))
        return cls(*(StoredWindow(db, name, limit, seconds, clock) for name, limit, seconds in _DOCUMENTED))


_DOCUMENTED = (
    ("sessions", SESSIONS_PER_MINUTE, 60.0),
    ("messages", MESSAGES_PER_MINUTE, 60.0),
    ("requests", REQUESTS_PER_HOUR, 3600.0),
)


class AudioBudget:
    """Seconds of streamed audio: ``AUDIO_RATE`` times real time, ``AUDIO_BURST_S`` at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = AUDIO_BURST_S
        self._at = clock()

    def spend(self, seconds: float) -> bool:
        """Take ``seconds`` if they are there."""
        now = self._clock()
        self._left = min(AUDIO_BURST_S, self._left + AUDIO_RATE * max(0.0, now - self._at))
        self._at = now
        if seconds > self._left:
            return False
        self._left -= seconds
        return True


def tightest(verdicts: Iterable[Verdict]) -> dict[str, str]:
    """The headers of the limit that is nearest; none where nothing was limited."""
    nearest = min(verdicts, key=lambda verdict: (verdict.allowed, verdict.remaining), default=None)
    return nearest.headers() if nearest else {}


def _make_table(db: Database) -> None:
    db.execute("CREATE TABLE hits (name TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL)")
    db.execute("CREATE INDEX hits_of_a_key ON hits (name, key, at)")
    db.execute("CREATE INDEX hits_by_age ON hits (name, at)")
