"""How a voice connection is opened: with ``async with``, or with ``with``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from voice_agent.blocking import BlockingVoice
    from voice_agent.voice import Voice

AudioFormat = Literal["mp3", "pcm16", "wav", "opus"]
IDLE_TIMEOUT_S = 10.0
RECONNECT_FOR_S = 60.0


@dataclass(frozen=True)
class VoiceOptions:
    """What a connection is opened with; ``start`` is the data of ``session.start``."""

    url: str
    token: str = field(repr=False)
    start: Mapping[str, Any]
    sample_rate: int
    idle_timeout: float | None
    reconnect_for: float


class VoiceConnector:
    """A connection not opened yet. Leaving its block waits for what is still to be answered, then
    ends the session; leaving it by an exception only disconnects, and the session can be resumed."""

    def __init__(self, options: VoiceOptions) -> None:
        self._options = options
        self._voice: Voice | None = None
        self._blocking: BlockingVoice | None = None

    async def __aenter__(self) -> "Voice":
        from voice_agent.voice import Voice

        self._voice = await Voice.open(self._options)
        return self._voice

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._voice is not None:
            await (self._voice.close() if kind is None else self._voice.disconnect())

    def __enter__(self) -> "BlockingVoice":
        from voice_agent.blocking import BlockingVoice

        self._blocking = BlockingVoice(self._options)
        return self._blocking

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._blocking is not None:
            if kind is None:
                self._blocking.close()
            else:
                self._blocking.disconnect()
