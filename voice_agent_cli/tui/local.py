"""A conversation on an engine of the dashboard's own, in a thread beside the screen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from voice_agent_cli import settings
from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples, dbfs
from voice_agent_cli.audio.sink import AudioSink, NullSink
from voice_agent_cli.audio.source import AudioSource
from voice_agent_cli.cli.screen.player import Player
from voice_agent_cli.errors import AudioError, VoiceAgentError
from voice_agent_cli.events import AudioLevel, ErrorEvent, Event, SessionEnded, ToolFinished, Transcription
from voice_agent_cli.settings import Settings
from voice_agent_cli.tui.backend import Ear, Post, Records
from voice_agent_cli.tui.ledger import BY_HAND
from voice_agent_cli.tui.notices import Link, Loaded, Microphone
from voice_agent_cli.tui.recordings import Recordings
from voice_agent_cli.tui.records import LocalRecords
from voice_agent_cli.tui.worker import Worker

if TYPE_CHECKING:
    from voice_agent_cli.conversation.conversation import Conversation
    from voice_agent_cli.conversation.engines import Engines

AGAIN_S = 3.0  # between two looks for a device that was lost
_LEVEL_EVERY = 3
_DEVICES = frozenset({"audio.input_device", "audio.output_device"})
OpenSource = Callable[[Settings, "Conversation"], AudioSource]
OpenSink = Callable[[Settings], AudioSink]


def open_microphone(loaded: Settings, _: "Conversation") -> AudioSource:
    from voice_agent_cli.audio.microphone import MicrophoneSource

    return MicrophoneSource(loaded.audio.input_device)


def open_speaker(loaded: Settings) -> AudioSink:
    from voice_agent_cli.audio.speaker import SpeakerSink

    return SpeakerSink(loaded.audio.output_device)


class LocalBackend:
    """A ``Backend``. ``open_source`` None = nobody listens; ``speaks`` False = nothing is said aloud.

    Args:
        flags: Settings by dotted key, as options of the command gave them.
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
        self._open_sink = open_sink
        self._speaks = speaks
        self._ear: Ear = ear
        self.records: Records = LocalRecords(self.settings.data_dir)
        self.recordings = Recordings()
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
        if self._conversation is not None:
            self._worker.call(self._conversation.interrupt)

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
        return await asyncio.wrap_future(self._worker.run(self._run_tool(name, arguments)))

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
        for part, name in parts.items():
            self._post(Loaded(part, "loading", name))
        for part in {"voice", "ears"} - set(parts):
            self._post(Loaded(part, "off"))
        try:
            engines = await asyncio.to_thread(
                Engines,
                loaded,
                hears=hears,
                speaks=self._speaks,
                loaded=lambda part: self._post(Loaded(part, "ready", parts[part])),
            )
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
        self._sink = await self._opened_sink(loaded)
        conversation.subscribe(self._see)
        conversation.subscribe(Player(self._sink, conversation.publish))
        hearing: asyncio.Task[None] | None = None
        try:
            async with conversation:
                self._conversation = conversation
                await self._show_what_is_kept()
                hearing = asyncio.create_task(self._hear(conversation, loaded))
                return await self._next(engines)
        finally:
            self._conversation = None
            if hearing is not None:
                hearing.cancel()
            self._sink.close()

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

    async def _opened_sink(self, loaded: Settings) -> AudioSink:
        if not self._speaks:
            return NullSink(real_time=True)
        try:
            return await asyncio.to_thread(self._open_sink, loaded)
        except AudioError as error:
            self._post(ErrorEvent(code=error.code, message_=error.message))
            return NullSink(real_time=True)

    async def _show_what_is_kept(self) -> None:
        """The cart of a session that is resumed."""
        outcome = await self._run_tool("view_cart", {}, silent=True)
        if outcome["success"] and outcome["result"]["cart"]["lines"]:
            self._post(
                ToolFinished(
                    turn_id=f"{BY_HAND}0",
                    tool="view_cart",
                    arguments={},
                    success=True,
                    duration_ms=outcome["duration_ms"],
                    result=outcome["result"],
                )
            )

    async def _hear(self, conversation: "Conversation", loaded: Settings) -> None:
        """Listen until the source ends; one that is lost is looked for again."""
        if self._open_source is None:
            self._post(Microphone("off", "nobody listens: type"))
            return
        was_there = False
        while True:
            try:
                source = await asyncio.to_thread(self._open_source, loaded, conversation)
                self._post(Microphone(self._ear))
                was_there = True
                await conversation.listen(self._frames(conversation, source))
                self._post(Microphone("off", "the recording is over"))
                return
            except AudioError as error:
                conversation.end_turn()
                self._post(Microphone("lost" if was_there else "off", error.message))
                if not was_there:
                    return
                await asyncio.sleep(AGAIN_S)

    async def _frames(self, conversation: "Conversation", source: AudioSource) -> AsyncIterator[Samples]:
        """What the conversation may hear; the meter sees the rest too."""
        count = 0
        async for frame in source:
            count += 1
            self.recordings.add_frame(frame, conversation.elapsed_s)
            if self._ear != "closed":
                yield frame
            elif count % _LEVEL_EVERY == 0:
                self._post(AudioLevel(dbfs=dbfs(frame), is_speech=False))

    def _listen(self, ear: Ear) -> None:
        self._ear = ear
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
            await self._sink.write(samples.astype(np.int16), SAMPLE_RATE)

    async def _run_tool(
        self, name: str, arguments: Mapping[str, Any], silent: bool = False
    ) -> Mapping[str, Any]:
        from voice_agent_cli.conversation.answering import finished
        from voice_agent_cli.shop.shop import Shop
        from voice_agent_cli.tools import registry

        engines, conversation = self._engines, self._conversation
        if engines is None or conversation is None:
            raise VoiceAgentError("the models are still loading; try again soon")

        def execute() -> registry.ToolOutcome:
            # A visit of its own: the conversation's is touched by the conversation's thread only.
            with Shop.open(engines.database, conversation.session_id) as shop:
                return registry.execute(shop, name, arguments)

        outcome = await asyncio.to_thread(execute)
        if not silent:
            self._by_hand += 1
            conversation.publish(finished(f"{BY_HAND}{self._by_hand}", outcome))
        return outcome.message()
