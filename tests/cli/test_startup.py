"""How long a person waits for a command, each in a new process; generous, since machines are busy."""

import os
import shutil
from pathlib import Path

import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError, VoiceAgentError
from voice_agent_cli.models import registry
from voice_agent_cli.quality.bench_startup import LIMITS_S, bench_startup
from voice_agent_cli.shop.shops import ensure_shop

BUSY = 6.0  # how much slower than an idle machine this one may be


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ensure_shop(tmp_path)
    return {**os.environ, "VOICE_AGENT_DATA_DIR": str(tmp_path)}


@pytest.mark.slow
def test_help_a_tool_and_the_first_prompt_of_talk_come_in_time(environment: dict[str, str]) -> None:
    chosen = settings.load()
    try:
        registry.path(chosen.understanding.model, chosen.models_dir)
        registry.path(chosen.speaking.voice, chosen.models_dir)
    except ModelError as absent:
        pytest.skip(absent.message)
    figures = bench_startup(rounds=2, environment=environment)
    assert set(figures) == set(LIMITS_S)
    for name, taken in figures.items():
        assert 0 < taken["best_s"] < BUSY * taken["limit_s"], name


def test_a_command_that_fails_is_told_instead_of_timed(environment: dict[str, str], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "shops")
    with pytest.raises(VoiceAgentError, match="there is no shop"):
        bench_startup(rounds=1, environment={**environment, "VOICE_AGENT_SHOP_NAME": "none"})
