"""The messages of the voice connection. ``message.type`` tells the type of ``message.data``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_agent.reading import read
from voice_agent.shapes import Cart, Product


@dataclass(frozen=True)
class SessionReady:
    session_id: str
    room: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class SessionEnded:
    """``reason``: ended, expired, taken_over (by another connection) or shutdown."""

    session_id: str
    reason: str = "ended"


@dataclass(frozen=True)
class SpeechStarted:
    turn_id: str


@dataclass(frozen=True)
class Word:
    """``start`` and ``end`` are seconds from the start of the utterance."""

    word: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Transcription:
    """What was heard so far, or, when ``is_final``, in the whole utterance (nothing: it was no speech)."""

    text: str
    confidence: float
    is_final: bool
    turn_id: str | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class AgentResponse:
    """What the agent says, and what it is about."""

    text: str
    intent: str
    tools_used: tuple[str, ...] = ()
    turn_id: str | None = None
    products: tuple[Product, ...] | None = None
    cart: Cart | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class AudioOutput:
    """One sentence of speech in ``format``, decodable alone."""

    audio: bytes = field(repr=False)
    format: str
    duration_ms: int
    sequence: int = 0
    is_last: bool = True
    text: str = ""
    turn_id: str | None = None
    sample_rate: int = 0


@dataclass(frozen=True)
class AgentInterrupted:
    """The shopper spoke over the answer: play nothing more of it. ``heard`` is what was played."""

    turn_id: str
    heard: str = ""


@dataclass(frozen=True)
class ErrorData:
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AgentUnderstood:
    turn_id: str
    calls: tuple[Mapping[str, Any], ...]
    question: str | None = None
    latency_ms: float = 0.0


@dataclass(frozen=True)
class ToolStarted:
    turn_id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ToolFinished:
    turn_id: str
    tool: str
    arguments: Mapping[str, Any]
    success: bool
    duration_ms: float
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class TurnMetrics:
    """All times in ms from the end of speech."""

    turn_id: str
    end_of_speech_ms: float
    transcript_ms: float
    understood_ms: float
    first_audio_ms: float
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ConnectionLost:
    """The connection broke; this SDK is connecting again, for the ``attempt``-th time."""

    reason: str
    attempt: int


@dataclass(frozen=True)
class SessionReadyMessage:
    data: SessionReady
    type: Literal["session.ready"] = "session.ready"


@dataclass(frozen=True)
class SessionEndedMessage:
    data: SessionEnded
    type: Literal["session.ended"] = "session.ended"


@dataclass(frozen=True)
class SpeechStartedMessage:
    data: SpeechStarted
    type: Literal["speech.started"] = "speech.started"


@dataclass(frozen=True)
class TranscriptionMessage:
    data: Transcription
    type: Literal["transcription"] = "transcription"


@dataclass(frozen=True)
class AgentResponseMessage:
    data: AgentResponse
    type: Literal["agent.response"] = "agent.response"


@dataclass(frozen=True)
class AudioOutputMessage:
    data: AudioOutput
    type: Literal["audio.output"] = "audio.output"


@dataclass(frozen=True)
class AgentInterruptedMessage:
    data: AgentInterrupted
    type: Literal["agent.interrupted"] = "agent.interrupted"


@dataclass(frozen=True)
class ErrorMessage:
    data: ErrorData
    type: Literal["error"] = "error"


@dataclass(frozen=True)
class AgentUnderstoodMessage:
    data: AgentUnderstood
    type: Literal["agent.understood"] = "agent.understood"


@dataclass(frozen=True)
class ToolStartedMessage:
    data: ToolStarted
    type: Literal["tool.started"] = "tool.started"


@dataclass(frozen=True)
class ToolFinishedMessage:
    data: ToolFinished
    type: Literal["tool.finished"] = "tool.finished"


@dataclass(frozen=True)
class TurnMetricsMessage:
    data: TurnMetrics
    type: Literal["turn.metrics"] = "turn.metrics"


@dataclass(frozen=True)
class ConnectionLostMessage:
    """From this SDK, not from the server. A ``session.ready`` follows once the session goes on."""

    data: ConnectionLost
    type: Literal["connection.lost"] = "connection.lost"


@dataclass(frozen=True)
class UnknownMessage:
    """A message that this version does not know, as the server sent it."""

    data: Mapping[str, Any]
    type: Literal["unknown"] = "unknown"


Message = (
    SessionReadyMessage
    | SessionEndedMessage
    | SpeechStartedMessage
    | TranscriptionMessage
    | AgentResponseMessage
    | AudioOutputMessage
    | AgentInterruptedMessage
    | ErrorMessage
    | AgentUnderstoodMessage
    | ToolStartedMessage
    | ToolFinishedMessage
    | TurnMetricsMessage
    | ConnectionLostMessage
    | UnknownMessage
)

_SENT_BY_SERVER: dict[str, type[Any]] = {
    kind.type: kind
    for kind in (
        SessionReadyMessage,
        SessionEndedMessage,
        SpeechStartedMessage,
        TranscriptionMessage,
        AgentResponseMessage,
        AudioOutputMessage,
        AgentInterruptedMessage,
        ErrorMessage,
        AgentUnderstoodMessage,
        ToolStartedMessage,
        ToolFinishedMessage,
        TurnMetricsMessage,
    )
}


def parse(raw: Mapping[str, Any]) -> Message:
    """A message of the server.

    Raises:
        ServerError: its data are not what its type says.
    """
    kind = _SENT_BY_SERVER.get(str(raw.get("type")))
    if kind is None:
        return UnknownMessage(data=raw)
    message: Message = read(kind, {"data": raw.get("data") or {}})
    return message
