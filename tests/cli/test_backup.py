"""``voice-agent backup``: whole copies that can be put back."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voice_agent_cli.cli.app import app
from voice_agent_cli.storage.keys import Keys
from voice_agent_cli.storage.sessions import Sessions


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def backup(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["backup", *arguments])


def test_what_was_copied_in_use_can_be_put_back(data_dir: Path, tmp_path: Path) -> None:
    sessions = Sessions(data_dir)  # open all the while, as by a server
    session = sessions.start().session_id
    sessions.add_message(session, "user", "hello")
    _, secret = Keys(data_dir).create("kiosk")
    copies = json.loads(backup(str(tmp_path / "copy"), "--json").stdout)
    assert [Path(copy).name for copy in copies] == ["voice-agent.db"]
    sessions.delete(session)
    sessions.close()
    shutil.rmtree(data_dir)
    shutil.copytree(tmp_path / "copy", data_dir)
    assert Sessions(data_dir).messages(session)[0].content == "hello"
    assert Keys(data_dir).find(secret) is not None


def test_a_folder_in_use_is_not_written_over(data_dir: Path, tmp_path: Path) -> None:
    Sessions(data_dir).start()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    refused = backup(str(tmp_path / "full"))
    assert refused.exit_code == 2
    assert "not empty" in refused.stderr


def test_a_damaged_database_is_told(data_dir: Path, tmp_path: Path) -> None:
    sessions = Sessions(data_dir)
    for _ in range(200):
        sessions.start(metadata={"filler": "x" * 500})
    sessions.close()
    path = data_dir / "voice-agent.db"
    whole = bytearray(path.read_bytes())
    whole[8192:40_000] = b"\xff" * (40_000 - 8192)
    path.write_bytes(whole)
    refused = backup(str(tmp_path / "copy"))
    assert refused.exit_code == 1
    assert "damaged" in refused.stderr


def test_where_there_is_nothing_it_says_so(tmp_path: Path) -> None:
    refused = backup(str(tmp_path / "copy"))
    assert refused.exit_code == 1
    assert "nothing to copy" in refused.stderr
