"""Recognizers shared by conversations: one is borrowed for an utterance and given back after it.

A recognizer takes tens of megabytes, and most of a conversation is silence.
"""

import os
from collections.abc import Callable
from threading import BoundedSemaphore, Lock

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.hearing.recognizer import Recognizer, Transcript

_MOST = max(4, 2 * (os.cpu_count() or 1))


class EarPool:
    """At most ``most`` recognizers, made when they are needed. For any thread."""

    def __init__(self, new: Callable[[], Recognizer], most: int = _MOST) -> None:
        self._new = new
        self._free: list[Recognizer] = []
        self._lock = Lock()
        self._left = BoundedSemaphore(most)

    def borrow(self) -> Recognizer:
        """A recognizer for one utterance; waits while all are lent.

        Raises:
            ModelError: one more cannot be loaded.
        """
        self._left.acquire()
        try:
            with self._lock:
                if self._free:
                    return self._free.pop()
            return self._new()
        except BaseException:
            self._left.release()
            raise

    def give_back(self, ears: Recognizer) -> None:
        with self._lock:
            self._free.append(ears)
        self._left.release()


class SharedEars:
    """One conversation's recognizer, a real one while somebody speaks."""

    engine = "shared"
    model = "shared"

    def __init__(self, pool: EarPool) -> None:
        self._pool = pool
        self._ears: Recognizer | None = None
        self._closed = False
        self._lock = Lock()

    def accept(self, frame: NDArray[np.int16]) -> None:
        with self._lock:
            if self._closed:
                return
            if self._ears is None:
                self._ears = self._pool.borrow()
            self._ears.accept(frame)

    def partial(self) -> str:
        with self._lock:
            return self._ears.partial() if self._ears else ""

    def finish(self) -> Transcript:
        with self._lock:
            if self._ears is None:
                return Transcript("", 0.0)
            try:
                return self._ears.finish()
            finally:
                self._return()

    def reset(self) -> None:
        with self._lock:
            if self._ears is not None:
                self._ears.reset()
                self._return()

    def close(self) -> None:
        """Hear nothing more; an utterance that had begun is forgotten."""
        self._closed = True
        self.reset()

    def _return(self) -> None:
        ears, self._ears = self._ears, None
        if ears is not None:
            self._pool.give_back(ears)
