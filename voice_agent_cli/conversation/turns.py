"""Utterances to turns: a shopper who pauses in mid-sentence has not finished.

The end-pointer cuts at every silence. Where the words so far ask for more ("add the …"),
the turn is held open a little longer, and what is said then belongs to it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from voice_agent_cli.audio.frames import FRAME_MS, Samples
from voice_agent_cli.audio.vad import EndPointer

HOLD_MS = 700
_NOTHING = np.empty(0, np.int16)
_UNFINISHED = frozenset(
    {"a", "an", "and", "the", "or", "with", "without", "in", "of", "for", "to", "from", "by", "under", "over"}
    | {"between", "about", "at", "my", "than", "but", "so", "um", "uh", "not", "is", "are", "can", "could"}
    | {"would", "i", "i'd", "i'll", "some", "any", "size", "add", "show", "find"}
)


@dataclass(frozen=True)
class Step:
    """What one frame brought about; ``audio`` is what belongs to the turn and was not given before."""

    kind: Literal["silence", "begun", "speaking", "ended"]
    audio: Samples
    is_voiced: bool = False


class TurnTaker:
    """Sees every frame in order. ``last_voiced`` is when the last voiced one came, on the caller's clock."""

    def __init__(self, end_pointer: EndPointer) -> None:
        self._end_pointer = end_pointer
        self._held = 0
        self.last_voiced = 0.0

    @property
    def is_speaking(self) -> bool:
        """Whether a turn has begun and is not over."""
        return self._end_pointer.is_speaking or self._held > 0

    def hear(self, frame: Samples, at: float, partial: str = "") -> Step:
        """Take the next 20 ms; ``partial`` is what is recognized of the turn so far."""
        heard = self._end_pointer.accept(frame)
        if heard.is_voiced and heard.state in ("started", "speech"):
            self.last_voiced = at
        if heard.state == "started":
            continues, self._held = self._held > 0, 0
            return Step("speaking" if continues else "begun", heard.audio, heard.is_voiced)
        if heard.state == "speech":
            return Step("speaking", heard.audio, heard.is_voiced)
        if heard.state == "ended":
            if asks_for_more(partial):
                self._held = HOLD_MS // FRAME_MS
                return Step("speaking", heard.audio)
            return Step("ended", heard.audio)
        if self._held:
            self._held -= 1
            return Step("silence" if self._held else "ended", _NOTHING, heard.is_voiced)
        return Step("silence", _NOTHING, heard.is_voiced)

    def end(self) -> Step | None:
        """End the turn now, where one has begun: the input is over, or the key was released."""
        was_speaking, self._held = self.is_speaking, 0
        self._end_pointer.finish()
        return Step("ended", _NOTHING) if was_speaking else None


def asks_for_more(partial: str) -> bool:
    """Whether nobody ends a sentence like this."""
    words = partial.split()
    return bool(words) and words[-1] in _UNFINISHED
