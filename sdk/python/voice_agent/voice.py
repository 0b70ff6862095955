"""The voice connection: messages out of it, audio and text into it, and back after it broke."""

import asyncio
import base64
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from voice_agent.audio import Pace, Pcm, SupportsBuffer, as_pcm
from voice_agent.connecting import VoiceOptions
from voice_agent.errors import (
    ConnectionClosedError,
    RateLimitError,
    ServerError,
    UnreachableError,
    VoiceAgentError,
    from_answer,
)
from voice_agent.messages import ConnectionLost, ConnectionLostMessage, Message, parse
from voice_agent.waiting import Waiting

_CHUNK_S = 0.1
# JSON messages are limited to 100 a minute: audio of another rate goes in pieces of a second.
_MESSAGE_CHUNK_S = 1.0
_FIRST_DELAY_S = 0.25
_LONGEST_DELAY_S = 8.0
_OPEN_TIMEOUT_S = 60.0  # a server that has just started is still loading its models
_LOOK_S = 0.05
_OVER_FOR_GOOD = ("ended", "expired", "taken_over")


class Voice:
    """An open voice connection. Iterate it for messages; send from the same task or from others.

    Attributes:
        session_id: The session it talks for.
    """

    session_id: str = ""

    def __init__(self, options: VoiceOptions) -> None:
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._socket: ClientConnection | None = None
        self._pace = Pace(self._loop.time)
        self._sending = asyncio.Lock()
        self._waiting = Waiting(self._loop.time)
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue()  # None: the session is over
        self._is_ready = asyncio.Event()
        self._is_over = asyncio.Event()
        self._failure: VoiceAgentError | None = None
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, options: VoiceOptions) -> "Voice":
        """Connect and start the session.

        Raises:
            VoiceAgentError: the server cannot be reached, or refuses.
        """
        voice = cls(options)
        socket = await voice._start()
        voice._task = asyncio.create_task(voice._run(socket))
        return voice

    def __aiter__(self) -> AsyncIterator[Message]:
        return self._messages()

    async def send_audio(
        self, audio: bytes | bytearray | memoryview | SupportsBuffer, sample_rate: int | None = None
    ) -> None:
        """Send what a microphone or a recording holds, no faster than the server takes it.

        Args:
            audio: PCM16 bytes, 16-bit samples, floats from -1 to 1, or a whole WAV file; mono.
            sample_rate: in Hz, if not that of the connection.

        Raises:
            ValueError: it is none of these.
            ConnectionClosedError: the session is over.
        """
        pcm = as_pcm(audio, sample_rate or self._options.sample_rate)
        streams = pcm.sample_rate == self._options.sample_rate
        async with self._sending:  # two recordings at once would be neither
            for chunk in pcm.chunks(_CHUNK_S if streams else _MESSAGE_CHUNK_S):
                await asyncio.sleep(self._pace.wait_before(chunk.seconds))
                message = chunk.samples if streams else _audio_message(chunk)
                await self._send(message, self._waiting.sent_audio)

    async def send_text(self, text: str) -> None:
        """Say something by typing it.

        Raises:
            ConnectionClosedError: the session is over.
        """
        message = json.dumps({"type": "text.input", "data": {"text": text}})
        await self._send(message, self._waiting.sent_text)

    async def answered(self) -> None:
        """Wait until everything sent so far is answered, or will not be."""
        while self._waiting.is_owed and not self._is_over.is_set():
            await asyncio.sleep(_LOOK_S)

    async def close(self) -> None:
        """Wait for what is still to be answered, end the session, and disconnect. Again: nothing."""
        if not self._is_over.is_set():
            await self.answered()
            with contextlib.suppress(VoiceAgentError, TimeoutError):
                await self._send('{"type": "session.end"}')
                await asyncio.wait_for(self._is_over.wait(), 5)
        await self.disconnect()

    async def disconnect(self) -> None:
        """Disconnect now. The session stays open, and can be resumed until it times out."""
        self._is_over.set()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def _messages(self) -> AsyncIterator[Message]:
        while not (self._is_over.is_set() and self._inbox.empty()):
            try:
                message = await asyncio.wait_for(self._inbox.get(), self._patience())
            except TimeoutError:
                if self._is_idle():
                    return
                continue
            if message is not None:
                yield message
        if self._failure is not None:
            raise self._failure

    def _patience(self) -> float | None:
        """Seconds to wait for the next message before looking whether there will be one."""
        idle = self._options.idle_timeout
        return None if idle is None else max(_LOOK_S, idle - self._waiting.quiet_s)

    def _is_idle(self) -> bool:
        idle = self._options.idle_timeout
        return idle is not None and self._waiting.quiet_s >= idle and not self._waiting.is_owed

    async def _send(self, message: str | bytes, note: Callable[[], None] = lambda: None) -> None:
        """Send once there is a connection; ``note`` is called at each attempt: a lost one owes nothing."""
        while not self._is_over.is_set():
            await self._until_ready()
            try:
                if self._socket is not None and self._is_ready.is_set():
                    note()
                    await self._socket.send(message)
                    return
            except ConnectionClosed:
                await asyncio.sleep(_LOOK_S)  # the reader notices it too, and connects again
        raise self._failure or ConnectionClosedError()

    async def _until_ready(self) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._is_ready, self._is_over)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _run(self, socket: ClientConnection) -> None:
        """Read until the session is over; come back whenever the connection breaks."""
        try:
            while (reason := await self._read(socket)) is not None:
                self._is_ready.clear()
                self._waiting.forget()
                socket = await self._come_back(reason)
        except VoiceAgentError as error:
            self._failure = error
        finally:
            self._is_ready.clear()
            self._is_over.set()
            self._inbox.put_nowait(None)

    async def _read(self, socket: ClientConnection) -> str | None:
        """Hand on messages until the connection ends; returns why it broke, None where it is over."""
        reason: str | None = None
        try:
            async for raw in socket:
                message = parse(json.loads(raw))
                self._waiting.received(message)
                self._inbox.put_nowait(message)
                if message.type == "session.ended":
                    reason = message.data.reason
        except ConnectionClosed as error:
            return reason if reason not in (None, *_OVER_FOR_GOOD) else _why(error)
        return None if reason is None or reason in _OVER_FOR_GOOD else reason

    async def _come_back(self, reason: str) -> ClientConnection:
        give_up_at = self._loop.time() + self._options.reconnect_for
        delay, attempt = _FIRST_DELAY_S, 1
        while True:
            self._inbox.put_nowait(ConnectionLostMessage(ConnectionLost(reason, attempt)))
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            try:
                return await self._start()
            except (UnreachableError, ServerError, RateLimitError) as error:
                if self._loop.time() + delay > give_up_at:
                    raise UnreachableError(f"the connection was lost ({reason}): {error.message}") from error
                reason, attempt = error.message, attempt + 1
                delay = min(2 * delay, _LONGEST_DELAY_S)

    async def _start(self) -> ClientConnection:
        """A new connection whose session has started."""
        options = self._options
        try:
            socket = await connect(
                options.url,
                additional_headers={"Authorization": f"Bearer {options.token}"} if options.token else None,
                max_size=None,
                open_timeout=_OPEN_TIMEOUT_S,
            )
        except InvalidStatus as error:
            raise from_answer(error.response.status_code, _json(error.response.body)) from error
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise UnreachableError(f"no connection to {options.url}: {error}") from error
        try:
            await self._ready(socket)
        except BaseException:
            await socket.close()
            raise
        self._socket, self._pace = socket, Pace(self._loop.time)
        self._is_ready.set()
        return socket

    async def _ready(self, socket: ClientConnection) -> None:
        try:
            await socket.send(json.dumps({"type": "session.start", "data": dict(self._options.start)}))
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                message = parse(json.loads(await socket.recv()))
        except (ConnectionClosed, TimeoutError) as error:
            raise UnreachableError(f"the session did not start: {error}") from error
        if message.type == "error":
            status = {"NOT_FOUND": 404, "FORBIDDEN": 403, "UNAUTHORIZED": 401, "VALIDATION_ERROR": 400}
            raise from_answer(
                status.get(message.data.code, 500),
                {"error": {"code": message.data.code, "message": message.data.message}},
            )
        if message.type != "session.ready":
            raise ServerError("UNEXPECTED_ANSWER", f"the session began with {message.type}")
        self.session_id = message.data.session_id
        self._options = replace(self._options, start={**self._options.start, "session_id": self.session_id})
        self._waiting.received(message)
        self._inbox.put_nowait(message)


def _audio_message(chunk: Pcm) -> str:
    encoded = base64.b64encode(chunk.samples).decode("ascii")
    data = {"audio": encoded, "format": "pcm16", "sample_rate": chunk.sample_rate}
    return json.dumps({"type": "audio.input", "data": data})


def _why(error: ConnectionClosed) -> str | None:
    """Why a connection broke; None where the other side closed it in due form."""
    if error.rcvd is not None and error.rcvd.code in (1000, 1008):
        return None
    return str(error)


def _json(body: bytes | bytearray | None) -> object:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None
