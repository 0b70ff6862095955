"""What a recognizer is, whatever engine is behind it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.events import Word

SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Transcript:
    """What was heard in one utterance.

    Attributes:
        text: The words, lower case, one space between; empty when nothing was heard.
        confidence: 0 to 1; 0 when nothing was heard.
        words: Each word with its times, in seconds from the first sample accepted.
    """

    text: str
    confidence: float
    words: tuple[Word, ...] = ()


class Recognizer(Protocol):
    """Speech to text, one utterance at a time.

    Not for two threads at once: a conversation owns its recognizer. Engines that
    share a read-only model share it behind this interface.
    """

    @property
    def engine(self) -> str:
        """The engine's name: ``vosk`` or ``pocketsphinx``."""
        ...

    @property
    def model(self) -> str:
        """The name of the acoustic model in use."""
        ...

    def accept(self, frame: NDArray[np.int16]) -> None:
        """Hear more of the utterance: mono samples at 16 kHz, any number of them."""
        ...

    def partial(self) -> str:
        """What has been heard so far; it may still change."""
        ...

    def finish(self) -> Transcript:
        """End the utterance, and be ready for the next one."""
        ...

    def reset(self) -> None:
        """Forget the utterance that has begun."""
        ...
