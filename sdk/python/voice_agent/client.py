"""The clients: ``VoiceAgentClient`` waits, ``AsyncVoiceAgentClient`` is awaited."""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeVar

import httpx

from voice_agent import routes, shapes
from voice_agent.connecting import IDLE_TIMEOUT_S, RECONNECT_FOR_S, AudioFormat, VoiceConnector, VoiceOptions
from voice_agent.errors import UnreachableError
from voice_agent.routes import Route

Answer = TypeVar("Answer")
DEFAULT_URL = "http://localhost:8000"
API_KEY_VARIABLE = "VOICE_AGENT_API_KEY"
_TIMEOUT_S = 30.0
_CONNECT_RETRIES = 2


class _Client:
    """What both clients share: the address, the key, and the way to a voice connection."""

    def __init__(self, api_key: str | None, base_url: str) -> None:
        self._key = api_key or os.environ.get(API_KEY_VARIABLE, "")
        self._base_url = base_url.rstrip("/")

    def connect_voice(
        self,
        token: str | None = None,
        *,
        session_id: str | None = None,
        user_id: str | None = None,
        store_id: str | None = None,
        preferences: Mapping[str, Any] | None = None,
        audio_format: AudioFormat = "mp3",
        sample_rate: int = 16_000,
        details: bool = False,
        idle_timeout: float | None = IDLE_TIMEOUT_S,
        reconnect_for: float = RECONNECT_FOR_S,
    ) -> VoiceConnector:
        """A voice connection, opened by ``async with`` or by ``with``.

        Args:
            token: of ``create_session``; without it the API key is used, and opens a new session.
            session_id: with the API key, the session to resume.
            preferences: size, budget, brand and color, remembered for the user.
            audio_format: of the answers' audio: mp3, pcm16, wav or opus.
            sample_rate: of raw audio that is sent, in Hz.
            details: also get agent.understood, tool.started, tool.finished and turn.metrics.
            idle_timeout: iterating ends when all that was sent is answered and for so many seconds
                nothing was sent and nothing came; the connection stays open. None: it goes on
                until the session ends.
            reconnect_for: how many seconds to try to come back after the connection is lost.
        """
        context = {"store_id": store_id, "preferences": dict(preferences) if preferences else None}
        start = {
            "session_id": session_id,
            "user_id": user_id,
            "context": {name: value for name, value in context.items() if value is not None} or None,
            "audio": {"format": audio_format, "input_sample_rate": sample_rate},
            "details": details or None,
        }
        return VoiceConnector(
            VoiceOptions(
                url="ws" + self._base_url.removeprefix("http") + "/ws/voice/session",
                token=token or self._key,
                start={name: value for name, value in start.items() if value is not None},
                sample_rate=sample_rate,
                idle_timeout=idle_timeout,
                reconnect_for=reconnect_for,
            )
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def _unreachable(self, error: httpx.HTTPError) -> UnreachableError:
        return UnreachableError(f"no answer from {self._base_url}: {error or type(error).__name__}")


class VoiceAgentClient(_Client):
    """A client that waits for each answer. Close it, or use it as a context manager."""

    def __init__(
        self, api_key: str | None = None, base_url: str = DEFAULT_URL, *, timeout: float = _TIMEOUT_S
    ) -> None:
        """``api_key`` is else read from VOICE_AGENT_API_KEY; ``timeout`` is in seconds."""
        super().__init__(api_key, base_url)
        self._http = httpx.Client(
            base_url=self._base_url,
            headers=self._headers(),
            timeout=timeout,
            transport=httpx.HTTPTransport(retries=_CONNECT_RETRIES),
        )

    def __enter__(self) -> "VoiceAgentClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def health(self) -> shapes.Health:
        """Whether the service works, and each of its parts."""
        return self._send(routes.health())

    def create_session(
        self, user_id: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> shapes.Session:
        """A new session and its token."""
        return self._send(routes.create_session(user_id, metadata))

    def get_session(self, session_id: str) -> shapes.SessionDetails:
        """What was said in a session, its cart, and what it looked at."""
        return self._send(routes.get_session(session_id))

    def end_session(self, session_id: str) -> shapes.EndedSession:
        """End a session; its record stays."""
        return self._send(routes.end_session(session_id))

    def search_products(self, query: str | None = None, **filters: Any) -> shapes.FoundProducts:
        """Products by words and filters: category, min_price, max_price, size, color, brand, options,
        exclude, on_sale, in_stock; and sort, limit, offset."""
        return self._send(routes.search_products(query, **filters))

    def track_event(
        self, session_id: str, event_type: str, data: Mapping[str, Any] | None = None
    ) -> shapes.TrackedEvent:
        """Keep an event of a session."""
        return self._send(routes.track_event(session_id, event_type, data))

    def get_session_analytics(self, session_id: str) -> shapes.SessionAnalytics:
        """What a session came to."""
        return self._send(routes.get_session_analytics(session_id))

    def execute_tool(self, tool: str, **parameters: Any) -> shapes.ToolOutcome:
        """Run one of the agent's tools; what it refuses is an outcome too."""
        return self._send(routes.execute_tool(tool, parameters))

    def _send(self, route: Route[Answer]) -> Answer:
        try:
            response = self._http.request(route.method, route.path, json=route.body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        return route.read(response)


class AsyncVoiceAgentClient(_Client):
    """The same client, awaited. Close it, or use it as an async context manager."""

    def __init__(
        self, api_key: str | None = None, base_url: str = DEFAULT_URL, *, timeout: float = _TIMEOUT_S
    ) -> None:
        """``api_key`` is else read from VOICE_AGENT_API_KEY; ``timeout`` is in seconds."""
        super().__init__(api_key, base_url)
        self._http = httpx.AsyncClient(
            base_url=self._base_url,
            headers=self._headers(),
            timeout=timeout,
            transport=httpx.AsyncHTTPTransport(retries=_CONNECT_RETRIES),
        )

    async def __aenter__(self) -> "AsyncVoiceAgentClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def health(self) -> shapes.Health:
        """Whether the service works, and each of its parts."""
        return await self._send(routes.health())

    async def create_session(
        self, user_id: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> shapes.Session:
        """A new session and its token."""
        return await self._send(routes.create_session(user_id, metadata))

    async def get_session(self, session_id: str) -> shapes.SessionDetails:
        """What was said in a session, its cart, and what it looked at."""
        return await self._send(routes.get_session(session_id))

    async def end_session(self, session_id: str) -> shapes.EndedSession:
        """End a session; its record stays."""
        return await self._send(routes.end_session(session_id))

    async def search_products(self, query: str | None = None, **filters: Any) -> shapes.FoundProducts:
        """Products by words and filters: category, min_price, max_price, size, color, brand, options,
        exclude, on_sale, in_stock; and sort, limit, offset."""
        return await self._send(routes.search_products(query, **filters))

    async def track_event(
        self, session_id: str, event_type: str, data: Mapping[str, Any] | None = None
    ) -> shapes.TrackedEvent:
        """Keep an event of a session."""
        return await self._send(routes.track_event(session_id, event_type, data))

    async def get_session_analytics(self, session_id: str) -> shapes.SessionAnalytics:
        """What a session came to."""
        return await self._send(routes.get_session_analytics(session_id))

    async def execute_tool(self, tool: str, **parameters: Any) -> shapes.ToolOutcome:
        """Run one of the agent's tools; what it refuses is an outcome too."""
        return await self._send(routes.execute_tool(tool, parameters))

    async def _send(self, route: Route[Answer]) -> Answer:
        try:
            response = await self._http.request(route.method, route.path, json=route.body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        return route.read(response)
