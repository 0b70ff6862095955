"""What the shopper has heard of an answer, by the clock.

Audio is sent faster than it is heard. Every face plays it in real time, so when a
piece was sent and how long it lasts tell what has been heard; no face has to report.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class _Piece:
    text: str
    starts: float
    ends: float


class Playback:
    """The pieces of the present answer. All times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self._pieces: list[_Piece] = []
        self._free_at = 0.0

    def begin(self) -> None:
        """What is added from now on is a new answer; it is heard after what is still playing."""
        self._free_at = self.ends_at
        self._pieces.clear()

    def add(self, text: str, seconds: float, at: float) -> None:
        """A piece was sent at ``at``; it is heard after those before it."""
        starts = max(at, self.ends_at)
        self._pieces.append(_Piece(text, starts, starts + seconds))

    @property
    def ends_at(self) -> float:
        return self._pieces[-1].ends if self._pieces else self._free_at

    def is_playing(self, at: float) -> bool:
        return at < self.ends_at

    def heard(self, at: float) -> str:
        """The text whose sound had been played at ``at``; of a piece cut short, the whole words."""
        return " ".join(filter(None, (_heard_of(piece, at) for piece in self._pieces)))

    def stop(self, at: float) -> str:
        """Cut the answer off: returns what was heard, and nothing is playing any more."""
        heard = self.heard(at)
        self._pieces.clear()
        self._free_at = 0.0
        return heard


def _heard_of(piece: _Piece, at: float) -> str:
    if at >= piece.ends:
        return piece.text
    if at <= piece.starts:
        return ""
    words = piece.text.split()
    # Longer words take longer to say: measure by letters, and count a word only when it is over.
    share = (at - piece.starts) / (piece.ends - piece.starts)
    said, letters = 0, sum(len(word) + 1 for word in words)
    for count, word in enumerate(words):
        said += len(word) + 1
        if said / letters > share:
            return " ".join(words[:count])
    return piece.text
