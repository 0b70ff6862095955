"""A conversation that a running server holds; this end has the microphone, the speaker and the screen."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from voice_agent_cli import settings
from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples, dbfs
from voice_agent_cli.audio.sink import AudioSink, NullSink
from voice_agent_cli.audio.source import AudioSource
from voice_agent_cli.cli.screen.player import Player
from voice_agent_cli.errors import AudioError, UsageError, VoiceAgentError
from voice_agent_cli.events import AudioLevel, ErrorEvent, Event, SessionReady, ToolFinished, Transcription
from voice_agent_cli.settings import Settings
from voice_agent_cli.tui.backend import Ear, Post, Records
from voice_agent_cli.tui.devices import LEVEL_EVERY, Ears, OpenSink, open_speaker, opened_sink
from voice_agent_cli.tui.ledger import BY_HAND
from voice_agent_cli.tui.notices import Link, Loaded, Microphone, Resumed
from voice_agent_cli.tui.recordings import Recordings
from voice_agent_cli.tui.server_link import LOST, RefusedError, ServerLink, event_of
from voice_agent_cli.tui.worker import Worker

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 10.0
_PARTS = {"stt": "ears", "llm": "agent", "tts": "voice", "database": "shop"}
_STATES = {"healthy": "ready", "loading": "loading", "unhealthy": "failed", "not_configured": "off"}
OpenSource = Callable[[Settings], AudioSource]


def open_microphone(loaded: Settings) -> AudioSource:
    from voice_agent_cli.audio.microphone import MicrophoneSource

    return MicrophoneSource(loaded.audio.input_device)


class RemoteBackend:
    """A ``Backend``. A connection that is lost is made again, and the same session goes on.

    Args:
        watched: Ids of further sessions whose records are shown.
    """

    can_switch = False
    look_every_s = 8.0  # a key may ask a server a thousand times an hour

    def __init__(
        self,
        url: str,
        key: str,
        flags: Mapping[str, object],
        session_id: str | None = None,
        *,
        watched: Sequence[str] = (),
        open_source: OpenSource | None = open_microphone,
        open_sink: OpenSink = open_speaker,
        ear: Ear = "listening",
    ) -> None:
        self.where = url.split("//", 1)[-1].rstrip("/")
        self.settings = settings.load(flags)
        self._link = ServerLink(url, key)
        self._session_id = session_id
        self._open_source, self._open_sink = open_source, open_sink
        self.recordings = Recordings()
        self._ears = Ears(ear, self.recordings)
        self._worker = Worker()
        self._known = list(watched)
        self.records: Records = RemoteRecords(self._worker, self._link, self._known)
        self._post: Post = lambda _: None
        self._sink: AudioSink = NullSink()
        self._player = Player(self._sink, self._publish)
        self._began = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._by_hand = 0

    def start(self, post: Post) -> None:
        self._post = post
        self._worker.run(self._begin())

    def close(self) -> None:
        self._worker.close(self._end())

    def say(self, text: str) -> None:
        self._worker.run(self._say(text))

    def interrupt(self) -> None:
        """Silence here: the API has no message for it, so the server's record keeps the whole answer."""
        self._worker.call(lambda: self._sink.interrupt())

    def listen(self, ear: Ear) -> None:
        self._worker.call(self._listen, ear)

    def switch(self, flags: Mapping[str, object], session_id: str | None = None) -> None:  # noqa: ARG002
        """Go on in another of the server's sessions; its settings are its own."""
        if session_id is None:
            raise UsageError("the server's own settings decide; start it with others")
        self._worker.run(self._restart(session_id))

    def play(self, samples: Samples) -> None:
        self._worker.run(self._play(samples))

    async def run_tool(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return await asyncio.wrap_future(self._worker.run(self._run_tool(name, arguments)))

    async def change_line(self, line: Mapping[str, Any], quantity: int) -> None:
        """In words: the API runs tools in a visit of the key's own, not in this session."""
        self.say(f"change the {line['title']} to {quantity}" if quantity else f"remove the {line['title']}")

    async def _begin(self) -> None:
        self._sink = await opened_sink(self._open_sink, self.settings, self._post)
        self._player = Player(self._sink, self._publish)
        self._tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._hear())]

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._link.close()
        self._sink.close()

    async def _restart(self, session_id: str) -> None:
        self._session_id = session_id
        self._tasks[0].cancel()
        await asyncio.gather(self._tasks[0], return_exceptions=True)
        self._tasks[0] = asyncio.create_task(self._live())

    async def _live(self) -> None:
        """Connected as long as there is a server; between two tries it waits longer and longer."""
        wait = _FIRST_WAIT_S
        while True:
            self._post(Link("connecting"))
            try:
                async with aclosing(self._link.messages(await self._session())) as messages:
                    async for message in messages:
                        wait = _FIRST_WAIT_S
                        await self._take(message)
                why = "it closed the connection"
            except RefusedError as error:
                why = error.message
            except LOST as error:
                why = str(error) or type(error).__name__
            self._post(Link("lost", f"{why}; trying again"))
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)

    async def _session(self) -> str:
        """The session to speak for: the one wished for, or a new one; its past is shown."""
        if self._session_id is not None:
            details = await self._link.ask("GET", f"/api/sessions/{self._session_id}")
            if details["status"] == "active":
                self._post(Resumed(self._session_id, tuple(details["messages"])))
                return self._session_id
        made = await self._link.ask("POST", "/api/sessions", {"metadata": {"source": "tui"}})
        self._session_id = str(made["session_id"])
        self._known.insert(0, self._session_id)
        self._post(Resumed(self._session_id))
        return self._session_id

    async def _take(self, message: Mapping[str, Any]) -> None:
        event = event_of(message, self._now_ms())
        if event is None:
            return
        if isinstance(event, SessionReady):
            self._post(Link("connected"))
            await self._show_health()
        self.recordings.take(event)
        await self._player(event)
        self._post(event)

    async def _show_health(self) -> None:
        with suppress(RefusedError, *LOST):
            health = await self._link.ask("GET", "/health")
            for check, part in _PARTS.items():
                self._post(Loaded(part, _STATES[health["checks"][check]]))  # type: ignore[arg-type]

    async def _hear(self) -> None:
        source = self._open_source
        opens = None if source is None else lambda: source(self.settings)
        await self._ears.listen(opens, self._send, lambda: self._now_ms() / 1000, self._post)

    async def _send(self, frames: AsyncIterator[Samples]) -> None:
        """What is heard, to the server; its VAD is there, so the meter here shows loudness only."""
        count = 0
        async for frame in frames:
            count += 1
            if count % LEVEL_EVERY == 0:
                self._post(AudioLevel(dbfs=dbfs(frame), is_speech=False))
            with suppress(*LOST):
                await self._link.send_audio(frame.astype("<i2").tobytes())

    def _listen(self, ear: Ear) -> None:
        """A server ends a turn by itself when the audio stops."""
        self._ears.ear = ear
        self._post(Microphone(ear))

    async def _say(self, text: str) -> None:
        if not self._link.is_connected:
            self._post(ErrorEvent(code="NOT_READY", message_="the server is not connected; try again soon"))
            return
        self._sink.interrupt()
        self._post(Transcription(text=text, confidence=1.0, is_final=True, at_ms=self._now_ms()))
        await self._link.send("text.input", {"text": text})

    async def _play(self, samples: Samples) -> None:
        with suppress(AudioError):
            await self._sink.write(samples, SAMPLE_RATE)

    async def _run_tool(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            outcome = await self._link.ask(
                "POST", "/api/test/tool-execution", {"tool": name, "parameters": arguments}
            )
        except LOST as error:
            raise VoiceAgentError(f"the server cannot be reached: {error}") from error
        if name == "get_product_details":  # the others tell of the key's own visit, not of this session
            self._by_hand += 1
            told = {part: outcome.get(part) for part in ("tool", "success", "duration_ms", "result", "error")}
            self._publish(ToolFinished(turn_id=f"{BY_HAND}{self._by_hand}", arguments=arguments, **told))  # type: ignore[arg-type]
        return outcome

    def _publish(self, event: Event) -> None:
        self._post(event)

    def _now_ms(self) -> float:
        return round((time.monotonic() - self._began) * 1000, 1)


class RemoteRecords:
    """The sessions a dashboard was told of: the API lists none. ``Records`` over a link in its own thread."""

    def __init__(self, worker: Worker, link: ServerLink, known: list[str]) -> None:
        self._worker, self._link, self._known = worker, link, known

    async def recent(self, limit: int) -> Sequence[Mapping[str, Any]]:
        return [_facts(await self._get(session_id)) for session_id in self._known[:limit]]

    async def export(self, session_id: str) -> Mapping[str, Any]:
        details = await self._get(session_id)
        return {**_facts(details), "messages": details["messages"], "turns": []}

    async def find(self, words: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for session_id in self._known:
            for message in (await self._get(session_id))["messages"]:
                if words.lower() in message["content"].lower():
                    found.setdefault(session_id, message["content"])
        return found

    async def delete(self, session_id: str) -> None:
        raise UsageError(f"a server forgets sessions by its own settings, not {session_id[:8]} on a wish")

    async def _get(self, session_id: str) -> Mapping[str, Any]:
        asked = self._worker.run(self._link.ask("GET", f"/api/sessions/{session_id}"))
        try:
            return await asyncio.wrap_future(asked)
        except LOST as error:
            raise VoiceAgentError(f"the server cannot be reached: {error}") from error


def _facts(details: Mapping[str, Any]) -> Mapping[str, Any]:
    messages = details["messages"]
    return {
        "session_id": details["session_id"],
        "status": details["status"],
        "started_at": details["started_at"],
        "last_seen_at": messages[-1]["timestamp"] if messages else details["started_at"],
        "message_count": len(messages),
        "metadata": {},
    }
