"""Saying an answer, being interrupted, and going on when the interruption was a false alarm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from voice_agent_cli.conversation.speaker import Speaker
from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.events import AgentInterrupted, ErrorEvent, Event


@dataclass(frozen=True)
class Saying:
    """Something to say; ``message`` is the one of the record that holds it, if any does."""

    turn_id: str
    text: str
    sentences: tuple[str, ...]
    message: int | None = None


class Mouth:
    """What is being said, and what of it was heard. ``correct`` rewrites a message of the record."""

    def __init__(
        self,
        speaker: Speaker | None,
        publish: Callable[[Event], None],
        shopper_speaks: Callable[[], bool],
        correct: Callable[[int, str], None],
    ) -> None:
        self._speaker = speaker
        self._publish = publish
        self._shopper_speaks = shopper_speaks
        self._correct = correct
        self._saying: Saying | None = None
        self._cut_off: Saying | None = None

    @property
    def is_speaking(self) -> bool:
        return self._speaker is not None and self._speaker.is_playing

    async def say(self, saying: Saying) -> float | None:
        """Say it; returns when its first sound left, or None where nothing was said.

        A shopper who speaks already has the floor: it is then cut off before its first word.
        """
        if self._speaker is None:
            return None
        self._saying = saying
        if self._shopper_speaks():
            self._cut("")
            return None
        try:
            return await self._speaker.say(saying.turn_id, saying.sentences)
        except VoiceAgentError as error:
            self._publish(ErrorEvent(code=error.code, message_=error.message, details=error.details or None))
            return None

    def interrupt(self) -> None:
        """Fall silent at once; the record keeps what was heard."""
        heard = self._speaker.stop() if self._speaker is not None else None
        if heard is not None:
            self._cut(heard)

    def forget(self) -> None:
        """What was cut off will not be said any more: the shopper went on."""
        self._cut_off = None

    async def resume(self) -> None:
        """Say what was cut off, from the sentence that was not heard to its end."""
        saying, self._cut_off = self._cut_off, None
        if saying is None:
            return
        if saying.message is not None:
            self._correct(saying.message, saying.text)
        await self.say(saying)

    def close(self) -> None:
        if self._speaker is not None:
            self._speaker.close()

    def _cut(self, heard: str) -> None:
        saying, self._saying = self._saying, None
        if saying is None:
            return
        self._publish(AgentInterrupted(turn_id=saying.turn_id, heard=heard))
        if saying.message is not None:
            self._cut_off = replace(saying, sentences=unheard(saying.sentences, heard))
            self._correct(saying.message, heard)


def unheard(sentences: Sequence[str], heard: str) -> tuple[str, ...]:
    """The sentences that were not heard to their end."""
    left = len(heard.split())
    for number, sentence in enumerate(sentences):
        left -= len(sentence.split())
        if left < 0:
            return tuple(sentences[number:])
    return ()
