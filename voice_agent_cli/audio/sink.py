"""Where the assistant's voice goes: a WAV file, standard output, nowhere; (speaker.py) a speaker.

Every sink knows how much of what it was given has been heard, so that after an
interruption the record can hold only that.
"""

import asyncio
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import AudioError

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class AudioSink(Protocol):
    """Plays what it is given, in order.

    Attributes:
        played_seconds: How much has been heard since it was opened.
        written_seconds: How much it was given and will have played, less what was interrupted.
    """

    @property
    def played_seconds(self) -> float: ...

    @property
    def written_seconds(self) -> float: ...

    async def write(self, samples: Samples, sample_rate: int) -> None:
        """Queue mono PCM16; returns before it is heard. Raises ``AudioError`` when the sink is gone."""
        ...

    def interrupt(self) -> float:
        """Fall silent at once, forget what waits; returns ``played_seconds``."""
        ...

    async def drain(self) -> None:
        """Wait until everything has been heard. Raises ``AudioError`` when the sink is gone."""
        ...

    def close(self) -> None:
        """Fall silent and let go of the device or file. May be called twice."""
        ...


class NullSink:
    """Plays to nobody; the base of the sinks that are no device.

    With ``real_time`` it takes as long as a speaker would by ``clock`` (seconds), and can be
    interrupted half-way; without, everything is heard the moment it is written.
    """

    def __init__(
        self,
        real_time: bool = False,
        sample_rate: int = SAMPLE_RATE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._real_time = real_time
        self._clock = clock
        self._rate = sample_rate
        self._waiting: Samples = np.empty(0, np.int16)
        self._played = 0
        self._moment = clock()

    @property
    def played_seconds(self) -> float:
        self._advance()
        return self._played / self._rate

    @property
    def written_seconds(self) -> float:
        return (self._played + len(self._waiting)) / self._rate

    async def write(self, samples: Samples, sample_rate: int) -> None:
        self._advance()
        self._waiting = np.concatenate([self._waiting, resample(samples, sample_rate, self._rate)])
        if not self._real_time:
            self._advance()

    def interrupt(self) -> float:
        self._advance()
        self._waiting = self._waiting[:0]
        return self.played_seconds

    async def drain(self) -> None:
        self._advance()
        while len(self._waiting):
            await asyncio.sleep(len(self._waiting) / self._rate)
            self._advance()

    def close(self) -> None:
        self.interrupt()

    def _advance(self) -> None:
        """Play what has become due since the last look."""
        now = self._clock()
        due = len(self._waiting)
        if self._real_time:
            due = min(due, round((now - self._moment) * self._rate))
        self._moment = now if due == len(self._waiting) else self._moment + due / self._rate
        if due:
            self._emit(self._waiting[:due])
            self._waiting = self._waiting[due:]
            self._played += due

    def _emit(self, samples: Samples) -> None:
        """What is heard now; a subclass keeps it."""


class WavSink(NullSink):
    """Everything that was heard, in a mono WAV file."""

    def __init__(
        self,
        path: Path,
        real_time: bool = False,
        sample_rate: int = 22_050,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ``AudioError`` where the file cannot be written."""
        super().__init__(real_time, sample_rate, clock)
        self._file = WavWriter(path, sample_rate, channels=1)

    def _emit(self, samples: Samples) -> None:
        self._file.write(samples)

    def close(self) -> None:
        super().close()
        self._file.close()


class RawSink(NullSink):
    """Bare PCM16, 16 kHz, mono, little-endian on a pipe."""

    def __init__(self, stream: BinaryIO | None = None, real_time: bool = False) -> None:
        """``stream`` is standard output unless another is given."""
        super().__init__(real_time)
        self._stream = stream or sys.stdout.buffer

    def _emit(self, samples: Samples) -> None:
        try:
            self._stream.write(samples.astype("<i2").tobytes())
            self._stream.flush()
        except BrokenPipeError as error:
            raise AudioError("nobody reads the audio on standard output any more") from error


class WavWriter:
    """A PCM16 WAV that is whole after every write, even if the process dies in the next one.

    The samples are written before the header that counts them.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        """Raises ``AudioError`` where the file cannot be written."""
        self._path = path
        self._rate, self._channels = sample_rate, channels
        self._bytes = 0
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise AudioError(f"{path}: cannot be written ({error.strerror})") from error
        self._write_header()

    def write(self, samples: Samples) -> None:
        """Mono: one dimension; stereo: (samples, 2). Raises ``AudioError`` when the disk is full."""
        try:
            self._file.seek(0, 2)
            self._bytes += self._file.write(samples.astype("<i2").tobytes())
            self._file.flush()
            self._write_header()
        except OSError as error:
            raise AudioError(f"{self._path}: cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """May be called twice."""
        self._file.close()

    def _write_header(self) -> None:
        block = 2 * self._channels
        self._file.seek(0)
        self._file.write(
            _HEADER.pack(
                b"RIFF", 36 + self._bytes, b"WAVE", b"fmt ", 16, 1, self._channels, self._rate,
                self._rate * block, block, 16, b"data", self._bytes,
            )
        )  # fmt: skip
        self._file.flush()
