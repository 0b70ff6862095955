"""Both sides of a conversation on one timeline: left the shopper, right the assistant."""

from pathlib import Path
from typing import Literal

import numpy as np

from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.audio.sink import WavWriter

Side = Literal["shopper", "assistant"]
_COLUMN: dict[Side, int] = {"shopper": 0, "assistant": 1}
_OPEN_SECONDS = 60  # how far back a side may still be added to or cut


class ConversationRecorder:
    """A stereo WAV; what is older than a minute is on the disk and final."""

    def __init__(self, path: Path, sample_rate: int = SAMPLE_RATE) -> None:
        """Raises ``AudioError`` where the file cannot be written."""
        self._rate = sample_rate
        self._file = WavWriter(path, sample_rate, channels=2)
        self._begins_at = 0
        self._open = np.zeros((0, 2), np.int16)

    def add(self, side: Side, samples: Samples, sample_rate: int, at_seconds: float) -> None:
        """Place mono PCM16 at a moment of the conversation; it replaces what that side had there.

        What would lie before the open minute is left out. Raises ``AudioError`` when the disk is full.
        """
        placed = resample(samples, sample_rate, self._rate)
        start = round(at_seconds * self._rate) - self._begins_at
        placed, start = placed[max(0, -start) :], max(0, start)
        missing = start + len(placed) - len(self._open)
        if missing > 0:
            self._open = np.concatenate([self._open, np.zeros((missing, 2), np.int16)])
        self._open[start : start + len(placed), _COLUMN[side]] = placed
        self._settle()

    def cut(self, side: Side, at_seconds: float) -> None:
        """Silence a side from this moment on: it was interrupted."""
        start = max(0, round(at_seconds * self._rate) - self._begins_at)
        self._open[start:, _COLUMN[side]] = 0

    def close(self) -> None:
        """Write the rest. May be called twice."""
        if len(self._open):
            self._file.write(self._open)
            self._begins_at += len(self._open)
            self._open = self._open[:0]
        self._file.close()

    def _settle(self) -> None:
        # Twice the span, so that the disk is written to once a minute, not at each frame.
        span = _OPEN_SECONDS * self._rate
        if len(self._open) > 2 * span:
            self._file.write(self._open[:-span])
            self._begins_at += len(self._open) - span
            self._open = self._open[-span:].copy()
