"""A thread with a loop of its own, in which a conversation runs beside the screen."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from voice_agent_cli.errors import VoiceAgentError

Result = TypeVar("Result")
_END_S = 8.0


_LOG = logging.getLogger(__name__)


class Worker:
    """Runs coroutines in its thread. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        """Begin ``work``; its future may be wrapped for another loop."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.add_done_callback(_log_failure)
        return future

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a plain function in the thread, soon."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run ``last``, but not for longer than eight seconds, and end the thread."""
        with suppress(TimeoutError):  # a model that is just being loaded cannot be stopped
            self.run(last).result(_END_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1.0)


def _log_failure(future: "Future[Any]") -> None:
    """What nobody waits for must not fail unseen; an error of ours is told to whoever asked."""
    if not future.cancelled() and (error := future.exception()) and not isinstance(error, VoiceAgentError):
        _LOG.error("the dashboard's engine failed", exc_info=error)
