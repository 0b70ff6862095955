"""A conversation on an engine of the dashboard's own, in a thread beside the screen."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from voice_agent_cli import settings
from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples
from voice_agent_cli.audio.sink import AudioSink, NullSink
from voice_agent_cli.audio.source import AudioSource
from voice_agent_cli.cli.screen.player import Player
from voice_agent_cli.errors import AudioError, VoiceAgentError
from voice_agent_cli.events import ErrorEvent, Event, SessionEnded, ToolFinished, Transcription
from voice_agent_cli.settings import Settings
from voice_agent_cli.tui.backend import Ear, Post, Records
from voice_agent_cli.tui.devices import Ears, OpenSink, no_sink, open_speaker, opened_sink
from voice_agent_cli.tui.ledger import BY_HAND
from voice_agent_cli.tui.notices import Link, Loaded, Microphone, Resumed
from voice_agent_cli.tui.recordings import Recordings
from voice_agent_cli.tui.records import LocalRecords
from voice_agent_cli.tui.worker import Worker

if TYPE_CHECKING:
    from voice_agent_cli.conversation.conversation import Conversation
    from voice_agent_cli.conversation.engines import Engines

_DEVICES = frozenset({"audio.input_device", "audio.output_device"})
OpenSource = Callable[[Settings, "Conversation"], AudioSource]


def open_microphone(loaded: Settings, _: "Conversation") -> AudioSource:
    from voice_agent_cli.audio.microphone import MicrophoneSource

    return MicrophoneSource(loaded.audio.input_device)


class LocalBackend:
    """A ``Backend``.

    Args:
        flags: Settings by dotted key, as options of the command gave them.
        open_source: Called in a thread; None = nobody listens.
        speaks: False = nothing is said aloud, and no voice is loaded.
        ear: Whether it listens all the time, or waits for the talk key (``closed``).
    """

    where = "own engine"
    can_switch = True
    look_every_s = 1.5

    def __init__(
        self,
        flags: Mapping[str, object],
        session_id: str | None = None,
        *,
        open_source: OpenSource | None = open_microphone,
        open_sink: OpenSink = open_speaker,
        speaks: bool = True,
        ear: Ear = "listening",
    ) -> None:
        self._flags = dict(flags)
        self.settings = settings.load(self._flags)
        self._session_id = session_id
        self._open_source = open_source
        self._open_sink = open_sink if speaks else no_sink
        self._speaks = speaks
        self.records: Records = LocalRecords(self.settings.data_dir)
        self.recordings = Recordings()
        self._ears = Ears(ear, self.recordings)
        self._worker = Worker()
        self._post: Post = lambda _: None
        self._engines: Engines | None = None
        self._conversation: Conversation | None = None
        self._sink: AudioSink = NullSink()
        self._by_hand = 0
        self._wishes: asyncio.Queue[tuple[Settings, str | None] | None] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None

    def start(self, post: Post) -> None:
        self._post = post
        self._worker.run(self._begin())

    def close(self) -> None:
        self._worker.close(self._end())

    def say(self, text: str) -> None:
        self._worker.run(self._say(text))

    def interrupt(self) -> None:
        self._worker.call(self._interrupt)

    def listen(self, ear: Ear) -> None:
        self._worker.call(self._listen, ear)

    def switch(self, flags: Mapping[str, object], session_id: str | None = None) -> None:
        changed = {**self._flags, **flags}
        loaded = settings.load(changed)  # a wrong one is told here, and nothing has changed
        self._flags = changed
        same_shop = loaded.shop.name == self.settings.shop.name
        wanted = session_id or (self._session_id if same_shop else None)
        self._worker.call(self._wishes.put_nowait, (loaded, wanted))

    def play(self, samples: Samples) -> None:
        self._worker.run(self._play(samples))

    async def run_tool(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return await asyncio.wrap_future(self._worker.run(self._run_by_hand(name, arguments)))

    async def change_line(self, line: Mapping[str, Any], quantity: int) -> None:
        if quantity:
            await self.run_tool("update_cart", {"product": line["line_id"], "quantity": quantity})
        else:
            await self.run_tool("remove_from_cart", {"product": line["line_id"]})

    async def _begin(self) -> None:
        self._post(Link("here"))
        self._life = asyncio.create_task(self._live())

    async def _end(self) -> None:
        if self._life is not None:
            await self._wishes.put(None)
            await asyncio.wait({self._life})

    async def _live(self) -> None:
        """One conversation after the other, until it is closed; models load while the old one goes on."""
        engines = await self._load(self.settings)
        while engines is None:
            wish = await self._wishes.get()
            if wish is None:
                return
            self.settings, engines = wish[0], await self._load(wish[0])
        while engines is not None:
            following = await self._converse(engines)
            if following is not engines:
                await asyncio.to_thread(engines.close)
            engines = following

    async def _load(self, loaded: Settings) -> "Engines | None":
        from voice_agent_cli.conversation.engines import Engines

        hears = self._open_source is not None
        parts = {"shop": loaded.shop.name, "agent": loaded.understanding.model}
        parts |= {"voice": loaded.speaking.voice} if self._speaks else {}
        parts |= {"ears": loaded.hearing.engine} if hears else {}
        for part in ("ears", "agent", "voice", "shop"):
            self._post(Loaded(part, "loading", parts[part]) if part in parts else Loaded(part, "off"))
        ready = partial(_tell_ready, self._post, parts)
        try:
            engines = await asyncio.to_thread(Engines, loaded, hears=hears, speaks=self._speaks, loaded=ready)
        except VoiceAgentError as error:
            self._post(Loaded("engine", "failed", error.message))
            return None
        if hears:
            self._post(Loaded("ears", "ready", engines.hearing.removeprefix("Hearing with ").split(";")[0]))
        self._post(Loaded("engine", "ready"))
        return engines

    async def _converse(self, engines: "Engines") -> "Engines | None":
        """One conversation; returns the engines of the next one, or None at the end."""
        loaded, self._engines = engines.settings, engines
        conversation = await asyncio.to_thread(
            engines.open, self._session_id, metadata={"source": "tui"}, barge_in=loaded.audio.barge_in
        )
        self._session_id = conversation.session_id
        self._sink = await opened_sink(self._open_sink, loaded, self._post)
        conversation.subscribe(self._see)
        conversation.subscribe(Player(self._sink, conversation.publish))
        hearing: asyncio.Task[None] | None = None
        try:
            async with conversation:
                self._conversation = conversation
                past = await self._show_what_is_kept(conversation)
                hearing = asyncio.create_task(self._hear(conversation, loaded))
                if self._open_source is not None and not past:
                    await conversation.greet()
                return await self._next(engines)
        finally:
            self._conversation = None
            if hearing is not None:
                hearing.cancel()
            self._sink.close()

    async def _hear(self, conversation: "Conversation", loaded: Settings) -> None:
        source = self._open_source
        opens = partial(source, loaded, conversation) if source is not None else None
        await self._ears.listen(
            opens, conversation.listen, lambda: conversation.elapsed_s, self._post, conversation.end_turn
        )

    async def _next(self, engines: "Engines") -> "Engines | None":
        """Wait for a wish that ends this conversation."""
        while wish := await self._wishes.get():
            wanted, session_id = wish
            before, after = engines.settings.values(), wanted.values()
            changed = {key for key in after if after[key] != before[key]}
            fresh = engines if changed <= _DEVICES else await self._load(wanted)
            if fresh is None:
                continue
            fresh.settings = self.settings = wanted
            self._session_id = session_id
            return fresh
        return None

    async def _see(self, event: Event) -> None:
        self.recordings.take(event)
        if not isinstance(event, SessionEnded):
            self._post(event)

    async def _show_what_is_kept(self, conversation: "Conversation") -> int:
        """What was said in a session that is resumed, and its cart; returns how many messages there were."""
        engines = self._engines
        assert engines is not None
        messages = await asyncio.to_thread(engines.sessions.messages, conversation.session_id)
        self._post(Resumed(conversation.session_id, tuple(vars(message) for message in messages)))
        outcome = await self._run_tool("view_cart", {})
        if outcome.success and outcome.result and outcome.result["cart"]["lines"]:
            self._post(_finished(f"{BY_HAND}0", outcome))
        return len(messages)

    def _interrupt(self) -> None:
        self._sink.interrupt()
        if self._conversation is not None:
            self._conversation.interrupt()

    def _listen(self, ear: Ear) -> None:
        self._ears.ear = ear
        if self._conversation is not None and ear == "closed":
            self._conversation.end_turn()
        self._post(Microphone(ear))

    async def _say(self, text: str) -> None:
        conversation = self._conversation
        if conversation is None:
            self._post(ErrorEvent(code="NOT_READY", message_="the models are still loading; try again soon"))
            return
        conversation.publish(Transcription(text=text, confidence=1.0, is_final=True))
        await conversation.say(text)

    async def _play(self, samples: Samples) -> None:
        with suppress(AudioError):
            await self._sink.write(samples, SAMPLE_RATE)

    async def _run_by_hand(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        outcome = await self._run_tool(name, arguments)
        self._by_hand += 1
        if self._conversation is not None:
            self._conversation.publish(_finished(f"{BY_HAND}{self._by_hand}", outcome))
        message: Mapping[str, Any] = outcome.message()
        return message

    async def _run_tool(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """A tool's outcome, in a visit of its own: the conversation's shop is its thread's alone."""
        from voice_agent_cli.shop.shop import Shop
        from voice_agent_cli.tools import registry

        engines, conversation = self._engines, self._conversation
        if engines is None or conversation is None:
            raise VoiceAgentError("the models are still loading; try again soon")

        def execute() -> registry.ToolOutcome:
            with Shop.open(engines.database, conversation.session_id) as shop:
                return registry.execute(shop, name, arguments)

        return await asyncio.to_thread(execute)


def _finished(turn_id: str, outcome: Any) -> ToolFinished:
    from voice_agent_cli.conversation.answering import finished

    return finished(turn_id, outcome)


def _tell_ready(post: Post, names: Mapping[str, str], part: str) -> None:
    post(Loaded(part, "ready", names[part]))
