"""Sessions that are over, and copies of what is kept."""

import sqlite3
from pathlib import Path

from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.storage.analytics import Analytics
from voice_agent_cli.storage.retention import backup, expire, forget
from voice_agent_cli.storage.sessions import FILE, Sessions


def age(data_dir: Path, session_id: str, column: str, at: str = "2020-01-01T00:00:00.000Z") -> None:
    with sqlite3.connect(data_dir / FILE) as db:
        db.execute(f"UPDATE sessions SET {column} = ? WHERE id = ?", [at, session_id])
    db.close()


def test_only_sessions_without_traffic_expire_and_their_record_stays(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    for name in ("quiet", "busy", "fresh"):
        sessions.start(name)
        sessions.add_message(name, "user", "hello")
    age(tmp_path, "quiet", "last_seen_at")
    age(tmp_path, "busy", "last_seen_at")
    assert expire(tmp_path, 60, busy={"busy"}) == ("quiet",)
    assert sessions.get("quiet").status == "expired"
    assert sessions.get("quiet").ended_at is not None
    assert sessions.get("busy").status == sessions.get("fresh").status == "active"
    assert [message.content for message in sessions.messages("quiet")] == ["hello"]
    assert expire(tmp_path, 60, busy={"busy"}) == ()


def test_old_records_go_with_their_events_and_visits_and_nothing_else_does(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    shops = tmp_path / "shops" / "sample.db"
    for name in ("old", "new"):
        sessions.start(name)
        Analytics(tmp_path).track(name, "click", {})
        with Shop.open(shops, name) as shop:
            shop.remember_search({"query": "hat"})
        sessions.end(name)
    age(tmp_path, "old", "ended_at")
    assert forget(tmp_path, keep_days=30) == 1
    assert [session.session_id for session in sessions.recent()] == ["new"]
    assert Analytics(tmp_path).events("old") == ()
    with Shop.open(shops, "old") as shop:
        assert shop.last_search is None
    with Shop.open(shops, "new") as shop:
        assert shop.last_search == {"query": "hat"}


def test_a_backup_taken_in_use_is_a_whole_working_copy(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "data")
    sessions.start("one")
    Shop.open(tmp_path / "data" / "shops" / "sample.db", "one").close()
    copies = backup(tmp_path / "data", tmp_path / "copy")
    assert [copy.name for copy in copies] == [FILE, "sample.db"]
    assert Sessions(tmp_path / "copy").get("one").session_id == "one"
