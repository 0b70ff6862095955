import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voice_agent_cli import settings
from voice_agent_cli.cli import checks, doctor
from voice_agent_cli.cli.app import app
from voice_agent_cli.cli.checks import Finding
from voice_agent_cli.errors import ModelError
from voice_agent_cli.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICE_AGENT_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def child_that(returncode: int, stdout: str = "", stderr: str = "") -> Callable[..., object]:
    return lambda *_: subprocess.CompletedProcess([], returncode, stdout, stderr)


def own_gguf(folders: Path) -> Settings:
    (folders / "own.gguf").write_bytes(b"not a model")
    return settings.load({"understanding.model": str(folders / "own.gguf")})


def only(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {f.name: lambda _, f=f: f for f in findings})


def test_a_broken_thing_ends_with_1_and_its_mending_line(monkeypatch: pytest.MonkeyPatch) -> None:
    only(
        monkeypatch, Finding("disk", "ok", "fine"), Finding("audio", "broken", "no library", "apt install it")
    )
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "BROKEN  audio          no library\n" in result.stdout
    assert "type: apt install it" in result.stdout


def test_warnings_alone_end_with_0_and_json_has_every_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, Finding("audio", "warning", "no microphone"))
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)[1] == {
        "name": "audio",
        "state": "warning",
        "message": "no microphone",
        "mend": "",
    }


def test_a_check_that_raises_is_a_finding_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(_: Settings) -> Finding:
        raise ModelError("the model is not here; type: pull")

    monkeypatch.setattr(doctor, "CHECKS", {"speaking": check})
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "BROKEN  speaking       the model is not here; type: pull" in result.stdout


def test_a_wrong_setting_is_the_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_SERVER_PORT", "door")
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert 'VOICE_AGENT_SERVER_PORT: server.port = "door"' in result.stdout


def test_a_llama_that_dies_of_a_signal_is_told_how_to_be_rebuilt(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_run", child_that(-signal.SIGSEGV))
    finding = checks.understanding(own_gguf(folders))
    assert finding.state == "broken"
    assert "SIGSEGV" in finding.message
    assert finding.mend.startswith('CMAKE_ARGS="-DGGML_NATIVE=OFF')


def test_the_flags_told_are_those_the_set_up_builds_with() -> None:
    assert checks.LLAMA_BASELINE in (ROOT / "scripts" / "setup").read_text()


def test_a_file_that_is_no_model_is_found_by_a_real_child(folders: Path) -> None:
    finding = checks.understanding(own_gguf(folders))
    assert finding.state == "broken"
    assert "own.gguf" in finding.message


def test_a_server_that_does_not_answer_is_broken() -> None:
    flags = {"understanding.engine": "openai_compatible", "understanding.url": "http://127.0.0.1:9/v1"}
    finding = checks.understanding(settings.load(flags))
    assert finding.state == "broken"
    assert "127.0.0.1:9" in finding.message


def test_an_audio_library_that_is_missing_leaves_files_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_run", child_that(1, stderr="OSError: PortAudio library not found"))
    finding = checks.audio(settings.load())
    assert (finding.state, finding.mend) == ("warning", "sudo apt-get install -y libportaudio2")


@pytest.mark.parametrize(
    ("devices", "state", "said"),
    [
        ("[]", "warning", "no microphone and no speaker"),
        ("[[1, 0]]", "warning", "no speaker"),
        ("[[2, 2]]", "ok", "1"),
    ],
)
def test_devices_that_lack_a_side_are_named(
    devices: str, state: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_run", child_that(0, stdout=devices))
    finding = checks.audio(settings.load())
    assert finding.state == state
    assert said in finding.message


def test_every_engine_loads_here() -> None:
    assert checks.engines(settings.load()).state == "ok"


def test_an_engine_that_lacks_a_system_library_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = json.dumps({"llama_cpp": "OSError: libgomp.so.1: cannot open shared object file"})
    monkeypatch.setattr(checks, "_run", child_that(0, stdout=failed))
    assert checks.engines(settings.load()).mend == "sudo apt-get install -y libgomp1"


def test_without_vosks_model_pocketsphinx_hears_unless_vosk_was_asked_for() -> None:
    assert checks.hearing(settings.load()).state == "warning"
    assert checks.hearing(settings.load({"hearing.engine": "vosk"})).state == "broken"
    assert checks.hearing(settings.load({"hearing.engine": "pocketsphinx"})).state == "ok"


def test_absent_default_models_are_named_with_their_pull_line() -> None:
    finding = checks.models(settings.load())
    assert finding.state == "broken"
    assert "models pull smollm2-135m" in finding.mend


def test_a_damaged_database_is_found(folders: Path) -> None:
    (folders / "data").mkdir()
    (folders / "data" / "voice-agent.db").write_bytes(b"this is no database at all" * 100)
    finding = checks.database(settings.load())
    assert finding.state == "broken"
    assert "not a database" in finding.message


def test_an_unknown_shop_is_broken_and_the_sample_one_is_made_later() -> None:
    assert checks.catalogue(settings.load()).state == "ok"
    assert "catalog import" in checks.catalogue(settings.load({"shop.name": "mine"})).mend
