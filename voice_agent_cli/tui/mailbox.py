"""Notices from the engine's thread to the screen's loop: the one who posts never waits.

The screen takes them in batches, at most 30 a second; of the meter's levels only the
last one of a batch is kept.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from voice_agent_cli.events import AudioLevel
from voice_agent_cli.tui.notices import Notice

REDRAWS_A_SECOND = 30
_MOST_WAITING = 5000


class Mailbox:
    """``take`` is called in the loop of the one who made the mailbox, with what was posted since."""

    def __init__(self, take: Callable[[Sequence[Notice]], None]) -> None:
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: deque[Notice] = deque(maxlen=_MOST_WAITING)
        self._level: AudioLevel | None = None
        self._is_rung = False
        self._due = 0.0

    def post(self, notice: Notice) -> None:
        """From any thread."""
        with self._lock:
            if isinstance(notice, AudioLevel):
                self._level = notice
            else:
                self._waiting.append(notice)
            if self._is_rung:
                return
            self._is_rung = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        self._loop.call_later(max(self._due - time.monotonic(), 0.0), self._deliver)

    def _deliver(self) -> None:
        self._due = time.monotonic() + 1 / REDRAWS_A_SECOND
        with self._lock:
            batch = [*self._waiting, *([self._level] if self._level else [])]
            self._waiting.clear()
            self._level = None
            self._is_rung = False
        self._take(batch)
