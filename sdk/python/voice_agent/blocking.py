"""The voice connection for programs without an event loop: it runs in a thread of its own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from voice_agent.audio import SupportsBuffer
from voice_agent.connecting import VoiceOptions
from voice_agent.messages import Message
from voice_agent.voice import Voice

Result = TypeVar("Result")


class BlockingVoice:
    """An open voice connection. Iterate it for messages; send from the same thread or from others.

    Every method raises what the one of ``Voice`` raises.
    """

    def __init__(self, options: VoiceOptions) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="voice-agent", daemon=True)
        self._thread.start()
        try:
            self._voice = self._do(Voice.open(options))
        except BaseException:
            self._stop()
            raise

    @property
    def session_id(self) -> str:
        return self._voice.session_id

    def __iter__(self) -> Iterator[Message]:
        messages = aiter(self._voice)
        while True:
            try:
                yield self._do(_next(messages))
            except StopAsyncIteration:
                return

    def send_audio(
        self, audio: bytes | bytearray | memoryview | SupportsBuffer, sample_rate: int | None = None
    ) -> None:
        """As ``Voice.send_audio``."""
        self._do(self._voice.send_audio(audio, sample_rate))

    def send_text(self, text: str) -> None:
        """As ``Voice.send_text``."""
        self._do(self._voice.send_text(text))

    def answered(self) -> None:
        """Wait until everything sent so far is answered, or will not be."""
        self._do(self._voice.answered())

    def close(self) -> None:
        """Wait for what is still to be answered, end the session, and disconnect. Again: nothing."""
        if self._loop.is_running():
            self._do(self._voice.close())
            self._stop()

    def disconnect(self) -> None:
        """Disconnect now; the session can be resumed."""
        if self._loop.is_running():
            self._do(self._voice.disconnect())
            self._stop()

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next(messages: Any) -> Message:
    message: Message = await anext(messages)
    return message
