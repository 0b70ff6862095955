"""What the routes work with: one of each for a server process."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import web

from voice_agent_cli.server.auth import Gate, Tokens, signing_secret
from voice_agent_cli.server.conversations import Conversations, Models, load_models
from voice_agent_cli.server.kept import KeptAnswers
from voice_agent_cli.server.limits import Limits
from voice_agent_cli.server.live import LiveSessions
from voice_agent_cli.server.metrics import Metrics
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.catalogue import SCHEMA as CATALOGUE
from voice_agent_cli.shop.catalogue import Catalogue
from voice_agent_cli.shop.schema import VISIT
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import ensure_shop, shop_path
from voice_agent_cli.storage.analytics import Analytics
from voice_agent_cli.storage.database import Pulse, check, connect
from voice_agent_cli.storage.keys import Keys
from voice_agent_cli.storage.sessions import FILE, Sessions

Done = TypeVar("Done")


class ShopCounter:
    """The shop, for routes: every visit over one connection, in a thread of its own.

    What only takes a look has another connection, and no thread: it is quicker than the way there.
    """

    def __init__(self, settings: Settings) -> None:
        path = shop_path(settings.data_dir, settings.shop.name)
        self._db = connect(path, CATALOGUE, VISIT)
        self._catalogue = Catalogue(self._db)
        self._window = connect(path, CATALOGUE, VISIT)
        self._window_catalogue = Catalogue(self._window)
        self._pulse = Pulse(self._window)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="counter")

    async def serve(self, session_id: str, user_id: str | None, work: Callable[[Shop], Done]) -> Done:
        """Do ``work`` in the visit of a session."""
        loop = asyncio.get_running_loop()
        shop = Shop(self._db, session_id, user_id, self._catalogue)
        return await loop.run_in_executor(self._thread, work, shop)

    def look(self, session_id: str, user_id: str | None, work: Callable[[Shop], Done]) -> Done:
        """Do ``work``, which reads a few rows and changes nothing, in the visit of a session."""
        return work(Shop(self._window, session_id, user_id, self._window_catalogue))

    def version(self) -> int:
        """Changes with every change of the shop's database."""
        return self._pulse()

    def close(self) -> None:
        self._thread.shutdown(wait=True)
        self._db.close()
        self._window.close()


@dataclass(frozen=True)
class Services:
    """``clock`` is in seconds since 1970. ``sessions`` is only read (by the loop); threads use ``writer``."""

    settings: Settings
    sessions: Sessions
    writer: Sessions
    keys: Keys
    analytics: Analytics
    tokens: Tokens
    gate: Gate
    limits: Limits
    counter: ShopCounter
    conversations: Conversations
    live: LiveSessions
    kept: KeptAnswers
    clock: Callable[[], float] = time.time
    metrics: Metrics = field(default_factory=Metrics)

    def close(self) -> None:
        self.counter.close()
        for store in (self.sessions, self.writer, self.keys, self.analytics):
            store.close()


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
CALLER: web.RequestKey[str] = web.RequestKey("caller", str)


def open_services(
    settings: Settings,
    *,
    load: Callable[[Settings], Models] = load_models,
    shared: bool = False,
    clock: Callable[[], float] = time.time,
) -> Services:
    """Everything a server process needs; the models are loaded later, by ``load``.

    ``shared`` is for one of several processes: their limits are kept in common.

    Raises:
        StorageError: a database is damaged or cannot be used.
        NotFoundError: there is no shop of the settings' name.
        UsageError: the signing secret cannot be used.
    """
    check(ensure_shop(settings.data_dir, settings.shop.name))
    keys = Keys(settings.data_dir)
    check(settings.data_dir / FILE)
    tokens = Tokens(signing_secret(settings), settings.server.token_lifetime_s)
    writer, sessions, counter = (
        Sessions(settings.data_dir),
        Sessions(settings.data_dir),
        ShopCounter(settings),
    )
    return Services(
        settings=settings,
        sessions=sessions,
        writer=writer,
        keys=keys,
        analytics=Analytics(settings.data_dir),
        tokens=tokens,
        gate=Gate(keys, tokens),
        limits=Limits.stored(settings.data_dir, clock) if shared else Limits.in_memory(clock),
        counter=counter,
        conversations=Conversations(settings, writer, load),
        live=LiveSessions(),
        kept=KeptAnswers(lambda: (sessions.version(), counter.version())),
        clock=clock,
    )
