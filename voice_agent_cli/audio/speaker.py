"""A speaker that falls silent at once and knows what was heard."""

import asyncio
import threading
import time
from typing import Any

import numpy as np

from voice_agent_cli.audio.devices import find, open_stream
from voice_agent_cli.audio.frames import Samples
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import AudioError

_STUCK_S = 2.0
_LOOK_S = 0.02


class SpeakerSink:
    """An ``AudioSink`` on a device, at the device's own rate."""

    def __init__(self, name: str = "") -> None:
        """Open it. ``name`` is a number or part of a name as ``voice-agent devices`` lists it.

        Raises:
            AudioError: No such device, it does not open, or PortAudio is missing.
        """
        self._lock = threading.Lock()
        self._waiting: Samples = np.empty(0, np.int16)
        self._taken = 0
        self._last_call = time.monotonic()
        self._silent_at = 0.0  # when everything the device has taken will have been heard
        self._latency = 0.0
        self._device = find(name, "output")
        self._stream: Any
        self._stream, self._rate = open_stream(self._device, "output", self._on_block)
        self._latency = float(self._stream.latency)

    @property
    def played_seconds(self) -> float:
        with self._lock:
            unheard = max(0.0, self._silent_at - time.monotonic())
            return max(0.0, self._taken / self._rate - unheard)

    @property
    def written_seconds(self) -> float:
        with self._lock:
            return (self._taken + len(self._waiting)) / self._rate

    async def write(self, samples: Samples, sample_rate: int) -> None:
        self._check_alive()
        converted = await asyncio.to_thread(resample, samples, sample_rate, self._rate)
        with self._lock:
            self._waiting = np.concatenate([self._waiting, converted])

    def interrupt(self) -> float:
        heard = self.played_seconds
        with self._lock:
            self._waiting = self._waiting[:0]
            self._taken = round(heard * self._rate)
            self._silent_at = 0.0
        return heard

    async def drain(self) -> None:
        while True:
            with self._lock:
                left = len(self._waiting)
            if not left:
                break
            self._check_alive()
            await asyncio.sleep(_LOOK_S)
        await asyncio.sleep(max(0.0, self._silent_at - time.monotonic()))

    def close(self) -> None:
        with self._lock:
            self._waiting = self._waiting[:0]
        # In a thread: closing a device that is gone can block for ever.
        threading.Thread(target=self._stream.abort, kwargs={"ignore_errors": True}, daemon=True).start()

    def _check_alive(self) -> None:
        if time.monotonic() - self._last_call > _STUCK_S:
            raise AudioError(f"the speaker {self._device.name} was lost; connect it again and restart")

    def _on_block(self, out: Any, frames: int, _time: Any, _status: Any) -> None:
        """In PortAudio's thread: the next ``frames`` samples, silence where there are none."""
        with self._lock:
            block, self._waiting = self._waiting[:frames], self._waiting[frames:]
            self._taken += len(block)
            self._last_call = time.monotonic()
            if len(block):
                # A device may take blocks ahead of time; they are heard one after the other all the same.
                begins = max(self._last_call + self._latency, self._silent_at)
                self._silent_at = begins + len(block) / self._rate
        data = block.tobytes()
        out[:] = data + bytes(len(out) - len(data))
