"""The one vocabulary: every message that crosses a boundary.

The messages of the documented WebSocket, and our additions to them, as frozen
dataclasses. The terminal, the JSON printer, the WebSocket, the dashboard and
the recorder all read these and nothing else.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """A message with a ``type`` and, as its fields, its ``data``.

    Attributes:
        at_ms: Milliseconds on the session's monotonic clock, from its start.
    """

    type: ClassVar[str]
    at_ms: float = 0.0

    def message(self) -> dict[str, Any]:
        """The JSON form: ``{"type": …, "data": {…}}``; absent values left out."""
        data = {name: value for name, value in asdict(self).items() if value is not None}
        del data["at_ms"]
        return {"type": self.type, "data": data}


@dataclass(frozen=True, kw_only=True)
class SessionReady(Event):
    type = "session.ready"
    session_id: str
    room: str
    token: str


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    type = "session.ended"
    session_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AudioLevel(Event):
    """Loudness of one frame in dBFS, and what the VAD made of it. For meters only."""

    type = "audio.level"
    dbfs: float
    is_speech: bool


@dataclass(frozen=True, kw_only=True)
class SpeechStarted(Event):
    """The shopper began to speak."""

    type = "speech.started"
    turn_id: str


@dataclass(frozen=True, kw_only=True)
class Word:
    """One recognized word; ``start`` and ``end`` are seconds from the start of its audio."""

    word: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Transcription(Event):
    """What was heard so far (``is_final`` false) or at the end of the turn."""

    type = "transcription"
    text: str
    confidence: float
    is_final: bool
    turn_id: str | None = None
    words: tuple[Word, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Understood(Event):
    """The calls the agent decided on, before any of them runs.

    ``calls`` holds ``{"tool", "arguments", "confidence", "decided_by"}``.
    """

    type = "agent.understood"
    turn_id: str
    calls: tuple[Mapping[str, Any], ...]
    question: str | None
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class ToolStarted(Event):
    type = "tool.started"
    turn_id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ToolFinished(Event):
    """A tool's answer: ``result`` when ``success``, else ``error``."""

    type = "tool.finished"
    turn_id: str
    tool: str
    arguments: Mapping[str, Any]
    success: bool
    duration_ms: float
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class AgentResponse(Event):
    """What the assistant says, and the data behind it for a screen."""

    type = "agent.response"
    text: str
    intent: str
    tools_used: tuple[str, ...]
    turn_id: str | None = None
    products: tuple[Mapping[str, Any], ...] | None = None
    cart: Mapping[str, Any] | None = None
    timings_ms: Mapping[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class AudioOutput(Event):
    """One sentence of speech, decodable alone.

    ``samples`` is mono PCM16 at ``sample_rate`` Hz, little-endian. A face encodes
    it as its listener asked; ``message()`` carries no audio.
    """

    type = "audio.output"
    text: str
    samples: bytes = field(repr=False)
    sample_rate: int
    duration_ms: int
    sequence: int
    is_last: bool
    turn_id: str | None = None
    format: str = "pcm16"

    def message(self) -> dict[str, Any]:
        message = super().message()
        del message["data"]["samples"]
        return message


@dataclass(frozen=True, kw_only=True)
class AgentInterrupted(Event):
    """The shopper spoke over the answer; ``heard`` is the part that was played."""

    type = "agent.interrupted"
    turn_id: str
    heard: str


@dataclass(frozen=True, kw_only=True)
class TurnMetrics(Event):
    """When each stage of a turn was done, in ms from the last voiced sample."""

    type = "turn.metrics"
    turn_id: str
    end_of_speech_ms: float
    transcript_ms: float
    understood_ms: float
    first_audio_ms: float
    stages: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class ErrorEvent(Event):
    type = "error"
    code: str
    message_: str = ""
    details: Mapping[str, Any] | None = None

    def message(self) -> dict[str, Any]:
        data: dict[str, Any] = {"code": self.code, "message": self.message_}
        if self.details:
            data["details"] = dict(self.details)
        return {"type": self.type, "data": data}
