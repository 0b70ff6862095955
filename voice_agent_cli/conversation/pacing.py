"""When a conversation hears which frame: recordings as if spoken now, a key that opens the microphone."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import numpy as np

from voice_agent_cli.audio.frames import FRAME_MS, FRAME_SAMPLES, Samples
from voice_agent_cli.audio.source import AudioSource
from voice_agent_cli.conversation.conversation import Conversation

Result = TypeVar("Result")

FRAME_S = FRAME_MS / 1000
_END_SILENCE_S = 1.0


class Pace:
    """The clock of recorded speech: real time, or with ``fast`` time that jumps over speech and silence.

    What the engines do is never jumped over, so that the times shown stay true.
    """

    def __init__(self, fast: bool = False) -> None:
        self._fast = fast
        self._jumped = 0.0
        self._due = time.monotonic()

    def clock(self) -> float:
        return time.monotonic() + self._jumped

    async def frame(self, works: bool) -> None:
        """Wait for the next frame; ``works`` while the engines are at work."""
        if self._fast and not works:
            self._jumped += FRAME_S
            await asyncio.sleep(0)
            return
        if self._due < time.monotonic() - FRAME_S:
            self._due = time.monotonic()  # time that was jumped over is not owed
        self._due += FRAME_S
        await asyncio.sleep(max(self._due - time.monotonic(), 0.0))


async def in_daemon(function: Callable[[], Result]) -> Result:
    """Run a blocking read in a thread that does not keep the program from ending (Ctrl-C at a prompt)."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = function()
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, daemon=True).start()
    return await done


async def recorded(
    source: AudioSource, conversation: Conversation, pace: Pace, waits: bool
) -> AsyncIterator[Samples]:
    """A file or a pipe at its pace, and then silence until its last turn has ended and was answered.

    Args:
        pace: the clock that the conversation was opened with.
        waits: whether the recording stands still while it is answered.
    """
    async for frame in source:
        await pace.frame(conversation.is_working)
        yield frame
        while waits and conversation.is_busy:
            await pace.frame(conversation.is_working)
    silent = 0.0
    while silent < _END_SILENCE_S or conversation.is_busy or conversation.is_hearing:
        await pace.frame(conversation.is_working)
        yield np.zeros(FRAME_SAMPLES, np.int16)
        silent += FRAME_S


async def pushed(
    source: AudioSource, conversation: Conversation, wait_for_key: Callable[[], bool]
) -> AsyncIterator[Samples]:
    """The frames between one press of the key and the next; ``wait_for_key`` blocks, False ends it."""
    is_open, press = False, asyncio.create_task(in_daemon(wait_for_key))
    async for frame in source:
        if press.done():
            if not press.result():
                return
            is_open = not is_open
            if not is_open:
                conversation.end_turn()
            press = asyncio.create_task(in_daemon(wait_for_key))
        if is_open:
            yield frame
