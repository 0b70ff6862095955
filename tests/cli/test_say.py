"""``voice-agent say``: a text in the agent's voice, into a file."""

import json
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from voice_agent_cli.cli.app import app
from voice_agent_cli.speaking.espeak import EspeakVoice

pytestmark = pytest.mark.skipif(not EspeakVoice.is_installed(), reason="espeak-ng is not installed")


@pytest.fixture(autouse=True)
def _espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    # The quickest real voice: what is tested here is the command.
    monkeypatch.setenv("VOICE_AGENT_SPEAKING_ENGINE", "espeak")


def test_it_writes_a_wav_and_tells_how_it_was_said(tmp_path: Path) -> None:
    file = tmp_path / "total.wav"
    done = CliRunner().invoke(app, ["say", "It is $19.99.", "--output", str(file), "--json"])
    assert done.exit_code == 0
    facts = json.loads(done.stdout)
    assert facts["spoken"] == "It is nineteen ninety-nine."
    samples, rate = soundfile.read(file)
    assert rate == facts["sample_rate"]
    assert len(samples) / rate == pytest.approx(facts["seconds"], abs=0.01)


@pytest.mark.parametrize("text", ["", "   ", "x" * 20_001])
def test_a_text_that_cannot_be_said_is_a_wrong_use(text: str) -> None:
    done = CliRunner().invoke(app, ["say", text])
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["say", "hello", "--output", str(tmp_path / "no" / "x.wav")])
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


def test_several_sentences_are_all_said(tmp_path: Path) -> None:
    lengths = []
    for text in ("One.", "One. Two. Three."):
        done = CliRunner().invoke(app, ["say", text, "--output", str(tmp_path / "a.wav"), "--json"])
        lengths.append(json.loads(done.stdout)["seconds"])
    assert lengths[1] > lengths[0] * 1.5
