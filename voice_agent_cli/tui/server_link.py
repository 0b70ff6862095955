"""The documented API of a running server, as far as a dashboard needs it. Everything of aiohttp is here."""

import base64
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import MISSING, fields
from typing import Any

import aiohttp

from voice_agent_cli import events
from voice_agent_cli.errors import UsageError, VoiceAgentError
from voice_agent_cli.events import Event

LOST = (aiohttp.ClientError, OSError, TimeoutError)
_TIMEOUT = aiohttp.ClientTimeout(total=20)
_KINDS = {
    kind.type: kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, Event) and hasattr(kind, "type")
}


class RefusedError(VoiceAgentError):
    """The server answered with an error in its documented form."""


class ServerLink:
    """HTTP and WebSocket to one server. Open it and use it in one loop."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"{url}: is no address of a server; give one like http://localhost:8000")
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    @property
    def is_connected(self) -> bool:
        return self._socket is not None and not self._socket.closed

    async def ask(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        """A REST call's answer. Raises ``RefusedError``, or one of ``LOST`` where there is no server."""
        async with self._client().request(
            method, f"{self._url}{path}", json=body, timeout=_TIMEOUT
        ) as answer:
            told = json.loads(await answer.read() or b"{}")
            if answer.status >= 400 and "error" in told:
                raise RefusedError(told["error"]["message"], told["error"].get("details"))
            return dict(told)

    async def messages(self, session_id: str) -> AsyncGenerator[dict[str, Any], None]:
        """Speak for a session; its messages until the connection closes.

        Raises:
            One of ``LOST`` where there is no server.
        """
        url = f"{self._url.replace('http', 'ws', 1)}/ws/voice/session"
        async with self._client().ws_connect(url, max_msg_size=0, heartbeat=15) as socket:
            self._socket = socket
            audio = {"format": "pcm16"}
            await self.send("session.start", {"session_id": session_id, "audio": audio, "details": True})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    yield json.loads(message.data)

    async def send(self, kind: str, data: Mapping[str, Any]) -> None:
        """A message to the server; lost with the connection."""
        if self.is_connected and self._socket is not None:
            await self._socket.send_json({"type": kind, "data": data})

    async def send_audio(self, samples: bytes) -> None:
        """Mono PCM16 at 16 kHz; lost with the connection."""
        if self.is_connected and self._socket is not None:
            await self._socket.send_bytes(samples)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    def _client(self) -> aiohttp.ClientSession:
        self._http = self._http or aiohttp.ClientSession(headers=self._headers)
        return self._http


def event_of(message: Mapping[str, Any], at_ms: float) -> Event | None:
    """A server's message as the event it was made from; None for one that is not known here."""
    kind = _KINDS.get(message["type"])
    if kind is None:
        return None
    data = dict(message.get("data") or {})
    if kind is events.ErrorEvent:
        data["message_"] = data.pop("message", "")
    elif kind is events.Transcription and data.get("words"):
        data["words"] = tuple(events.Word(**word) for word in data["words"])
    elif kind is events.AudioOutput:
        data["samples"] = base64.b64decode(data.pop("audio"))
    # A message leaves out what is None.
    told: dict[str, Any] = {
        field.name: data.get(field.name) for field in fields(kind) if field.default is MISSING
    }
    told |= {field.name: data[field.name] for field in fields(kind) if field.name in data}
    return kind(**{**told, "at_ms": at_ms})
