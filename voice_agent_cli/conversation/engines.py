"""Everything a conversation needs, loaded once and at the same time; conversations are opened on it."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from voice_agent_cli.conversation.answering import Agent
from voice_agent_cli.conversation.conversation import Conversation, Parts
from voice_agent_cli.errors import ModelError
from voice_agent_cli.hearing import open_recognizer
from voice_agent_cli.hearing.recognizer import Recognizer
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import ensure_shop, shop_path
from voice_agent_cli.speaking.voice import Kept, Voice, open_voice
from voice_agent_cli.storage.sessions import Sessions

_WARM_UP = "Hello."


class Engines:
    """The read-only models and the open databases; what conversations share.

    Args:
        hears, speaks: whether a recognizer and a voice are wanted.
        loaded: told of each part that is ready, from any thread: agent, voice, shop, ears.

    Raises:
        ModelError: a model is absent, damaged or does not run.
        NotFoundError: there is no shop of that name.
        StorageError: a database cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        hears: bool = True,
        speaks: bool = True,
        loaded: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.database = shop_path(settings.data_dir, settings.shop.name)
        self.sessions = Sessions(settings.data_dir)
        self.kept = Kept()
        with ThreadPoolExecutor(4) as pool:
            agent = pool.submit(_open_agent, settings)
            voice = pool.submit(_open_voice, settings) if speaks else None
            ready = pool.submit(ensure_shop, settings.data_dir, settings.shop.name)
            ears = pool.submit(_open_ears, settings, ready) if hears else None
            for part, future in (("agent", agent), ("voice", voice), ("shop", ready), ("ears", ears)):
                if future is not None:
                    _tell(future, part, loaded)
            ready.result()
            _warm_search(self.database)
            self.agent: Agent = agent.result()
            self.voice: Voice | None = voice.result() if voice else None
            self._first_ears: Recognizer | None = ears.result() if ears else None
        self._hears = hears

    @property
    def hearing(self) -> str:
        """Who hears, in a line for the start of a conversation; empty where nobody does."""
        if self._first_ears is None:
            return ""
        if self._first_ears.engine == "vosk":
            return f"Hearing with Vosk ({self._first_ears.model})"
        return "Hearing with PocketSphinx; `voice-agent models pull vosk-en` for Vosk"

    def open(
        self,
        session_id: str | None = None,
        user_id: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        barge_in: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> Conversation:
        """A new conversation, or the one of this session going on.

        Raises:
            StorageError: its databases cannot be used.
        """
        session = self.sessions.start(session_id, user_id, metadata)
        parts = Parts(
            shop=Shop.open(self.database, session.session_id, session.user_id),
            sessions=self.sessions,
            agent=self.agent,
            voice=self.voice,
            recognizer=self._ears(),
            kept=self.kept,
        )
        return Conversation(session.session_id, parts, barge_in=barge_in, clock=clock)

    def close(self) -> None:
        self.sessions.close()

    def _ears(self) -> Recognizer | None:
        """A recognizer of its own for each conversation; the first one is loaded with the engines."""
        if not self._hears:
            return None
        if self._first_ears is not None and not self._first_ears_taken:
            self._first_ears_taken = True
            return self._first_ears
        return open_recognizer(self.settings, self.database)

    _first_ears_taken = False


def _tell(future: "Future[Any]", part: str, loaded: Callable[[str], None]) -> None:
    future.add_done_callback(lambda done: None if done.exception() else loaded(part))


def _open_ears(settings: Settings, ready: "Future[Path]") -> Recognizer:
    return open_recognizer(settings, ready.result())


def _warm_search(database: Path) -> None:
    """A first search reads the catalogue's words and loads the meaning model; later ones share them."""
    from voice_agent_cli.shop.search import SearchRequest

    with Shop.open(database, "") as shop:
        shop.search.find(SearchRequest(query="a gift", limit=1))
        with suppress(ModelError):  # searching by words works all the same
            shop.search.warm()


def _open_agent(settings: Settings) -> Agent:
    from voice_agent_cli.tools import registry
    from voice_agent_cli.understanding.agent import open_agent
    from voice_agent_cli.understanding.state import State

    agent = open_agent(settings, registry.argument_names())
    agent.prepare(State())
    return agent


def _open_voice(settings: Settings) -> Voice:
    voice = open_voice(settings)
    try:
        voice.synthesize(_WARM_UP)  # the first sentence of a model is the slowest
    except ModelError as error:
        raise ModelError(f"{voice.name} does not speak here: {error.message}") from error
    return voice
