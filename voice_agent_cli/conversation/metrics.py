"""When each stage of a turn was done, stamped where it passes."""

from dataclasses import dataclass

from voice_agent_cli.events import TurnMetrics


@dataclass
class Stamps:
    """Seconds on the conversation's clock.

    ``silent_since`` is when the last voiced sample arrived (for typed text: when it
    was sent), so the end-pointer's own patience counts against us.
    """

    silent_since: float
    end_of_speech: float = 0.0
    transcript: float = 0.0
    understood: float = 0.0
    tools_done: float = 0.0
    first_audio: float = 0.0

    def metrics(self, turn_id: str) -> TurnMetrics:
        """Every stamp in ms from ``silent_since``; ``stages`` holds how long each stage took by itself."""
        return TurnMetrics(
            turn_id=turn_id,
            end_of_speech_ms=self._since(self.end_of_speech),
            transcript_ms=self._since(self.transcript),
            understood_ms=self._since(self.understood),
            first_audio_ms=self._since(self.first_audio),
            stages=self._stages(),
        )

    def _since(self, stamp: float) -> float:
        return round(max(stamp - self.silent_since, 0.0) * 1000, 1)

    def _stages(self) -> dict[str, float]:
        passed = {
            "end_point": (self.silent_since, self.end_of_speech),
            "recognize": (self.end_of_speech, self.transcript),
            "understand": (self.transcript, self.understood),
            "tools": (self.understood, self.tools_done),
            "speak": (self.tools_done, self.first_audio),
        }
        return {name: round(max(end - start, 0.0) * 1000, 1) for name, (start, end) in passed.items()}
