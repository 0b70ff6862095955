import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voice_agent_cli import settings
from voice_agent_cli.cli.app import app


@pytest.fixture(autouse=True)
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "somewhere" / "config.toml"
    monkeypatch.setattr(settings, "user_file", lambda: path)
    return path


def test_show_tells_value_and_source_of_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_SERVER_PORT", "9000")
    shown = json.loads(CliRunner().invoke(app, ["config", "show", "--json"]).stdout)
    assert shown["server.port"] == {"value": 9000, "source": "VOICE_AGENT_SERVER_PORT"}
    assert shown["server.host"]["source"] == "config/default.toml"
    lines = CliRunner().invoke(app, ["config", "show"]).stdout.splitlines()
    assert len(lines) == len(shown)


def test_init_writes_a_file_that_changes_nothing_until_edited(own_file: Path) -> None:
    before = settings.load()
    assert CliRunner().invoke(app, ["config", "init"]).exit_code == 0
    assert not any(tomllib.loads(own_file.read_text()).values())
    assert settings.load() == before
    own_file.write_text(own_file.read_text().replace("# port = 8000", "port = 81"))
    assert settings.load().server.port == 81


def test_init_does_not_overwrite_unless_forced(own_file: Path) -> None:
    own_file.parent.mkdir()
    own_file.write_text("[server]\nport = 1\n")
    refused = CliRunner().invoke(app, ["config", "init"])
    assert refused.exit_code == 2
    assert own_file.read_text() == "[server]\nport = 1\n"
    assert CliRunner().invoke(app, ["config", "init", "--force"]).exit_code == 0
    assert "# port" in own_file.read_text()
