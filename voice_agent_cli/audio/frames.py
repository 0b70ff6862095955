"""The one shape of audio inside: 20 ms frames of mono PCM16 at 16 kHz."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000

Samples = NDArray[np.int16]
"""Mono PCM16, one dimension."""


class Framer:
    """Chunks of any length in, whole frames of 320 samples out."""

    def __init__(self) -> None:
        self._rest: Samples = np.empty(0, np.int16)

    def add(self, chunk: Samples) -> Iterator[Samples]:
        """The frames that ``chunk`` completes; the remainder waits for the next chunk."""
        waiting = np.concatenate([self._rest, chunk])
        whole = len(waiting) - len(waiting) % FRAME_SAMPLES
        self._rest = waiting[whole:]
        return iter(waiting[:whole].reshape(-1, FRAME_SAMPLES))

    def flush(self) -> Iterator[Samples]:
        """The last frame, filled up with silence, if anything waits."""
        missing = -len(self._rest) % FRAME_SAMPLES
        return self.add(np.zeros(missing, np.int16))


def to_int16(samples: NDArray[np.float32]) -> Samples:
    """Floats of full scale 1.0 -> PCM16; clipped, never wrapped around."""
    scaled = np.nan_to_num(samples) * 32768.0
    clipped: Samples = np.rint(scaled).clip(-32768, 32767).astype(np.int16)
    return clipped


def dbfs(frame: Samples) -> float:
    """The loudness of a frame: 0 is full scale, -100 the quietest there is."""
    if not len(frame):
        return -100.0
    power = float(np.mean(np.square(frame.astype(np.float64) / 32768.0)))
    return max(-100.0, 10.0 * float(np.log10(power + 1e-12)))
