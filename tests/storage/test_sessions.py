"""The record of sessions: kept at once, resumed, exported, deleted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.storage.sessions import Sessions, TurnRecord, as_markdown


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path)


def test_a_message_survives_a_kill_the_moment_after_it_was_kept(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from voice_agent_cli.storage.sessions import Sessions\n"
        "s = Sessions(Path(sys.argv[1])); s.start('one'); s.add_message('one', 'user', 'add the blue one')\n"
        "print('kept', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"kept\n"
        process.send_signal(signal.SIGKILL)
    assert [m.content for m in Sessions(tmp_path).messages("one")] == ["add the blue one"]


def test_a_resumed_session_keeps_its_messages_its_memory_and_its_start(sessions: Sessions) -> None:
    first = sessions.start(user_id="ann")
    sessions.add_message(first.session_id, "user", "hello")
    sessions.remember(first.session_id, {"pending": {"tool": "checkout"}})
    sessions.end(first.session_id)
    again = sessions.start(first.session_id)
    assert (again.status, again.started_at, again.user_id) == ("active", first.started_at, "ann")
    assert again.message_count == 1
    assert sessions.recall(first.session_id) == {"pending": {"tool": "checkout"}}


def test_a_message_cut_short_holds_only_what_was_heard(sessions: Sessions) -> None:
    sessions.start("s")
    message = sessions.add_message("s", "assistant", "I found three. The first is red.", ["search_products"])
    sessions.correct_message(message, "I found three.")
    assert sessions.messages("s")[0].content == "I found three."
    assert sessions.messages("s")[0].tools_used == ("search_products",)


def test_an_export_reads_as_data_and_as_a_page(sessions: Sessions) -> None:
    sessions.start("s")
    sessions.add_message("s", "user", "show me jackets")
    sessions.add_message("s", "assistant", "I found 3 jackets.", ["search_products"])
    tool = {"tool": "search_products", "arguments": {}, "success": True, "duration_ms": 12.0}
    sessions.add_turn("s", TurnRecord("t1", "product_search", (tool,), {"first_audio_ms": 812.0}))
    record = sessions.export("s")
    assert [m["content"] for m in record["messages"]] == ["show me jackets", "I found 3 jackets."]
    assert record["turns"][0]["tools"][0]["tool"] == "search_products"
    page = as_markdown(record)
    assert "**Shopper**" in page
    assert "| t1 | product_search | search_products 12 ms | 812 |" in page


def test_a_turn_is_kept_before_its_times_are_known(sessions: Sessions) -> None:
    sessions.start("s")
    kept = sessions.add_turn("s", TurnRecord("t1", "view_cart"))
    assert sessions.turns("s")[0].timings == {}
    sessions.time_turn(kept, {"first_audio_ms": 812.0})
    (turn,) = sessions.turns("s")
    assert (turn.turn_id, turn.timings) == ("t1", {"first_audio_ms": 812.0})


def test_a_deleted_session_is_gone_with_everything_said_in_it(sessions: Sessions) -> None:
    sessions.start("s")
    sessions.add_message("s", "user", "secret")
    sessions.delete("s")
    assert sessions.messages("s") == ()
    with pytest.raises(NotFoundError, match="sessions list"):
        sessions.get("s")
    with pytest.raises(NotFoundError):
        sessions.delete("s")


def test_ending_twice_keeps_the_first_end(sessions: Sessions) -> None:
    sessions.start("s")
    ended = sessions.end("s", "expired")
    assert sessions.end("s").status == "expired"
    assert sessions.end("s").ended_at == ended.ended_at
    assert [s.session_id for s in sessions.recent()] == ["s"]
