"""One shopper's session: the one place where hearing, understanding, tools and speech meet.

Turns go through a queue and one task, so that a session's state is touched by one
task; everything that happens is an event to the subscribers, and nothing else comes out.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from voice_agent_cli.audio.frames import Samples
from voice_agent_cli.audio.vad import EndPointer
from voice_agent_cli.conversation.answering import Agent, Answerer
from voice_agent_cli.conversation.broadcast import Broadcast, Callback, Subscription
from voice_agent_cli.conversation.listener import Heard, Listener
from voice_agent_cli.conversation.memory import Memory
from voice_agent_cli.conversation.metrics import Stamps
from voice_agent_cli.conversation.mouth import Mouth, Saying
from voice_agent_cli.conversation.speaker import Speaker
from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.events import (
    AgentResponse,
    ErrorEvent,
    Event,
    SessionEnded,
    SessionReady,
)
from voice_agent_cli.hearing.recognizer import Recognizer
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.speaking.reply import NOT_UNDERSTOOD, Reply, failure, greeting
from voice_agent_cli.speaking.voice import Kept, Voice
from voice_agent_cli.storage.sessions import Sessions, Status, TurnRecord

_LOG = logging.getLogger(__name__)
FILLER_AFTER_S = 1.2
FILLER = "One moment."
_SURE_ENOUGH = 0.5
_LOOK_S = 0.01


@dataclass(frozen=True)
class Parts:
    """What a conversation is put together from; without ``voice`` or ``recognizer`` it is typed.

    ``agent``, ``voice`` and ``kept`` may be shared between conversations.
    """

    shop: Shop
    sessions: Sessions
    agent: Agent
    voice: Voice | None = None
    recognizer: Recognizer | None = None
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True)
class _Turn:
    turn_id: str
    text: str
    confidence: float
    stamps: Stamps
    done: "asyncio.Future[AgentResponse | None]"


_RESUME: Literal["resume"] = "resume"


class Conversation:
    """A session from ``async with`` to its end. Resuming is opening it again with the same id."""

    def __init__(
        self,
        session_id: str,
        parts: Parts,
        *,
        barge_in: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session_id = session_id
        self._parts = parts
        self._barge_in = barge_in
        self._clock = clock
        self._started = clock()
        self._broadcast = Broadcast()
        memory = Memory(parts.shop, parts.sessions, session_id)
        self._answerer = Answerer(parts.shop, memory, parts.agent, self.publish, clock)
        speaker = Speaker(parts.voice, parts.kept, self.publish, clock) if parts.voice else None
        self._mouth = Mouth(speaker, self.publish, self._shopper_speaks, self._correct)
        self._listener: Listener | None = None
        self._turns: asyncio.Queue[_Turn | Literal["resume"]] = asyncio.Queue()
        self._open = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Conversation":
        parts = self._parts
        if parts.recognizer is not None:
            self._listener = Listener(
                parts.recognizer, EndPointer(), self.publish, self._clock, self._on_speech, self._on_heard
            )
        self._spawn(self._work())
        self.publish(SessionReady(session_id=self.session_id, room=f"local-{self.session_id}", token=""))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end("closed")

    def subscribe(self, callback: Callback | None = None) -> Subscription:
        """See every event from now on: by iterating what is returned, or through ``callback``."""
        return self._broadcast.subscribe(callback)

    def unsubscribe(self, subscription: Subscription) -> None:
        self._broadcast.unsubscribe(subscription)

    def publish(self, event: Event) -> None:
        """Stamp an event and hand it to every subscriber. A face may publish too (a lost device)."""
        self._broadcast.publish(replace(event, at_ms=round((self._clock() - self._started) * 1000, 1)))

    @property
    def elapsed_s(self) -> float:
        """Seconds since the conversation was made: the clock of ``at_ms``."""
        return self._clock() - self._started

    @property
    def is_hearing(self) -> bool:
        """Whether the shopper is speaking."""
        return self._listener is not None and self._listener.is_hearing

    @property
    def is_answering(self) -> bool:
        """Whether what was said is being recognized or answered."""
        return self._open > 0 or (self._listener is not None and self._listener.is_recognizing)

    @property
    def is_working(self) -> bool:
        """Whether the engines are at work: answering, or behind in recognizing what is being said."""
        return self.is_answering or (self._listener is not None and self._listener.is_behind)

    @property
    def is_busy(self) -> bool:
        """Whether it is answering, or its answer is still playing."""
        return self.is_answering or self._mouth.is_speaking

    async def quiet(self) -> None:
        """Wait until every turn so far is answered and its answer was heard."""
        while self.is_busy:
            await asyncio.sleep(_LOOK_S)

    async def greet(self) -> None:
        """Say who is here."""
        await self._respond(_new_id(), greeting(), Stamps(self._clock()), ())

    async def say(self, text: str) -> AgentResponse | None:
        """Answer typed text; returns the answer's event, or None where it failed."""
        self._mouth.interrupt()
        now = self._clock()
        text = text.encode(errors="replace").decode()  # half a character, as JSON may hold, is none
        return await self._enqueue(_new_id(), text, 1.0, Stamps(now, end_of_speech=now, transcript=now))

    def interrupt(self) -> None:
        """Fall silent now, as if the shopper had spoken over the answer."""
        self._mouth.interrupt()

    async def listen(self, frames: AsyncIterator[Samples]) -> None:
        """Hear 20 ms frames of mono int16 at 16 kHz until they end, and answer all that was said in them."""
        async for frame in frames:
            self.hear(frame)
        self.end_turn()
        await self.settle()

    def hear(self, frame: Samples) -> None:
        """Take one frame; never waits. Without barge-in nothing is heard while the answer plays."""
        if self._listener is not None and (self._barge_in or not self._mouth.is_speaking):
            self._listener.hear(frame)

    def end_turn(self) -> None:
        """What was said is complete: the key was released, the recording is over."""
        if self._listener is not None:
            self._listener.end_turn()

    async def settle(self) -> None:
        """Wait until every turn so far is answered; the last answer may still be playing."""
        if self._listener is not None:
            await self._listener.settle()
        await self._turns.join()

    async def end(self, reason: str, status: Status = "ended") -> None:
        """End the session: the cart and the record stay. Ending again does nothing.

        ``status`` is what the record then says; ``active`` for one that is only interrupted.
        """
        if not self._tasks:
            return
        tasks, self._tasks = self._tasks, set()
        if self._listener is not None:
            await self._listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._mouth.close()
        self._answerer.close()
        self._parts.sessions.end(self.session_id, status)
        self.publish(SessionEnded(session_id=self.session_id, reason=reason))
        await self._broadcast.close()

    def _on_speech(self) -> None:
        if self._barge_in:
            self._mouth.interrupt()

    def _shopper_speaks(self) -> bool:
        return self._barge_in and self.is_hearing

    def _on_heard(self, heard: Heard) -> None:
        if heard.transcript.text:
            self._enqueue(heard.turn_id, heard.transcript.text, heard.transcript.confidence, heard.stamps)
        else:
            self._turns.put_nowait(_RESUME)  # a false alarm: go on with the answer it cut off

    def _enqueue(
        self, turn_id: str, text: str, confidence: float, stamps: Stamps
    ) -> "asyncio.Future[AgentResponse | None]":
        done: asyncio.Future[AgentResponse | None] = asyncio.get_running_loop().create_future()
        self._open += 1
        self._turns.put_nowait(_Turn(turn_id, text, confidence, stamps, done))
        return done

    async def _work(self) -> None:
        while True:
            turn = await self._turns.get()
            try:
                if turn == _RESUME:
                    await self._mouth.resume()
                else:
                    await self._settle_turn(turn)
            finally:
                self._turns.task_done()

    async def _settle_turn(self, turn: _Turn) -> None:
        response = None
        try:
            response = await self._take(turn)
        except Exception as error:
            await self._report(error, turn)
        finally:
            self._open -= 1
            turn.done.set_result(response)

    async def _take(self, turn: _Turn) -> AgentResponse | None:
        self._mouth.forget()
        await asyncio.to_thread(self._parts.sessions.add_message, self.session_id, "user", turn.text)
        answering = asyncio.ensure_future(self._answerer.answer(turn.turn_id, turn.text, turn.stamps))
        try:
            await asyncio.wait({answering}, timeout=FILLER_AFTER_S)
            if not answering.done():
                await self._mouth.say(Saying(turn.turn_id, FILLER, (FILLER,)))
            answer = await answering
        finally:
            answering.cancel()
        if answer.reply.intent == NOT_UNDERSTOOD and turn.confidence < _SURE_ENOUGH:
            return None  # a cough, music, somebody else's talk: silence is the better answer
        record = TurnRecord(turn.turn_id, answer.reply.intent, answer.tool_records)
        kept = await asyncio.to_thread(self._parts.sessions.add_turn, self.session_id, record)
        response = await self._respond(turn.turn_id, answer.reply, turn.stamps, answer.tools_used)
        await self._finish(turn, kept)
        return response

    async def _respond(
        self, turn_id: str, reply: Reply, stamps: Stamps, tools: Sequence[str]
    ) -> AgentResponse:
        """Keep the answer, show it, then say it."""
        message = await asyncio.to_thread(
            self._parts.sessions.add_message, self.session_id, "assistant", reply.text, tools
        )
        return await self._say(turn_id, reply, stamps, tools, message)

    async def _say(
        self, turn_id: str, reply: Reply, stamps: Stamps, tools: Sequence[str], message: int | None
    ) -> AgentResponse:
        """Show the answer and say it; ``message`` is the one of the record that holds it."""
        metrics = stamps.metrics(turn_id)
        response = AgentResponse(
            text=reply.text,
            intent=reply.intent,
            tools_used=tuple(tools),
            turn_id=turn_id,
            products=reply.products,
            cart=reply.cart,
            timings_ms={"transcript": metrics.transcript_ms, "understood": metrics.understood_ms},
        )
        self.publish(response)
        first = await self._mouth.say(Saying(turn_id, reply.text, reply.sentences, message))
        stamps.first_audio = first if first is not None else self._clock()
        return response

    async def _finish(self, turn: _Turn, kept: int) -> None:
        """The turn's times to the subscribers and the record; then let the agent read ahead."""
        metrics = turn.stamps.metrics(turn.turn_id)
        self.publish(metrics)
        await asyncio.to_thread(self._parts.sessions.time_turn, kept, metrics.message()["data"])
        await self._answerer.prepare()

    async def _report(self, error: Exception, turn: _Turn) -> None:
        """A stage failed: say so, and go on."""
        if not isinstance(error, VoiceAgentError):
            _LOG.error("turn %s failed", turn.turn_id, exc_info=error)
            error = VoiceAgentError(f"unexpected {type(error).__name__}; see the log")
        self.publish(ErrorEvent(code=error.code, message_=error.message, details=error.details or None))
        try:
            await self._respond(turn.turn_id, failure(), turn.stamps, ())
        except VoiceAgentError:  # the record is what failed; the shopper hears of it all the same
            await self._say(turn.turn_id, failure(), turn.stamps, (), None)

    def _correct(self, message: int, text: str) -> None:
        self._spawn(asyncio.to_thread(self._parts.sessions.correct_message, message, text))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _new_id() -> str:
    return uuid.uuid4().hex[:12]
