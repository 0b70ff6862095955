"""Sessions that are over: marked expired in time, deleted when their time is up; and backups."""

import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voice_agent_cli.errors import StorageError
from voice_agent_cli.storage.analytics import SCHEMA as ANALYTICS
from voice_agent_cli.storage.database import check, connect, transaction
from voice_agent_cli.storage.sessions import FILE, now
from voice_agent_cli.storage.sessions import SCHEMA as SESSIONS

_VISIT_TABLES = ("carts", "cart_journal", "visits")


def expire(data_dir: Path, timeout_s: float, busy: Collection[str] = ()) -> tuple[str, ...]:
    """Mark active sessions without traffic for ``timeout_s`` as expired, except ``busy``; their ids."""
    db = connect(data_dir / FILE, SESSIONS)
    try:
        with transaction(db):
            rows = db.execute(
                "SELECT id FROM sessions WHERE status = 'active' AND last_seen_at < ?", [_ago(timeout_s)]
            ).fetchall()
            expired = tuple(row[0] for row in rows if row[0] not in busy)
            db.conn.executemany(
                "UPDATE sessions SET status = 'expired', ended_at = ? WHERE id = ?",
                [(now(), session_id) for session_id in expired],
            )
    finally:
        db.close()
    return expired


def forget(data_dir: Path, keep_days: int) -> int:
    """Delete the records of sessions that ended more than ``keep_days`` ago; how many. Orders stay."""
    db = connect(data_dir / FILE, SESSIONS, ANALYTICS)
    try:
        with transaction(db):
            rows = db.execute(
                "SELECT id FROM sessions WHERE status <> 'active' AND ended_at < ?",
                [_ago(keep_days * 86_400)],
            ).fetchall()
            db.conn.executemany("DELETE FROM sessions WHERE id = ?", rows)
    finally:
        db.close()
    for shop in sorted((data_dir / "shops").glob("*.db")) if rows else ():
        _forget_visits(shop, rows)
    return len(rows)


def backup(data_dir: Path, folder: Path) -> tuple[Path, ...]:
    """Copy every database whole into ``folder``, while they are in use; the files written, each checked.

    Raises:
        StorageError: one is damaged or cannot be read, or the folder cannot be written.
    """
    sources = [
        path for path in (data_dir / FILE, *sorted((data_dir / "shops").glob("*.db"))) if path.exists()
    ]
    return tuple(_copy(path, folder / path.relative_to(data_dir)) for path in sources)


def _copy(source: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True) as old:
            new = sqlite3.connect(target)
            old.backup(new)
            new.close()
        old.close()
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"{source} cannot be copied to {target} ({error}); choose another folder"
        ) from error
    check(target)
    return target


def _forget_visits(shop: Path, session_ids: "list[tuple[str]]") -> None:
    db = connect(shop)
    try:
        with transaction(db):
            for table in _VISIT_TABLES:
                if db[table].exists():
                    db.conn.executemany(f"DELETE FROM {table} WHERE session_id = ?", session_ids)
    finally:
        db.close()


def _ago(seconds: float) -> str:
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
