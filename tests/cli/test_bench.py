"""``voice-agent bench``: what it measures and how it tells it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    chosen = settings.load()
    try:
        registry.path(chosen.understanding.model, chosen.models_dir)
        registry.path(chosen.speaking.voice, chosen.models_dir)
    except ModelError as absent:
        pytest.skip(absent.message)
    return {**os.environ, "VOICE_AGENT_DATA_DIR": str(tmp_path / "data")}


def bench(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "voice_agent_cli.cli.app", "bench", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_latency_is_told_for_the_whole_way_and_for_each_stage(
    environment: dict[str, str], tmp_path: Path
) -> None:
    turns = tmp_path / "turns"
    turns.mkdir()
    for name in ("01.flac", "09.flac"):
        shutil.copy(settings.shipped("config/demo") / name, turns)
    done = bench(environment, "latency", str(turns), "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    whole = figures["end of speech to first sound"]
    assert whole["turns"] == 2
    assert 0 < whole["median_ms"] <= whole["p95_ms"] <= whole["slowest_ms"]
    stages = [
        figures[name]["slowest_ms"] for name in ("end_point", "recognize", "understand", "tools", "speak")
    ]
    assert max(stages) < whole["slowest_ms"] <= sum(stages) + 1


def test_memory_is_told_by_part_and_fits_a_small_machine(environment: dict[str, str]) -> None:
    done = bench(environment, "memory", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    together = figures.pop("together")
    assert sum(part["mb"] for part in figures.values()) == pytest.approx(together["mb"], abs=1)
    assert together["mb"] <= together["peak_mb"] + 1 < 2000


def test_a_folder_without_recordings_is_one_clear_line(environment: dict[str, str], tmp_path: Path) -> None:
    done = bench(environment, "latency", str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "holds no recordings" in done.stderr
