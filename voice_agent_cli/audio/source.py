"""Where the shopper's voice comes from: a file, standard input, (microphone.py) a microphone.

Every source is iterated once, with ``async for``, over frames of 320 samples.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import FRAME_MS, FRAME_SAMPLES, Framer, Samples
from voice_agent_cli.audio.resample import Resampler
from voice_agent_cli.errors import AudioError

_BLOCK_SECONDS = 1.0


class AudioSource(Protocol):
    """20 ms frames until the audio ends. Iterating raises ``AudioError`` when it fails."""

    def __aiter__(self) -> AsyncIterator[Samples]: ...


class FileSource:
    """A WAV, FLAC, OGG or MP3 of any rate and channels, read as it is consumed.

    Attributes:
        seconds: How long the file says it is.
        given_s: How much of it the frames so far came to.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            AudioError: Absent, a directory, empty, or not audio.
        """
        import soundfile

        self._path = path
        if not path.exists():
            raise AudioError(f"{path}: no such file")
        if path.is_dir():
            raise AudioError(f"{path}: is a directory; give an audio file")
        if not path.stat().st_size:
            raise AudioError(f"{path}: the file is empty")
        try:
            self._file = soundfile.SoundFile(path)
        except PermissionError as error:
            raise AudioError(f"{path}: cannot be read; make it readable") from error
        except (soundfile.LibsndfileError, TypeError) as error:
            # TypeError: a file named .raw, which soundfile will not guess at.
            raise AudioError(f"{path}: is not audio that can be read (WAV, FLAC, OGG, MP3)") from error
        self.seconds = self._file.frames / self._file.samplerate
        self.given_s = 0.0
        if not self._file.frames:
            self._file.close()
            raise AudioError(f"{path}: holds no audio")

    def blocks(self) -> Iterator[Samples]:
        """The whole file in pieces of about a second, at 16 kHz; for a thread of its own.

        Raises:
            AudioError: The file breaks off or is damaged on the way.
        """
        resampler = Resampler(self._file.samplerate, FRAME_SAMPLES * 1000 // FRAME_MS)
        with self._file:
            while len(block := self._read()):
                yield resampler.add(block)
        yield resampler.flush()

    def _read(self) -> NDArray[np.float32]:
        import soundfile

        try:
            frames = int(self._file.samplerate * _BLOCK_SECONDS)
            block: NDArray[np.float32] = self._file.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"{self._path}: is damaged; it could be read up to here only") from error
        mono: NDArray[np.float32] = np.mean(block, axis=1, dtype=np.float32)
        return mono

    async def __aiter__(self) -> AsyncIterator[Samples]:
        framer = Framer()
        blocks = self.blocks()
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            for frame in framer.add(block):
                self.given_s += FRAME_MS / 1000
                yield frame
        for frame in framer.flush():
            yield frame


class RawSource:
    """Bare PCM16, 16 kHz, mono, little-endian from a pipe, as it comes in."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        """``stream`` is standard input unless another is given."""
        self._stream = stream or sys.stdin.buffer

    async def __aiter__(self) -> AsyncIterator[Samples]:
        framer = Framer()
        odd = b""
        # read1 answers with what there is: a live pipe must not wait for a full buffer.
        while data := await asyncio.to_thread(_read_some, self._stream):
            data = odd + data
            odd = data[len(data) - len(data) % 2 :]
            for frame in framer.add(np.frombuffer(data, "<i2", len(data) // 2).astype(np.int16)):
                yield frame
        for frame in framer.flush():
            yield frame


def _read_some(stream: BinaryIO) -> bytes:
    read1 = getattr(stream, "read1", stream.read)
    data: bytes = read1(8 * FRAME_SAMPLES)
    return data
