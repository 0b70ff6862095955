"""How long a command takes to start, cold: a new process each time, as a person waits for it."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Mapping
from pathlib import Path

from voice_agent_cli.errors import VoiceAgentError

_COMMAND = [sys.executable, "-m", "voice_agent_cli.cli.app"]
_WHOLE = {
    "--help": ["--help"],
    "tool search_products": ["tool", "search_products", "running shoes", "--max-price", "120"],
}
LIMITS_S = {"--help": 0.3, "tool search_products": 0.6, "talk, to its first prompt": 3.0}


def bench_startup(
    rounds: int = 5, environment: Mapping[str, str] = os.environ
) -> dict[str, dict[str, float]]:
    """Seconds by command: the best and the median of ``rounds``, and the limit it is held to.

    ``talk`` is timed until it listens: recognizer, language model and voice loaded and warm. One
    run before those that count imports the shop and fills the caches of a fresh machine.

    Raises:
        VoiceAgentError: a command failed.
    """
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        silence = Path(folder) / "silence.wav"
        _write_silence(silence)
        for name, limit in LIMITS_S.items():
            taken = [
                _run(_WHOLE[name], environment) if name in _WHOLE else _until_ready(silence, environment)
                for _ in range(rounds + 1)
            ][1:]
            figures[name] = {
                "best_s": round(min(taken), 3),
                "median_s": round(statistics.median(taken), 3),
                "limit_s": limit,
            }
    return figures


def _run(arguments: list[str], environment: Mapping[str, str]) -> float:
    begun = time.perf_counter()
    done = subprocess.run([*_COMMAND, *arguments], env=environment, capture_output=True, text=True)
    taken = time.perf_counter() - begun
    if done.returncode:
        raise VoiceAgentError(f"`voice-agent {' '.join(arguments)}` failed: {done.stderr.strip()}")
    return taken


def _until_ready(recording: Path, environment: Mapping[str, str]) -> float:
    """Until the first event of ``talk``, which it prints when it hears."""
    begun = time.perf_counter()
    with subprocess.Popen(
        [*_COMMAND, "talk", "--input", str(recording), "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as talk:
        line = talk.stdout.readline() if talk.stdout else ""
        taken = time.perf_counter() - begun
        _, said = talk.communicate()
    if "session.ready" not in line or talk.returncode:
        raise VoiceAgentError(f"`voice-agent talk` failed: {said.strip()}")
    return taken


def _write_silence(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(3200))
