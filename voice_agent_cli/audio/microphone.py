"""The microphone as a source of frames, at whatever rate the device has."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from voice_agent_cli.audio.devices import find, open_stream
from voice_agent_cli.audio.frames import SAMPLE_RATE, Framer, Samples
from voice_agent_cli.audio.resample import Resampler
from voice_agent_cli.errors import AudioError

_SILENT_S = 1.0  # a device that gives nothing for so long is lost: even silence is samples
_REOPEN_S = 4.0
_WAITING_BLOCKS = 500


class MicrophoneSource:
    """20 ms frames from a microphone until ``close``.

    A device that is lost in mid-conversation is opened again for a few seconds
    before iterating raises ``AudioError``.
    """

    def __init__(self, name: str = "") -> None:
        """Open it now, so that an absent one is told before anything is loaded.

        Args:
            name: A number or part of a name as ``voice-agent devices`` lists it.

        Raises:
            AudioError: No such device, it does not open, or PortAudio is missing.
        """
        self._name = name
        self._blocks: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_BLOCKS)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stream: Any = None
        self._resampler = Resampler(SAMPLE_RATE, SAMPLE_RATE)
        self._is_closed = False
        self._open()

    async def __aiter__(self) -> AsyncIterator[Samples]:
        self._loop = asyncio.get_running_loop()
        framer = Framer()
        while not self._is_closed:
            try:
                data = await asyncio.wait_for(self._blocks.get(), _SILENT_S)
            except TimeoutError:
                await self._reopen()
                continue
            samples = np.frombuffer(data, np.int16).astype(np.float32) / 32768.0
            for frame in framer.add(self._resampler.add(samples)):
                yield frame

    def close(self) -> None:
        """Let go of the device. May be called twice."""
        self._is_closed = True
        self._abandon()

    def _open(self) -> None:
        device = find(self._name, "input")
        self._stream, rate = open_stream(device, "input", self._on_block, SAMPLE_RATE)
        self._resampler = Resampler(rate, SAMPLE_RATE)

    async def _reopen(self) -> None:
        deadline = time.monotonic() + _REOPEN_S
        self._abandon()
        while not self._is_closed and time.monotonic() < deadline:
            try:
                await asyncio.wait_for(asyncio.to_thread(self._open), deadline - time.monotonic())
                return
            except (AudioError, TimeoutError):
                await asyncio.sleep(0.25)
        if not self._is_closed:
            raise AudioError("the microphone was lost; connect it again and start once more")

    def _abandon(self) -> None:
        """Close in a thread: closing a device that is gone can block for ever."""
        stream, self._stream = self._stream, None
        if stream is not None:
            threading.Thread(target=stream.close, kwargs={"ignore_errors": True}, daemon=True).start()

    def _on_block(self, data: Any, _frames: int, _time: Any, _status: Any) -> None:
        """In PortAudio's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, bytes(data))

    def _put(self, block: bytes) -> None:
        if self._blocks.full():  # nobody listens: the oldest goes, so that what is heard is current
            self._blocks.get_nowait()
        self._blocks.put_nowait(block)
