"""The keys command: a key is shown once, listed without its secret, revoked."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voice_agent_cli.cli.app import app
from voice_agent_cli.storage.keys import Keys


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path))
    return tmp_path


def keys(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def test_a_created_key_works_and_the_list_does_not_show_it(data_dir: Path) -> None:
    secret = keys("create", "kiosk 3").stdout.strip()
    found = Keys(data_dir).find(secret)
    assert found is not None
    listed = keys("list").stdout
    assert "kiosk 3" in listed
    assert secret not in listed
    assert json.loads(keys("list", "--json").stdout)[0]["key_id"] == found.key_id


def test_a_revoked_key_is_refused(data_dir: Path) -> None:
    made = json.loads(keys("create", "one", "--json").stdout)
    assert keys("revoke", made["key_id"]).exit_code == 0
    assert Keys(data_dir).find(made["api_key"]) is None
    assert "revoked" in keys("list").stdout


@pytest.mark.parametrize(
    ("arguments", "code"), [(["revoke", "key_0"], 1), (["create", " "], 2), (["create"], 2)]
)
def test_wrong_usage_is_one_line(arguments: list[str], code: int) -> None:
    result = keys(*arguments)
    assert result.exit_code == code
    assert result.stdout == ""
