"""The sound of each turn, kept in memory while the dashboard is open: to hear it again, to save it."""

import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from voice_agent_cli.audio.frames import FRAME_MS, SAMPLE_RATE, Samples
from voice_agent_cli.audio.recorder import ConversationRecorder
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.events import AudioOutput, Event, SpeechStarted, Transcription

_BEFORE_S = 0.4  # the VAD notices speech a little after its beginning
_KEPT_S = 45.0
_MOST_TURNS = 60


@dataclass
class TurnSound:
    """Mono int16 at 16 kHz: what the shopper said, and the pieces of the answer."""

    shopper: Samples = field(default_factory=lambda: np.empty(0, np.int16))
    answer: list[Samples] = field(default_factory=list)

    def joined(self) -> Samples:
        """Both sides, one after the other."""
        pause = np.zeros(SAMPLE_RATE // 4, np.int16)
        return np.concatenate([self.shopper, pause, *self.answer])


class Recordings:
    """Fed with frames and events in the engine's thread, read by the screen's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, Samples]] = deque(maxlen=round(_KEPT_S * 1000 / FRAME_MS))
        self._turns: dict[str, TurnSound] = {}
        self._began = 0.0

    def add_frame(self, frame: Samples, at_s: float) -> None:
        """One frame that was heard at ``at_s`` of the conversation's clock."""
        with self._lock:
            self._frames.append((at_s, frame))

    def take(self, event: Event) -> None:
        """An event of the conversation, on the same clock."""
        with self._lock:
            if isinstance(event, SpeechStarted):
                self._began = event.at_ms / 1000 - _BEFORE_S
            elif isinstance(event, Transcription) and event.is_final and event.turn_id:
                heard = [frame for at, frame in self._frames if at >= self._began]
                if heard:
                    self._turn(event.turn_id).shopper = np.concatenate(heard)
            elif isinstance(event, AudioOutput) and event.turn_id:
                samples = np.frombuffer(event.samples, np.int16)
                self._turn(event.turn_id).answer.append(resample(samples, event.sample_rate, SAMPLE_RATE))

    def of(self, turn_id: str) -> TurnSound | None:
        with self._lock:
            return self._turns.get(turn_id)

    def save(self, turn_id: str, path: Path) -> None:
        """A turn as a stereo WAV: left the shopper, right the assistant after them.

        Raises:
            AudioError: the file cannot be written.
        """
        sound = self.of(turn_id) or TurnSound()
        recorder = ConversationRecorder(path)
        recorder.add("shopper", sound.shopper, SAMPLE_RATE, 0.0)
        at = len(sound.shopper) / SAMPLE_RATE
        for piece in sound.answer:
            recorder.add("assistant", piece, SAMPLE_RATE, at)
            at += len(piece) / SAMPLE_RATE
        recorder.close()

    def _turn(self, turn_id: str) -> TurnSound:
        while len(self._turns) >= _MOST_TURNS and turn_id not in self._turns:
            del self._turns[next(iter(self._turns))]
        return self._turns.setdefault(turn_id, TurnSound())
