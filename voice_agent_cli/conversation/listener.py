"""Audio in, spoken turns out: VAD on the loop, recognition in a thread of its own behind it.

The VAD never waits for the recognizer, so a shopper who speaks is noticed at once
even while the recognizer is behind.
"""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples, dbfs
from voice_agent_cli.audio.vad import EndPointer
from voice_agent_cli.conversation.metrics import Stamps
from voice_agent_cli.conversation.turns import TurnTaker
from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.events import AudioLevel, ErrorEvent, Event, SpeechStarted, Transcription
from voice_agent_cli.hearing.recognizer import Recognizer, Transcript

_LEVEL_EVERY = 3
_PARTIAL_EVERY_S = 0.2
_BEHIND = 10  # frames waiting: no time for partial words then


@dataclass(frozen=True)
class Heard:
    """A finished spoken turn; an empty ``transcript`` where it was no speech."""

    turn_id: str
    transcript: Transcript
    stamps: Stamps


@dataclass(frozen=True)
class _Begin:
    turn_id: str


@dataclass(frozen=True)
class _End:
    stamps: Stamps


class Listener:
    """One shopper's ear. ``on_speech`` is called the moment they begin to speak, ``on_heard`` per turn."""

    def __init__(
        self,
        recognizer: Recognizer,
        end_pointer: EndPointer,
        publish: Callable[[Event], None],
        clock: Callable[[], float],
        on_speech: Callable[[], None],
        on_heard: Callable[[Heard], None],
    ) -> None:
        self._recognizer = recognizer
        self._publish = publish
        self._clock = clock
        self._on_speech = on_speech
        self._on_heard = on_heard
        self._turns = TurnTaker(end_pointer)
        self._partial = ""
        self._count = self._open = 0
        self._work: asyncio.Queue[_Begin | Samples | _End] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._task = asyncio.create_task(self._recognize())

    @property
    def is_hearing(self) -> bool:
        """Whether the shopper is speaking, or what they said is not yet recognized."""
        return self._open > 0

    @property
    def is_recognizing(self) -> bool:
        """Whether a turn is over and not yet recognized."""
        return self._open > self._turns.is_speaking

    @property
    def is_behind(self) -> bool:
        """Whether the recognizer has yet to hear more of the turn than a moment's worth."""
        return self._work.qsize() > _BEHIND // 2

    def hear(self, frame: Samples) -> None:
        """Take 20 ms of mono int16 at 16 kHz; never waits."""
        step = self._turns.hear(frame, self._clock(), self._partial)
        self._count += 1
        if self._count % _LEVEL_EVERY == 0:
            self._publish(AudioLevel(dbfs=round(dbfs(frame), 1), is_speech=step.is_voiced))
        if step.kind == "begun":
            self._begin()
        if len(step.audio):
            self._work.put_nowait(step.audio)
        if step.kind == "ended":
            self._finish()

    def end_turn(self) -> None:
        """End the turn now, where one has begun."""
        if self._turns.end() is not None:
            self._finish()

    async def settle(self) -> None:
        """Wait until everything heard so far is recognized."""
        await self._work.join()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown(wait=False)

    def _begin(self) -> None:
        turn_id = uuid.uuid4().hex[:12]
        self._partial = ""
        self._open += 1
        self._work.put_nowait(_Begin(turn_id))
        self._publish(SpeechStarted(turn_id=turn_id))
        self._on_speech()

    def _finish(self) -> None:
        self._work.put_nowait(_End(Stamps(self._turns.last_voiced, end_of_speech=self._clock())))

    async def _recognize(self) -> None:
        turn_id, unread = "", 0.0
        while True:
            work = await self._work.get()
            try:
                if isinstance(work, _Begin):
                    turn_id, unread = work.turn_id, 0.0
                elif isinstance(work, _End):
                    await self._conclude(turn_id, work.stamps)
                else:
                    await self._in_thread(self._recognizer.accept, work)
                    unread += len(work) / SAMPLE_RATE
                    if unread >= _PARTIAL_EVERY_S and self._work.qsize() < _BEHIND:
                        unread = 0.0
                        await self._show_partial(turn_id)
            except VoiceAgentError as error:
                self._publish(ErrorEvent(code=error.code, message_=error.message))
            finally:
                self._work.task_done()

    async def _show_partial(self, turn_id: str) -> None:
        partial = await self._in_thread(self._recognizer.partial)
        if partial and partial != self._partial:
            self._publish(Transcription(text=partial, confidence=0.0, is_final=False, turn_id=turn_id))
        self._partial = partial

    async def _conclude(self, turn_id: str, stamps: Stamps) -> None:
        try:
            transcript = await self._in_thread(self._recognizer.finish)
        finally:
            self._open -= 1
        stamps.transcript = self._clock()
        self._publish(
            Transcription(
                text=transcript.text,
                confidence=round(transcript.confidence, 3),
                is_final=True,
                turn_id=turn_id,
                words=transcript.words,
            )
        )
        self._on_heard(Heard(turn_id, transcript, stamps))

    async def _in_thread(self, function: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
