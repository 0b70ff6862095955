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
_LOOK_S = 0.01


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


async def recorded(source: AudioSource, conversation: Conversation, waits: bool) -> AsyncIterator[Samples]:
    """A file or a pipe no faster than it would be spoken, and then silence, so that its last turn ends.

    Args:
        waits: whether the recording stands still while it is answered.
    """
    due = time.monotonic()
    async for frame in source:
        # Behind by a pipe that pauses: the next frames are not owed to catch up.
        due = max(due + FRAME_S, time.monotonic() - FRAME_S)
        await asyncio.sleep(max(due - time.monotonic(), 0.0))
        yield frame
        if waits and conversation.is_busy:
            await conversation.quiet()
            due = time.monotonic()
    for _ in range(round(_END_SILENCE_S / FRAME_S)):
        await asyncio.sleep(FRAME_S)
        yield np.zeros(FRAME_SAMPLES, np.int16)


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
