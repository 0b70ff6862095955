"""Audio as programs have it -> chunks as the server takes them."""

import io
import wave
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

SAMPLE_RATE = 16_000
# The server serves 1.5 times real time after a burst of 10 s; stay below both.
_RATE = 1.4
_BURST_S = 8.0
_SAMPLE_BYTES = 2


class SupportsBuffer(Protocol):
    """bytes, bytearray, array, a numpy array: whatever ``memoryview`` takes."""

    def __buffer__(self, flags: int, /) -> memoryview: ...


@dataclass(frozen=True)
class Pcm:
    """Mono PCM16, little-endian."""

    samples: bytes
    sample_rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / _SAMPLE_BYTES / self.sample_rate

    def chunks(self, seconds: float) -> Iterator["Pcm"]:
        """Pieces of ``seconds`` each; the last may be shorter."""
        size = max(1, round(seconds * self.sample_rate)) * _SAMPLE_BYTES
        for start in range(0, len(self.samples), size):
            yield Pcm(self.samples[start : start + size], self.sample_rate)


def as_pcm(audio: "bytes | bytearray | memoryview | SupportsBuffer", sample_rate: int) -> Pcm:
    """``audio`` as PCM16: raw PCM16 bytes, a whole WAV file, 16-bit samples, or floats from -1 to 1.

    A WAV file brings its own rate; its channels are mixed.

    Raises:
        ValueError: it is none of these.
    """
    view = memoryview(audio)
    if view.ndim > 1:
        raise ValueError("give one channel: an array of one dimension")
    if view.format in ("f", "d"):
        clipped = (max(-1.0, min(1.0, float(sample))) for sample in view)
        return Pcm(array("h", (round(sample * 32767) for sample in clipped)).tobytes(), sample_rate)
    if view.format not in ("B", "b", "c", "h"):
        raise ValueError(
            f"samples of the type {view.format!r} are not supported; give 16-bit integers or floats"
        )
    raw = view.tobytes()
    if raw[:4] == b"RIFF" and raw[8:12] == b"WAVE":
        return _read_wav(raw)
    if len(raw) % _SAMPLE_BYTES:
        raise ValueError("PCM16 has two bytes a sample; this audio has an odd number of bytes")
    return Pcm(raw, sample_rate)


def _read_wav(raw: bytes) -> Pcm:
    try:
        with wave.open(io.BytesIO(raw)) as file:
            channels, width = file.getnchannels(), file.getsampwidth()
            rate, frames = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"the WAV file cannot be read: {error}") from error
    if width != _SAMPLE_BYTES:
        raise ValueError(f"the WAV file has {8 * width} bits a sample; give one of 16 bits")
    if channels == 1:
        return Pcm(frames, rate)
    samples = array("h", frames)
    sums = (sum(samples[i : i + channels]) for i in range(0, len(samples), channels))
    return Pcm(array("h", (total // channels for total in sums)).tobytes(), rate)


class Pace:
    """How long to wait before the next chunk, so that the server takes it. ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = _BURST_S
        self._at = clock()

    def wait_before(self, seconds: float) -> float:
        """Counts a chunk of ``seconds`` of audio; returns the seconds to wait before it is sent."""
        now = self._clock()
        self._left = min(_BURST_S, self._left + (now - self._at) * _RATE) - seconds
        self._at = now
        return max(0.0, -self._left / _RATE)
