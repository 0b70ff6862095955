"""Events out to any number of subscribers that cannot slow or break the one who publishes.

Each subscriber has its own queue and, if it is a callback, its own task; a plain
function is called in a thread. What a subscriber raises is logged and stays there.
"""

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from voice_agent_cli.events import AudioLevel, Event

_LOG = logging.getLogger(__name__)
Callback = Callable[[Event], None] | Callable[[Event], Awaitable[None]]

_WAITING_LIMIT = 4000
_METER_LIMIT = 50
_CLOSE_TIMEOUT_S = 2.0


class Subscription:
    """What one subscriber has not seen yet; iterate it, or leave it to its callback's task.

    A subscriber too slow for its meter misses levels; one that has fallen
    ``_WAITING_LIMIT`` events behind misses the oldest, counted in ``missed``.
    """

    def __init__(self) -> None:
        self.missed = 0
        self._waiting: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        if self._closed or (isinstance(event, AudioLevel) and len(self._waiting) >= _METER_LIMIT):
            return
        if len(self._waiting) >= _WAITING_LIMIT:
            self._waiting.popleft()
            self.missed += 1
        self._waiting.append(event)
        self._arrived.set()

    def close(self) -> None:
        """No more events; what is waiting can still be read."""
        self._closed = True
        self._arrived.set()

    async def batch(self) -> list[Event]:
        """Everything waiting, as soon as there is something; empty once closed."""
        while not self._waiting and not self._closed:
            self._arrived.clear()
            await self._arrived.wait()
        events = list(self._waiting)
        self._waiting.clear()
        return events

    async def __aiter__(self) -> AsyncIterator[Event]:
        while batch := await self.batch():
            for event in batch:
                yield event


class Broadcast:
    """The one way out of a conversation."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._tasks: list[asyncio.Task[None]] = []

    def subscribe(self, callback: Callback | None = None) -> Subscription:
        """A subscription to iterate, or one whose events ``callback`` gets in order."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        if callback is not None:
            deliver = _deliver_async if _is_async(callback) else _deliver_in_thread
            self._tasks.append(asyncio.create_task(deliver(subscription, callback)))
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        subscription.close()
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def publish(self, event: Event) -> None:
        """Hand ``event`` to every subscriber; never waits."""
        for subscription in self._subscriptions:
            subscription.put(event)

    async def close(self) -> None:
        """Let subscribers see the last events, but not for longer than two seconds."""
        for subscription in self._subscriptions:
            subscription.close()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_CLOSE_TIMEOUT_S)
            for task in late:
                task.cancel()


def _is_async(callback: Callback) -> bool:
    call = callback if inspect.isroutine(callback) else type(callback).__call__
    return inspect.iscoroutinefunction(call)


async def _deliver_async(subscription: Subscription, callback: Callback) -> None:
    async for event in subscription:
        try:
            await callback(event)  # type: ignore[misc]
        except Exception:
            _LOG.exception("a subscriber failed on %s", event.type)


async def _deliver_in_thread(subscription: Subscription, callback: Callback) -> None:
    while batch := await subscription.batch():
        await asyncio.to_thread(_call_each, callback, batch)


def _call_each(callback: Callback, batch: list[Event]) -> None:
    for event in batch:
        try:
            callback(event)
        except Exception:
            _LOG.exception("a subscriber failed on %s", event.type)
