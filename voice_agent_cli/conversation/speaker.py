"""Sentences to audio events, and what of them was heard when the shopper speaks over them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from voice_agent_cli.conversation.playback import Playback
from voice_agent_cli.events import AudioOutput, Event
from voice_agent_cli.speaking.voice import Kept, Voice, pieces


class Speaker:
    """One conversation's mouth: it makes the next piece of speech while the last one is played."""

    def __init__(
        self, voice: Voice, kept: Kept, publish: Callable[[Event], None], clock: Callable[[], float]
    ) -> None:
        self._voice = voice
        self._kept = kept
        self._publish = publish
        self._clock = clock
        self._playback = Playback()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="speaking")
        self._answer = 0
        self._unsaid: tuple[str, ...] = ()

    @property
    def is_playing(self) -> bool:
        """Whether the shopper still hears something of what was sent, or more is being made."""
        return bool(self._unsaid) or self._playback.is_playing(self._clock())

    async def say(self, turn_id: str, sentences: Sequence[str]) -> float | None:
        """Speak; returns when the first piece left (conversation's clock), or None if cut off before.

        Raises:
            ModelError: the voice failed; pieces already sent are still played.
        """
        self._answer += 1
        mine, todo, first = self._answer, pieces(sentences), None
        self._unsaid = todo
        self._playback.begin()
        try:
            for sequence, text in enumerate(todo):
                loop = asyncio.get_running_loop()
                speech = await loop.run_in_executor(self._thread, self._kept.say, self._voice, text)
                if self._answer != mine:
                    return first
                first = first if first is not None else self._clock()
                self._playback.add(text, speech.seconds, self._clock())
                self._unsaid = todo[sequence + 1 :]
                self._publish(
                    AudioOutput(
                        text=text,
                        samples=speech.samples.tobytes(),
                        sample_rate=speech.sample_rate,
                        duration_ms=round(speech.seconds * 1000),
                        sequence=sequence,
                        is_last=sequence == len(todo) - 1,
                        turn_id=turn_id,
                    )
                )
            return first
        finally:
            if self._answer == mine:
                self._unsaid = ()

    def stop(self) -> str | None:
        """Fall silent now: returns what was heard, or None where nothing was being said."""
        if not self.is_playing:
            return None
        self._answer += 1
        self._unsaid = ()
        return self._playback.stop(self._clock())

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
