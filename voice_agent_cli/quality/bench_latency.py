"""From the end of speech to the first sound, by stage, over recorded turns spoken in real time."""

import asyncio
import math
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from voice_agent_cli.conversation.engines import Engines
from voice_agent_cli.conversation.rehearsal import Pace, private_settings, recordings, shopper
from voice_agent_cli.events import Event, TurnMetrics
from voice_agent_cli.settings import Settings, shipped

ANSWER = "end of speech to first sound"


def bench_latency(
    loaded: Settings,
    folder: Path,
    recorded: Path | None = None,
    rounds: int = 1,
    turn_done: Callable[[TurnMetrics], None] = lambda _: None,
) -> dict[str, dict[str, float]]:
    """Median, 95th percentile and slowest in ms, over every turn: of the whole way and of each stage.

    The way begins at the last voiced sample, so the end-pointer's patience counts.

    Args:
        folder: an empty one, for the copy of the shop that is bought from.
        recorded: one FLAC or WAV file a turn; ``None`` = the demo's shopper.
        turn_done: called after each turn.

    Raises:
        NotFoundError: there are no recordings.
        ModelError: an engine does not run.
    """
    turns = recordings(recorded or shipped("config/demo"))
    engines = Engines(private_settings(loaded, folder))
    try:
        measured = [
            metrics for _ in range(rounds) for metrics in asyncio.run(_rehearse(engines, turns, turn_done))
        ]
    finally:
        engines.close()
    return _summary(measured)


async def _rehearse(
    engines: Engines, turns: Sequence[Path], turn_done: Callable[[TurnMetrics], None]
) -> list[TurnMetrics]:
    measured: list[TurnMetrics] = []

    def keep(event: Event) -> None:
        if isinstance(event, TurnMetrics):
            measured.append(event)
            turn_done(event)

    pace = Pace()
    conversation = engines.open(metadata={"source": "bench"}, clock=pace.clock)
    conversation.subscribe(keep)
    async with conversation:
        await conversation.listen(shopper(conversation, turns, pace))
    return measured


def _summary(measured: Sequence[TurnMetrics]) -> dict[str, dict[str, float]]:
    if not measured:
        return {}
    stages = {name: [turn.stages[name] for turn in measured] for name in measured[0].stages}
    return {
        name: _figures(values)
        for name, values in {**stages, ANSWER: [turn.first_audio_ms for turn in measured]}.items()
    }


def _figures(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "turns": len(ordered),
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[math.ceil(0.95 * len(ordered)) - 1], 1),
        "slowest_ms": round(ordered[-1], 1),
    }
