"""The messages of the WebSocket: what a client may send, checked; what it is sent."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from voice_agent_cli import events
from voice_agent_cli.server.schemas import FreeForm, Identifier
from voice_agent_cli.shop.shapes import Price, Text

AudioFormat = Literal["mp3", "pcm16", "wav", "opus"]
SAMPLE_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


class Part(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Preferences(Part):
    """As ``set_preference`` takes them."""

    size: Text | None = None
    budget: Price | None = None
    brand: Text | None = None
    color: Text | None = None


class Context(Part):
    store_id: Identifier | None = Field(None, description="Kept with the session; this server has one shop.")
    preferences: Preferences = Preferences()


class AudioWishes(Part):
    """An addition of ours: how audio is sent and wanted."""

    format: AudioFormat = Field("mp3", description="Of audio.output.")
    input_sample_rate: int = Field(16_000, description="Of binary frames, in Hz.")


class StartData(Part):
    session_id: Identifier | None = Field(None, description="The session to open or to resume.")
    user_id: Identifier | None = Field(
        None, description="Over an API key, who shops. A session's token keeps the user it was made for."
    )
    context: Context = Context()
    audio: AudioWishes = AudioWishes()
    details: bool = Field(
        False, description="Also send agent.understood, tool.started, tool.finished and turn.metrics."
    )


class SessionStart(Part):
    """Open or resume the session."""

    type: Literal["session.start"]
    data: StartData = StartData()


class AudioData(Part):
    audio: str = Field(description="Base64 of mono PCM16, little-endian.")
    format: str = Field("pcm16", description="pcm16.")
    sample_rate: int = Field(16_000, description=f"In Hz: one of {', '.join(map(str, SAMPLE_RATES))}.")


class AudioInput(Part):
    """What the microphone heard. A binary frame of the same samples needs no message around it."""

    type: Literal["audio.input"]
    data: AudioData


class TextData(Part):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class TextInput(Part):
    """An addition of ours: what the shopper typed, in place of speech."""

    type: Literal["text.input"]
    data: TextData


class SessionEnd(Part):
    """End the session; the connection is closed then."""

    type: Literal["session.end"]
    data: FreeForm | None = None


ClientMessage = Annotated[SessionStart | AudioInput | TextInput | SessionEnd, Field(discriminator="type")]
CLIENT_MESSAGES: TypeAdapter[SessionStart | AudioInput | TextInput | SessionEnd] = TypeAdapter(ClientMessage)

SENT: tuple[type[events.Event], ...] = (
    events.SessionReady,
    events.Transcription,
    events.AgentResponse,
    events.AudioOutput,
    events.ErrorEvent,
    events.SpeechStarted,
    events.AgentInterrupted,
    events.SessionEnded,
)
SENT_ON_REQUEST: tuple[type[events.Event], ...] = (
    events.Understood,
    events.ToolStarted,
    events.ToolFinished,
    events.TurnMetrics,
)
