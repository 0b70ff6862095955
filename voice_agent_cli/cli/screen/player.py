"""The assistant's voice out to a speaker, a file or a pipe, and silent at once when interrupted."""

from collections.abc import Callable

import numpy as np

from voice_agent_cli.audio.frames import Samples
from voice_agent_cli.audio.recorder import ConversationRecorder
from voice_agent_cli.audio.sink import AudioSink
from voice_agent_cli.errors import AudioError
from voice_agent_cli.events import AgentInterrupted, AudioOutput, ErrorEvent, Event


class Player:
    """A subscriber that plays what is said. A sink that fails is told of once, and not used again."""

    def __init__(self, sink: AudioSink, publish: Callable[[Event], None]) -> None:
        self._sink = sink
        self._publish = publish
        self._works = True

    async def __call__(self, event: Event) -> None:
        if isinstance(event, AgentInterrupted):
            self._sink.interrupt()
        elif isinstance(event, AudioOutput) and self._works:
            try:
                await self._sink.write(np.frombuffer(event.samples, np.int16), event.sample_rate)
            except AudioError as error:
                self._works = False
                self._publish(ErrorEvent(code=error.code, message_=error.message))


class AnswerRecorder:
    """A subscriber that puts what is said beside the shopper's voice, where it was heard."""

    def __init__(self, recorder: ConversationRecorder) -> None:
        self._recorder = recorder
        self._ends = 0.0

    async def __call__(self, event: Event) -> None:
        at = event.at_ms / 1000
        if isinstance(event, AgentInterrupted):
            self._recorder.cut("assistant", at)
            self._ends = at
        elif isinstance(event, AudioOutput):
            begins = max(at, self._ends)
            self._recorder.add("assistant", np.frombuffer(event.samples, np.int16), event.sample_rate, begins)
            self._ends = begins + event.duration_ms / 1000


async def play(samples: Samples, sample_rate: int) -> None:
    """Play mono PCM16 on the speaker of the settings, to its end.

    Raises:
        AudioError: there is no speaker, or it was lost.
    """
    from voice_agent_cli import settings
    from voice_agent_cli.audio.speaker import SpeakerSink

    sink = SpeakerSink(settings.load().audio.output_device)
    try:
        await sink.write(samples, sample_rate)
        await sink.drain()
    finally:
        sink.close()
