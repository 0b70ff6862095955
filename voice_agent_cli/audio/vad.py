"""When the shopper speaks: webrtcvad per frame, and end-points made of its decisions."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from voice_agent_cli.audio.frames import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, Samples, dbfs

_FLOOR_DBFS = -60.0  # quieter than any microphone's speech; hum and dither stay out
_START_WINDOW_MS = 300


@dataclass(frozen=True)
class Heard:
    """What one frame meant.

    Attributes:
        state: ``started`` and ``ended`` once an utterance; ``speech`` between, ``silence`` else.
        is_voiced: The decision on this frame alone.
        audio: What belongs to the utterance and was not given before; empty in silence.
        at_sample: Of ``started``, the first voiced sample; of ``ended``, the one after the
            last voiced sample; else the end of this frame. Counted from the first frame.
    """

    state: Literal["silence", "started", "speech", "ended"]
    is_voiced: bool
    audio: Samples
    at_sample: int


class VoiceDetector:
    """Speech or not, one 20 ms frame at a time."""

    def __init__(self, strictness: int = 2) -> None:
        """``strictness`` 0 to 3: 3 takes the least for speech."""
        import webrtcvad

        self._vad: Any = webrtcvad.Vad(strictness)

    def is_voiced(self, frame: Samples) -> bool:
        """Whether 320 samples hold a voice."""
        return dbfs(frame) > _FLOOR_DBFS and bool(self._vad.is_speech(frame.tobytes(), SAMPLE_RATE))


class EndPointer:
    """Finds utterances in a stream of frames.

    A sound shorter than ``shortest_ms`` (a click, a cough) is no utterance. The audio
    handed on begins ``lead_ms`` before the first voiced frame, so that no first
    consonant is lost, and ends when ``silence_ms`` have passed without a voice, or
    after ``longest_s``.
    """

    def __init__(
        self,
        silence_ms: int = 600,
        lead_ms: int = 300,
        shortest_ms: int = 120,
        longest_s: float = 30.0,
        detector: VoiceDetector | None = None,
    ) -> None:
        self._detector = detector or VoiceDetector()
        self._silence_frames = silence_ms // FRAME_MS
        self._voiced_to_start = max(1, shortest_ms // FRAME_MS)
        self._longest = int(longest_s * SAMPLE_RATE)
        self._window: deque[bool] = deque(maxlen=_START_WINDOW_MS // FRAME_MS)
        self._waiting: deque[Samples] = deque(maxlen=(lead_ms + _START_WINDOW_MS) // FRAME_MS)
        self._lead_frames = lead_ms // FRAME_MS
        self._position = 0
        self._speaking = False
        self._began = 0
        self._last_voiced = 0

    @property
    def is_speaking(self) -> bool:
        """Whether an utterance has started and not ended."""
        return self._speaking

    def accept(self, frame: Samples) -> Heard:
        """The next 320 samples of the stream."""
        voiced = self._detector.is_voiced(frame)
        self._position += FRAME_SAMPLES
        if voiced:
            self._last_voiced = self._position
        return self._in_speech(frame, voiced) if self._speaking else self._in_silence(frame, voiced)

    def finish(self) -> Heard | None:
        """The stream ended: the end of the utterance that was going on, if one was."""
        return self._end(False, np.empty(0, np.int16)) if self._speaking else None

    def _in_silence(self, frame: Samples, voiced: bool) -> Heard:
        self._window.append(voiced)
        self._waiting.append(frame)
        if sum(self._window) < self._voiced_to_start:
            return Heard("silence", voiced, np.empty(0, np.int16), self._position)
        frames_ago = len(self._window) - self._window.index(True)
        self._speaking = True
        self._began = self._position - frames_ago * FRAME_SAMPLES
        lead = list(self._waiting)[-(frames_ago + self._lead_frames) :]
        self._window.clear()
        self._waiting.clear()
        return Heard("started", voiced, np.concatenate(lead), self._began)

    def _in_speech(self, frame: Samples, voiced: bool) -> Heard:
        silent_frames = (self._position - self._last_voiced) // FRAME_SAMPLES
        if silent_frames >= self._silence_frames or self._position - self._began >= self._longest:
            return self._end(voiced, frame)
        return Heard("speech", voiced, frame, self._position)

    def _end(self, voiced: bool, frame: Samples) -> Heard:
        self._speaking = False
        return Heard("ended", voiced, frame, self._last_voiced)
