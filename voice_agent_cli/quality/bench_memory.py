"""What each part of a conversation adds to the memory of the process."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path

from voice_agent_cli.settings import Settings

_MB = 1024 * 1024


def bench_memory(loaded: Settings) -> dict[str, dict[str, float]]:
    """MB of resident memory by part, loaded one after the other as ``talk`` needs them, and their sum.

    Model files that are mapped into memory count as far as they were read: the system can
    drop and read them again, and processes share them. ``peak_mb`` is the most at any moment so far.

    Raises:
        ModelError: an engine does not run.
        VoiceAgentError: this system does not tell.
    """
    from voice_agent_cli.shop.shops import ensure_shop

    figures: dict[str, dict[str, float]] = {}
    kept: list[object] = []
    before = 0.0

    def measure(part: str, load: Callable[[], object]) -> None:
        nonlocal before
        kept.append(load())
        now = resident_mb()
        figures[part] = {"mb": round(now - before, 1), "peak_mb": round(_peak_mb(), 1)}
        before = now

    measure("python", lambda: None)
    database = ensure_shop(loaded.data_dir, loaded.shop.name)
    measure("shop and meaning search", lambda: _search(database))
    measure("recognizer", lambda: _recognizer(loaded, database))
    measure("language model", lambda: _agent(loaded))
    measure("voice", lambda: _voice(loaded))
    figures["together"] = {"mb": round(before, 1), "peak_mb": round(_peak_mb(), 1)}
    return figures


def resident_mb() -> float:
    """Resident memory of this process."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # no /proc: the most so far is the nearest that can be had
        return _peak_mb()
    return pages * resource.getpagesize() / _MB


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MB if sys.platform == "darwin" else peak / 1024


def _search(database: Path) -> object:
    from voice_agent_cli.shop.search import SearchRequest
    from voice_agent_cli.shop.shop import Shop

    shop = Shop.open(database, "")
    shop.search.find(SearchRequest(query="a gift for a gardener", limit=3))
    return shop


def _recognizer(loaded: Settings, database: Path) -> object:
    from voice_agent_cli.hearing import open_recognizer

    return open_recognizer(loaded, database)


def _agent(loaded: Settings) -> object:
    from voice_agent_cli.tools import registry
    from voice_agent_cli.understanding.agent import open_agent
    from voice_agent_cli.understanding.state import State

    agent = open_agent(loaded, registry.argument_names())
    agent.understand("show me rain jackets", State())
    return agent


def _voice(loaded: Settings) -> object:
    from voice_agent_cli.speaking.voice import open_voice

    voice = open_voice(loaded)
    voice.synthesize("I found four rain jackets.")
    return voice
