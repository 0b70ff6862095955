"""Conversations on models that are loaded once and shared, at the first need or before it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from voice_agent_cli.conversation.answering import Agent
from voice_agent_cli.conversation.conversation import Conversation, Parts
from voice_agent_cli.hearing.recognizer import Recognizer
from voice_agent_cli.server.ears import EarPool, SharedEars
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import shop_path
from voice_agent_cli.speaking.voice import Kept, Voice
from voice_agent_cli.storage.sessions import SessionRecord, Sessions, Status

_LOG = logging.getLogger(__name__)
Health = Literal["healthy", "loading", "unhealthy", "not_configured"]


@dataclass(frozen=True)
class Models:
    """The read-only models. ``new_ears`` loads one more recognizer; it is called in a thread."""

    agent: Agent
    voice: Voice | None
    new_ears: Callable[[], Recognizer]


def load_models(settings: Settings) -> Models:
    """The models of the settings; takes seconds.

    Raises:
        VoiceAgentError: one of them cannot be used.
    """
    from functools import partial

    from voice_agent_cli.conversation.engines import Engines
    from voice_agent_cli.hearing import open_recognizer

    engines = Engines(settings, hears=False)
    engines.close()
    return Models(engines.agent, engines.voice, partial(open_recognizer, settings, engines.database))


@dataclass(frozen=True)
class Visit:
    """A conversation, and what must be put away after it."""

    conversation: Conversation
    shop: Shop
    ears: SharedEars

    async def end(self, reason: str, status: Status) -> None:
        """End the conversation; ``active`` leaves its session open for another one."""
        await self.conversation.end(reason, status)
        await asyncio.to_thread(self.ears.close)
        self.shop.close()


class Conversations:
    """Opens conversations. The models are loaded by whoever comes first; the others wait for them."""

    def __init__(
        self, settings: Settings, sessions: Sessions, load: Callable[[Settings], Models] = load_models
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._load = load
        self._kept = Kept()
        self._loading: asyncio.Task[tuple[Models, EarPool]] | None = None

    def preload(self) -> None:
        """Begin to load the models, without waiting for them."""
        if self._loading is None or _failed(self._loading):
            self._loading = asyncio.create_task(asyncio.to_thread(self._loaded))
            self._loading.add_done_callback(_log_failure)

    async def open(self, session: SessionRecord) -> Visit:
        """A conversation of ``session``, not yet entered.

        Raises:
            VoiceAgentError: a model or the shop cannot be used.
        """
        self.preload()
        assert self._loading is not None
        models, pool = await asyncio.shield(self._loading)
        database = shop_path(self._settings.data_dir, self._settings.shop.name)
        shop = await asyncio.to_thread(Shop.open, database, session.session_id, session.user_id)
        ears = SharedEars(pool)
        parts = Parts(shop, self._sessions, models.agent, models.voice, ears, self._kept)
        return Visit(Conversation(session.session_id, parts), shop, ears)

    def health(self) -> Health:
        """How the models are; those that nobody needed yet are not known to be ill."""
        if self._loading is None:
            return "healthy"
        if not self._loading.done():
            return "loading"
        return "unhealthy" if _failed(self._loading) else "healthy"

    def _loaded(self) -> tuple[Models, EarPool]:
        models = self._load(self._settings)
        pool = EarPool(models.new_ears)
        pool.give_back(pool.borrow())  # the first to speak shall not wait for it
        return models, pool


def _failed(task: "asyncio.Task[tuple[Models, EarPool]]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _log_failure(task: "asyncio.Task[tuple[Models, EarPool]]") -> None:
    if not task.cancelled() and (error := task.exception()):
        _LOG.error("the models cannot be loaded: %s", error)
