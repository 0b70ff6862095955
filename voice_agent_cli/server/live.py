"""The conversations going on now, and what becomes of those that fall silent."""

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.storage.retention import expire, forget

if TYPE_CHECKING:
    from voice_agent_cli.server.services import Services

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_S = 5.0
_FORGET_EVERY_S = 3600.0


class Connection(Protocol):
    """A client's open connection. ``last_traffic`` is on the services' clock."""

    session_id: str | None
    last_traffic: float

    async def leave(self, reason: str) -> None:
        """Say that the session is over, for ``reason``; the connection then closes."""
        ...

    async def finish(self, reason: str) -> None:
        """Put the conversation away; returns once that is done."""
        ...


class LiveSessions:
    """Which connection speaks for which session: one at a time."""

    def __init__(self) -> None:
        self._connections: set[Connection] = set()
        self._speakers: dict[str, Connection] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections))

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def session_ids(self) -> tuple[str, ...]:
        return tuple(self._speakers)

    def arrive(self, connection: Connection) -> None:
        self._connections.add(connection)

    async def see_off(self, connection: Connection) -> None:
        """A client has gone: put its conversation away, even where the one who waits is cancelled."""
        task = asyncio.create_task(self._part(connection))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        await asyncio.shield(task)

    async def all_gone(self) -> None:
        """Wait until everybody who left has been seen off."""
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def speaker(self, session_id: str) -> Connection | None:
        """The connection that this session talks over."""
        return self._speakers.get(session_id)

    def claim(self, session_id: str, connection: Connection) -> None:
        """The session talks over this connection from now on."""
        self._speakers[session_id] = connection

    def release(self, connection: Connection) -> None:
        """The connection speaks for no session any more."""
        held = [session for session, speaker in self._speakers.items() if speaker is connection]
        for session_id in held:
            del self._speakers[session_id]

    async def _part(self, connection: Connection) -> None:
        try:
            await connection.finish("disconnected")
        finally:
            self._connections.discard(connection)
            self.release(connection)


async def keep_house(services: "Services") -> None:
    """Expire what is silent and forget what is old, until cancelled."""
    timeout = services.settings.server.session_timeout_s
    next_forgetting = services.clock()
    while True:
        await asyncio.sleep(min(_LOOK_EVERY_S, timeout / 4))
        try:
            await _end_silent(services, timeout)
            if services.settings.server.keep_days and services.clock() >= next_forgetting:
                next_forgetting = services.clock() + _FORGET_EVERY_S
                await asyncio.to_thread(
                    forget, services.settings.data_dir, services.settings.server.keep_days
                )
        except VoiceAgentError as error:
            _LOG.error("cannot look after the sessions: %s", error.message)


async def _end_silent(services: "Services", timeout: float) -> None:
    now = services.clock()
    for connection in services.live:
        if now - connection.last_traffic >= timeout:
            await connection.leave("expired")
    busy = services.live.session_ids
    await asyncio.to_thread(services.writer.touch, busy)
    ended = await asyncio.to_thread(services.writer.ended_among, busy)
    await asyncio.to_thread(expire, services.settings.data_dir, timeout, busy)
    for session_id in ended:
        if speaker := services.live.speaker(session_id):
            await speaker.leave("ended")
