"""Whether an answer is still owed: what was said, heard, answered and spoken so far."""

from collections.abc import Callable

from voice_agent.messages import Message

# The server ends an utterance 0.8 s after its audio stops; then it is recognized.
_HEARS_WITHIN_S = 2.0
# A mumbled utterance may rightly get no answer at all.
_GIVES_UP_S = 30.0


class Waiting:
    """Follows one connection. ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._typed = 0
        self._heard: set[str | None] = set()
        self._spoken: set[str | None] = set()
        self._last_audio = float("-inf")
        self._last_traffic = clock()

    @property
    def quiet_s(self) -> float:
        """Seconds since anything was sent or came."""
        return self._clock() - self._last_traffic

    @property
    def is_owed(self) -> bool:
        """Whether something that was sent has not been answered to the end of its last sentence."""
        if self._clock() - self._last_audio < _HEARS_WITHIN_S:
            return True
        return bool(self._typed or self._heard or self._spoken) and self.quiet_s < _GIVES_UP_S

    def sent_text(self) -> None:
        self._typed += 1
        self._last_traffic = self._clock()

    def sent_audio(self) -> None:
        self._last_audio = self._last_traffic = self._clock()

    def forget(self) -> None:
        """The connection was lost: what it owed will not come."""
        self._typed = 0
        self._heard.clear()
        self._spoken.clear()

    def received(self, message: Message) -> None:
        self._last_traffic = self._clock()
        match message.type:
            case "speech.started":
                self._heard.add(message.data.turn_id)
            case "transcription" if message.data.is_final and not message.data.text:
                self._heard.discard(message.data.turn_id)
            case "agent.response":
                self._answered(message.data.turn_id)
            case "audio.output" if message.data.is_last:
                self._spoken.discard(message.data.turn_id)
            case "agent.interrupted":
                self._spoken.discard(message.data.turn_id)
            case "error":
                self._typed = max(0, self._typed - 1)
                self._spoken.clear()

    def _answered(self, turn_id: str | None) -> None:
        if turn_id in self._heard:
            self._heard.discard(turn_id)
        else:
            self._typed = max(0, self._typed - 1)
        self._spoken.add(turn_id)
