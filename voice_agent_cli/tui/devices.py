"""Microphone and speaker of a dashboard: opened, gated by the talk key, looked for when lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from voice_agent_cli.audio.frames import Samples, dbfs
from voice_agent_cli.audio.sink import AudioSink, NullSink
from voice_agent_cli.audio.source import AudioSource
from voice_agent_cli.errors import AudioError
from voice_agent_cli.events import AudioLevel, ErrorEvent
from voice_agent_cli.settings import Settings
from voice_agent_cli.tui.backend import Ear, Post
from voice_agent_cli.tui.notices import Microphone
from voice_agent_cli.tui.recordings import Recordings

AGAIN_S = 3.0  # between two looks for a microphone that was lost
LEVEL_EVERY = 3  # frames
Hear = Callable[[AsyncIterator[Samples]], Awaitable[None]]
OpenSink = Callable[[Settings], AudioSink]


def open_speaker(loaded: Settings) -> AudioSink:
    from voice_agent_cli.audio.speaker import SpeakerSink

    return SpeakerSink(loaded.audio.output_device)


def no_sink(_: Settings) -> AudioSink:
    """Where nothing shall be heard: it takes as long as a speaker would."""
    return NullSink(real_time=True)


async def opened_sink(open_sink: OpenSink, loaded: Settings, post: Post) -> AudioSink:
    """The speaker, or where there is none a sink that nobody hears, which is told of."""
    try:
        return await asyncio.to_thread(open_sink, loaded)
    except AudioError as error:
        post(ErrorEvent(code=error.code, message_=error.message))
        return NullSink(real_time=True)


class Ears:
    """What of a source the conversation hears. ``ear`` may change at any moment, in the same loop."""

    def __init__(self, ear: Ear, recordings: Recordings) -> None:
        self.ear: Ear = ear
        self._recordings = recordings

    async def listen(
        self,
        open_source: Callable[[], AudioSource] | None,
        hear: Hear,
        clock: Callable[[], float],
        post: Post,
        end_turn: Callable[[], None] = lambda: None,
    ) -> None:
        """Let ``hear`` have the frames of a source until it ends; one that is lost is opened again.

        Args:
            clock: Seconds of the conversation, for the recordings.
            end_turn: What was said until the source was lost is complete.
        """
        if open_source is None:
            post(Microphone("off", "nobody listens: type"))
            return
        was_there = False
        while True:
            try:
                source = await asyncio.to_thread(open_source)
                post(Microphone(self.ear))
                was_there = True
                await hear(self._frames(source, clock, post))
                post(Microphone("off", "the recording is over"))
                return
            except AudioError as error:
                end_turn()
                post(Microphone("lost" if was_there else "off", error.message))
                if not was_there:
                    return
                await asyncio.sleep(AGAIN_S)

    async def _frames(
        self, source: AudioSource, clock: Callable[[], float], post: Post
    ) -> AsyncIterator[Samples]:
        """What may be heard; the meter sees the rest too."""
        count = 0
        async for frame in source:
            count += 1
            self._recordings.add_frame(frame, clock())
            if self.ear != "closed":
                yield frame
            elif count % LEVEL_EVERY == 0:
                post(AudioLevel(dbfs=dbfs(frame), is_speech=False))
