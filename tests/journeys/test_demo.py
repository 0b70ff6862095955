"""The demo as a user runs it: every word through the real VAD, recognizer, language model and voice."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import soundfile

from voice_agent_cli.settings import Settings, shipped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def said_in_the_script() -> list[str]:
    lines = shipped("config/demo/shopper.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture
def shown(private: Settings, tmp_path: Path) -> tuple[list[dict[str, Any]], Path]:
    wav = tmp_path / "both.wav"
    done = subprocess.run(
        [sys.executable, "-m", "voice_agent_cli.cli.app", "demo", "--fast", "--json", "--output", str(wav)],
        capture_output=True,
        text=True,
        env={**os.environ, "VOICE_AGENT_DATA_DIR": str(private.data_dir)},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], wav


def test_the_shopper_is_heard_served_and_checked_out(shown: tuple[list[dict[str, Any]], Path]) -> None:
    events, wav = shown
    heard = [e["data"]["text"] for e in events if e["type"] == "transcription" and e["data"]["is_final"]]
    assert len(heard) == len(said_in_the_script())
    ran = [e["data"] for e in events if e["type"] == "tool.finished"]
    done = [call["tool"] for call in ran if call["success"]]
    for tool in ("search_products", "refine_search", "compare_products", "get_store_policy", "view_cart"):
        assert tool in done
    added = [call["result"]["line"]["title"] for call in ran if call["tool"] == "add_to_cart"]
    assert len(set(added)) == 2, "two things, each by where it stood in what was shown"
    assert done.index("update_cart") > done.index("add_to_cart")
    assert "apply_discount" in done
    asked, confirmed = [call for call in ran if call["tool"] == "checkout"]
    assert asked["error"]["code"] == "CHOICE_NEEDED", "nothing is ordered before the yes"
    order = confirmed["result"]["order"]
    assert sorted(line["title"] for line in order["lines"]) == sorted(set(added))
    assert Decimal(order["discount"]) == 20
    assert len([e for e in events if e["type"] == "turn.metrics"]) >= 10
    metrics = [e["data"] for e in events if e["type"] == "turn.metrics"]
    assert all(m["end_of_speech_ms"] <= m["transcript_ms"] <= m["first_audio_ms"] for m in metrics)
    samples, _ = soundfile.read(wav)
    assert abs(samples[:, 0]).max() > 0.1, "the shopper is on the left"
    assert abs(samples[:, 1]).max() > 0.1, "the assistant is on the right"
