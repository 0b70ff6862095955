"""The talk key where terminals tell of presses only, never of releases.

A tap opens the microphone, the next tap closes it. A key that is held repeats itself:
two presses closer together than a finger can tap mean that it is held, and it is let
go of once the repeats stop. The first repeat comes late (a quarter to three quarters
of a second) and looks like a second tap, so a second tap counts only when no repeat
has followed it.
"""

from typing import Literal

REPEAT_S = 0.12
RELEASE_S = 0.25

State = Literal["closed", "tapped", "held"]


class TalkKey:
    """``press`` at each press, ``tick`` now and then; both return whether the microphone is open.

    Times are seconds on one monotonic clock.
    """

    def __init__(self) -> None:
        self.state: State = "closed"
        self._last = float("-inf")
        self._closes_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self.state != "closed"

    @property
    def closes_at(self) -> float | None:
        """When ``tick`` wants to be called next; None where nothing is awaited."""
        return self._closes_at

    def press(self, at: float) -> bool:
        repeats, self._last = at - self._last < REPEAT_S, at
        if self.state == "closed":
            self.state = "tapped"
        elif repeats or self.state == "held":
            self.state, self._closes_at = "held", at + RELEASE_S
        else:
            self._closes_at = at + REPEAT_S
        return self.is_open

    def tick(self, at: float) -> bool:
        if self._closes_at is not None and at >= self._closes_at:
            self.state, self._closes_at = "closed", None
        return self.is_open

    def close(self) -> None:
        """The microphone was closed by something else."""
        self.state, self._closes_at = "closed", None
