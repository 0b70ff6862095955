"""Other sample rates to ours and back, without a seam between chunks."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import Samples, to_int16


class Resampler:
    """One direction, one stream: feed chunks in order, then ``flush`` once."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        """Rates in Hz."""
        self._stream: Any = None
        if source_rate != target_rate:
            import soxr

            self._stream = soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32")

    def add(self, chunk: NDArray[np.float32]) -> Samples:
        """Mono floats of full scale 1.0 at the source rate -> PCM16 at the target rate."""
        return to_int16(self._run(chunk, last=False))

    def flush(self) -> Samples:
        """What the filter still held back."""
        return to_int16(self._run(np.empty(0, np.float32), last=True))

    def _run(self, chunk: NDArray[np.float32], last: bool) -> NDArray[np.float32]:
        if self._stream is None:
            return chunk
        return cast("NDArray[np.float32]", self._stream.resample_chunk(chunk, last=last))


def resample(samples: Samples, source_rate: int, target_rate: int) -> Samples:
    """A whole piece of PCM16 at another rate."""
    if source_rate == target_rate:
        return samples
    resampler = Resampler(source_rate, target_rate)
    return np.concatenate([resampler.add(samples.astype(np.float32) / 32768.0), resampler.flush()])
