"""Talk to a voice-agent server: sessions, products, and the voice connection."""

from voice_agent.blocking import BlockingVoice
from voice_agent.client import AsyncVoiceAgentClient, VoiceAgentClient
from voice_agent.connecting import VoiceConnector
from voice_agent.errors import (
    ConnectionClosedError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
    UnreachableError,
    VoiceAgentError,
)
from voice_agent.messages import Message
from voice_agent.voice import Voice

__version__ = "1.0.0"
__all__ = [
    "AsyncVoiceAgentClient",
    "BlockingVoice",
    "ConnectionClosedError",
    "ForbiddenError",
    "InvalidRequestError",
    "Message",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "UnauthorizedError",
    "UnreachableError",
    "Voice",
    "VoiceAgentClient",
    "VoiceAgentError",
    "VoiceConnector",
]
