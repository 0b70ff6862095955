import sqlite3
import threading
from contextlib import suppress

import pytest

from voice_agent_cli.errors import StorageError
from voice_agent_cli.storage import database
from voice_agent_cli.storage.database import Schema, connect, transaction


def make_notes(db):
    db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")


def add_author(db):
    db.execute("ALTER TABLE notes ADD COLUMN author TEXT DEFAULT 'nobody'")


NOTES = Schema("notes", (make_notes,))


def test_each_migration_runs_once_and_later_ones_keep_the_rows(tmp_path):
    path = tmp_path / "deep" / "shop.db"
    first = connect(path, NOTES)
    first.execute("INSERT INTO notes (text) VALUES ('milk')")
    first.conn.commit()
    first.close()
    second = connect(path, Schema("notes", (make_notes, add_author)), Schema("other", ()))
    assert list(second["notes"].rows) == [{"id": 1, "text": "milk", "author": "nobody"}]


def test_a_migration_that_fails_leaves_no_trace(tmp_path):
    def breaks(db):
        db.execute("CREATE TABLE half (a)")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        connect(tmp_path / "a.db", Schema("broken", (breaks,)))
    assert "half" not in connect(tmp_path / "a.db").table_names()


def test_a_database_of_a_newer_version_is_refused(tmp_path):
    connect(tmp_path / "a.db", Schema("notes", (make_notes, add_author))).close()
    with pytest.raises(StorageError, match="newer version"):
        connect(tmp_path / "a.db", NOTES)


def test_it_uses_wal_and_enforces_foreign_keys(tmp_path):
    db = connect(tmp_path / "a.db")
    assert db.journal_mode == "wal"
    assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize("content", [b"this is a shopping list, no database at all\n" * 40, b"\x00" * 5000])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path, content):
    path = tmp_path / "shop.db"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"shop\.db is not a database"):
        connect(path, NOTES)
    assert path.read_bytes() == content


def test_a_damaged_database_is_named_and_left_alone(tmp_path):
    path = tmp_path / "shop.db"
    db = connect(path, NOTES)
    db["notes"].insert_all({"text": "x" * 500} for _ in range(200))
    db.close()
    damaged = bytearray(path.read_bytes())
    damaged[8192:20480] = b"\xa5" * 12288
    path.write_bytes(damaged)
    with pytest.raises(StorageError, match="is damaged"):
        connect(path, NOTES).execute("SELECT * FROM notes WHERE text LIKE '%y%'").fetchall()
    assert path.read_bytes() == damaged


def test_a_locked_database_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    holder, waiting = connect(tmp_path / "a.db", NOTES), connect(tmp_path / "a.db", NOTES)
    with transaction(holder), pytest.raises(StorageError, match="locked by another program"):
        waiting.execute("INSERT INTO notes (text) VALUES ('x')")


def test_a_read_only_file_says_so(tmp_path):
    path = tmp_path / "a.db"
    connect(path, NOTES).close()
    db = connect(path, NOTES)
    db.execute("PRAGMA query_only=ON")
    with pytest.raises(StorageError, match="cannot be written"):
        db.execute("INSERT INTO notes (text) VALUES ('x')")


def test_a_full_disk_says_so_and_the_rows_before_stay(tmp_path):
    db = connect(tmp_path / "a.db", NOTES)
    db["notes"].insert({"text": "kept"})
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(StorageError, match="disk is full"), transaction(db):
        db.execute("INSERT INTO notes (text) VALUES (?)", ["x" * 100_000])
    assert [row["text"] for row in db["notes"].rows] == ["kept"]


def test_a_path_that_is_a_folder_or_below_a_file_says_so(tmp_path):
    with pytest.raises(StorageError, match="cannot be opened"):
        connect(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot make the folder"):
        connect(tmp_path / "file" / "a.db")


def test_an_ordinary_mistake_stays_an_ordinary_error(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "a.db").execute("SELECT * FROM nothing_here")


def test_a_transaction_is_all_or_nothing_and_nests(tmp_path):
    db = connect(tmp_path / "a.db", NOTES)
    with transaction(db):
        db.execute("INSERT INTO notes (text) VALUES ('outer')")
        with suppress(ValueError), transaction(db):
            db.execute("INSERT INTO notes (text) VALUES ('inner')")
            raise ValueError
    assert [row["text"] for row in db["notes"].rows] == ["outer"]


def test_two_writers_wait_for_each_other_and_lose_nothing(tmp_path):
    connect(tmp_path / "a.db", NOTES)["notes"].insert({"id": 1, "text": "0"})

    def count():
        db = connect(tmp_path / "a.db", NOTES)
        for _ in range(25):
            with transaction(db):
                value = int(db.execute("SELECT text FROM notes").fetchone()[0])
                db.execute("UPDATE notes SET text = ?", [str(value + 1)])

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connect(tmp_path / "a.db", NOTES)["notes"].get(1)["text"] == "75"
