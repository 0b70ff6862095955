"""``voice-agent sessions``: list, show, export and delete what was said."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from voice_agent_cli.cli.app import app
from voice_agent_cli.storage.sessions import Sessions, TurnRecord


@pytest.fixture(autouse=True)
def _one_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path))
    sessions = Sessions(tmp_path)
    sessions.start("s1", metadata={"source": "talk"})
    sessions.add_message("s1", "user", "show me jackets")
    sessions.add_message("s1", "assistant", "I found 3.", ["search_products"])
    tool = {"tool": "search_products", "arguments": {}, "success": True, "duration_ms": 3.0}
    sessions.add_turn("s1", TurnRecord("t1", "product_search", (tool,), {"first_audio_ms": 700.0}))
    sessions.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sessions", *arguments])


def test_the_list_names_each_session_with_its_messages() -> None:
    assert "s1" in run("list").stdout
    (session,) = json.loads(run("list", "--json").stdout)
    assert (session["session_id"], session["status"], session["message_count"]) == ("s1", "active", 2)


def test_show_reads_as_a_page_and_as_data() -> None:
    page = run("show", "s1").stdout
    assert "show me jackets" in page
    assert "search_products 3 ms" in page
    record = json.loads(run("show", "s1", "--json").stdout)
    assert record["messages"][1]["tools_used"] == ["search_products"]
    assert record["turns"][0]["timings"]["first_audio_ms"] == 700.0


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_an_export_lands_in_the_file(form: str, tmp_path: Path) -> None:
    file = tmp_path / "out"
    assert run("export", "s1", "--format", form, "--output", str(file)).exit_code == 0
    assert "show me jackets" in file.read_text()


def test_what_was_deleted_is_gone_and_an_unknown_session_is_one_line() -> None:
    assert run("delete", "s1").exit_code == 0
    for command in ("show", "export", "delete"):
        done = run(command, "s1")
        assert done.exit_code == 1
        assert "there is no session s1" in done.stderr


def test_no_sessions_is_no_error() -> None:
    run("delete", "s1")
    assert run("list", "--json").stdout.strip() == "[]"
    assert run("list").exit_code == 0
