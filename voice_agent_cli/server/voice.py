"""``WS /ws/voice/session``: another pair of ears and mouth for a conversation.

A dropped connection leaves its session open: connecting again resumes it. A second
connection that starts the same session takes it over from the first.
"""

import asyncio
import base64
import contextlib
import json
import logging
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from aiohttp import WSCloseCode, WSMsgType, web

from voice_agent_cli.audio.codec import encode
from voice_agent_cli.audio.frames import Samples
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import UsageError, VoiceAgentError
from voice_agent_cli.events import (
    AudioOutput,
    ErrorEvent,
    Event,
    SessionEnded,
    SessionReady,
    ToolFinished,
    TurnMetrics,
)
from voice_agent_cli.server import faults
from voice_agent_cli.server.auth import Caller, address
from voice_agent_cli.server.conversations import Visit
from voice_agent_cli.server.intake import Intake
from voice_agent_cli.server.limits import AUDIO_RATE, Window, tightest
from voice_agent_cli.server.messages import (
    CLIENT_MESSAGES,
    SENT,
    SENT_ON_REQUEST,
    AudioInput,
    SessionEnd,
    SessionStart,
    StartData,
    TextInput,
)
from voice_agent_cli.server.middleware import ID_HEADER
from voice_agent_cli.server.opening import open_session, take_over
from voice_agent_cli.server.reading import read_json
from voice_agent_cli.server.rooms import local_room
from voice_agent_cli.server.services import CALLER, REQUEST_ID, SERVICES, Services
from voice_agent_cli.server.tracing import TurnSpans
from voice_agent_cli.storage.sessions import Status
from voice_agent_cli.tools import registry

_LOG = logging.getLogger(__name__)
PATH = "/ws/voice/session"
MOST_BYTES = 4 * 1024 * 1024
_HEARTBEAT_S = 30.0
_FINISH_S = 10.0
_OPUS_RATE = 24_000
_CLOSE_S = 3.0  # for a client to answer our closing
_FRAMES_AT_ONCE = 50
_SILENCE_ENDS_TURN_S = 0.8
_MOST_WAIT_S = 1.0  # for the next message of a client that sends long ones
_STATUS: dict[str, Status] = {"ended": "ended", "expired": "expired"}
_CLOSE = {"shutdown": WSCloseCode.GOING_AWAY, "taken_over": WSCloseCode.POLICY_VIOLATION}


async def voice_session(request: web.Request) -> web.StreamResponse:
    """Serve one connection until it closes; a bad token is refused before the upgrade."""
    services = request.app[SERVICES]
    caller = services.gate.identify(request, query_too=True)
    request[CALLER] = caller.name
    verdict = services.limits.requests.hit(caller.name)
    if not verdict.allowed:
        services.metrics.refused.add(limit="requests in an hour")
        error = verdict.error("requests in an hour", services.clock())
        return faults.response(
            error, {**tightest([verdict]), "Retry-After": str(error.details["retry_after_s"])}
        )
    # Sound in base64 does not shrink enough to be worth the memory and time of compressing it.
    socket = web.WebSocketResponse(
        timeout=_CLOSE_S, heartbeat=_HEARTBEAT_S, max_msg_size=MOST_BYTES, compress=False
    )
    if not socket.can_prepare(request):
        raise UsageError(f"{PATH} speaks WebSocket only; connect with ws:// or wss://")
    socket.headers.update({**tightest([verdict]), ID_HEADER: request[REQUEST_ID]})
    await socket.prepare(request)
    connection = VoiceConnection(services, caller, socket, address(request, services.settings))
    services.live.arrive(connection)
    services.metrics.connections.add(1)
    try:
        await connection.serve()
    finally:
        services.metrics.connections.add(-1)
        await services.live.see_off(connection)
    return socket


class VoiceConnection:
    """One client's connection. Its messages are taken one after the other."""

    def __init__(
        self, services: Services, caller: Caller, socket: web.WebSocketResponse, client_address: str
    ) -> None:
        self.session_id: str | None = None
        self.last_traffic = services.clock()
        self._services = services
        self._caller = caller
        self._socket = socket
        self._address = client_address
        self._visit: Visit | None = None
        self._intake: Intake | None = None
        self._format = "mp3"
        self._sent: tuple[type[Event], ...] = SENT
        self._window = f"session:{caller.ident}" if caller.kind == "session" else secrets.token_hex(8)
        self._silence: asyncio.TimerHandle | None = None
        self._typing: set[asyncio.Task[Any]] = set()
        self._over_budget = False
        self._spans = TurnSpans()
        self._ending: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._taking: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Take messages until the connection closes."""
        self._taking = asyncio.create_task(self._take_all())
        try:
            await asyncio.wait({self._taking})
        finally:
            self._taking.cancel()

    async def leave(self, reason: str) -> None:
        """End the conversation for ``reason`` and tell the client; the connection then closes."""
        await self._put_away(reason)
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(reason))

    async def finish(self, reason: str) -> None:
        """Put the conversation away; returns once it is, whoever asked first.

        Its session stays open unless it is over for good.
        """
        await self._put_away(reason)
        if self._closing is not None:  # the client may still answer our closing
            await asyncio.wait({self._closing})

    async def _close(self, reason: str) -> None:
        if self._taking is not None:  # only one may read the client's answer
            self._taking.cancel()
            await asyncio.wait({self._taking})
        with contextlib.suppress(ConnectionError, TimeoutError):
            await self._socket.close(code=_CLOSE.get(reason, WSCloseCode.OK), message=reason.encode())

    async def _put_away(self, reason: str) -> None:
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(reason))
        await asyncio.shield(self._ending)

    async def _end(self, reason: str) -> None:
        visit, self._visit = self._visit, None
        if self._silence is not None:
            self._silence.cancel()
        if visit is not None:
            self._services.metrics.conversations.add(-1)
            if reason == "shutdown":
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(visit.conversation.quiet(), _FINISH_S)
            for task in self._typing:
                task.cancel()
            await visit.end(reason, _STATUS.get(reason, "active"))
        self._services.live.release(self)

    async def _take_all(self) -> None:
        async for message in self._socket:
            self.last_traffic = self._services.clock()
            try:
                if message.type is WSMsgType.TEXT:
                    await self._take_text(message.data)
                elif message.type is WSMsgType.BINARY:
                    await self._take_binary(message.data)
            except VoiceAgentError as error:
                await self._tell(error)
            except Exception as error:
                _LOG.error("a message failed", exc_info=error)
                await self._tell(faults.UnexpectedError(f"unexpected {type(error).__name__}; see the log"))

    async def _tell(self, error: VoiceAgentError) -> None:
        await self._send(ErrorEvent(code=error.code, message_=error.message, details=error.details or None))

    async def _take_text(self, text: str) -> None:
        self._limit(self._services.limits.messages, self._window, "messages in a minute")
        message = read_json(text, CLIENT_MESSAGES)
        self._services.metrics.messages.add(direction="in", type=message.type)
        if isinstance(message, SessionStart):
            await self._start(message.data)
        elif isinstance(message, SessionEnd):
            self._started()
            await self.leave("ended")
        elif isinstance(message, AudioInput):
            _, intake = self._started()
            await self._hear(*intake.message(message.data))
        else:
            self._type(message)

    async def _take_binary(self, raw: bytes) -> None:
        _, intake = self._started()
        self._services.metrics.messages.add(direction="in", type="binary")
        heard = intake.binary(raw)
        if heard is not None:
            self._over_budget = False
            await self._hear(*heard)
        elif not self._over_budget:  # said once, not for every frame of a flood
            self._over_budget = True
            raise faults.RateLimitExceededError(
                f"audio comes faster than {AUDIO_RATE} times real time; this frame was left out",
                {"limit": AUDIO_RATE},
            )

    async def _start(self, data: StartData) -> None:
        if self._visit is not None:
            raise UsageError("the session has started already", {"field": "type"})
        intake = Intake(self._services.clock, data.audio.input_sample_rate)
        if data.session_id is None and self._caller.kind == "key":
            self._limit(self._services.limits.sessions, self._address, "new sessions in a minute")
        session = await asyncio.to_thread(open_session, self._services.writer, self._caller, data)
        visit = await take_over(self._services, session, self)
        self._visit, self._intake, self.session_id = visit, intake, session.session_id
        self._services.metrics.conversations.add(1)
        self._format = data.audio.format
        self._sent = (*SENT, *SENT_ON_REQUEST) if data.details else SENT
        self._count_for(session.session_id)
        visit.conversation.subscribe(self._deliver)
        wishes = data.context.preferences.model_dump(exclude_none=True)
        if wishes:
            await asyncio.to_thread(registry.execute, visit.shop, "set_preference", wishes)
        await visit.conversation.__aenter__()

    def _limit(self, window: Window, key: str, what: str) -> None:
        verdict = window.hit(key)
        if not verdict.allowed:
            self._services.metrics.refused.add(limit=what)
            raise verdict.error(what, self._services.clock())

    def _count_for(self, session_id: str) -> None:
        """From now on messages count for the session; so does the one that started it."""
        window = f"session:{session_id}"
        if window != self._window:
            self._window = window
            self._services.limits.messages.hit(window)

    def _started(self) -> tuple[Visit, Intake]:
        if self._visit is None or self._intake is None:
            raise UsageError("the session has not started; send session.start first", {"field": "type"})
        return self._visit, self._intake

    def _type(self, message: TextInput) -> None:
        visit, _ = self._started()
        task = asyncio.create_task(_say(visit, message.data.text))
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)

    async def _hear(self, frames: Iterator[Samples], seconds: float) -> None:
        """Let the conversation hear; a client that falls silent by sending nothing has ended its turn."""
        visit, _ = self._started()
        if self._silence is not None:
            self._silence.cancel()
        for number, frame in enumerate(frames, 1):
            visit.conversation.hear(frame)
            if number % _FRAMES_AT_ONCE == 0:
                await asyncio.sleep(0)
        wait = min(seconds, _MOST_WAIT_S) + _SILENCE_ENDS_TURN_S
        self._silence = asyncio.get_running_loop().call_later(wait, visit.conversation.end_turn)

    async def _deliver(self, event: Event) -> None:
        """What of the conversation the client sees."""
        self._spans.see(event)
        if isinstance(event, TurnMetrics):
            for stage, took in event.stages.items():
                self._services.metrics.stage_time.observe(took / 1000, stage=stage)
        elif isinstance(event, ToolFinished):
            self._services.metrics.tools.add(tool=event.tool, success=str(event.success).lower())
        elif isinstance(event, SessionReady):
            room = local_room(event.session_id, self._services.tokens)
            event = replace(event, room=room.name, token=room.token)
        elif isinstance(event, SessionEnded) and event.reason == "disconnected":
            return
        if isinstance(event, self._sent):
            await self._send(event)

    async def _send(self, event: Event) -> None:
        message = event.message()
        if isinstance(event, AudioOutput):
            message["data"] |= await asyncio.to_thread(_audio, event, self._format)
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(json.dumps(message, ensure_ascii=False, default=str))
            self._services.metrics.messages.add(direction="out", type=event.type)


async def _say(visit: Visit, text: str) -> None:
    await visit.conversation.say(text)


def _audio(event: AudioOutput, audio_format: str) -> dict[str, Any]:
    """A piece of speech as the client asked for it, decodable alone."""
    samples, rate = np.frombuffer(event.samples, "<i2"), event.sample_rate
    if audio_format == "opus":
        samples, rate = resample(samples, rate, _OPUS_RATE), _OPUS_RATE
    encoded = base64.b64encode(encode(samples, rate, audio_format))
    return {"audio": encoded.decode("ascii"), "format": audio_format, "sample_rate": rate}
