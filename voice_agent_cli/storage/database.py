"""One way to open a SQLite database: migrated, in WAL, with errors a person can act on.

A database is made of schemas, each owned by the module whose tables it makes
(catalogue, cart, sessions …). A schema is a tuple of numbered functions; each
runs once per database, in order, in one transaction.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlite_utils import Database

from voice_agent_cli.errors import StorageError

Migration = Callable[[Database], None]
Returned = TypeVar("Returned")

BUSY_TIMEOUT_S = 5.0
_LEAST_ROOM = 100_000


@dataclass(frozen=True)
class Schema:
    """The tables of one module. Migration number ``n`` is ``migrations[n - 1]``; never reorder them."""

    name: str
    migrations: tuple[Migration, ...]


def connect(path: Path, *schemas: Schema) -> Database:
    """Open (or make) the database at ``path`` with every migration of ``schemas`` applied.

    The connection may be used from any thread, by one at a time. Foreign keys
    are enforced; another writer is waited for ``BUSY_TIMEOUT_S`` seconds.

    Raises:
        StorageError: the file is locked, read-only, damaged, no database, made
            by a newer version, or the disk is full. The file is left as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the folder {path.parent}: {error.strerror}; choose another data directory",
            {"path": str(path)},
        ) from error
    connection = _explain(path, lambda: _open(path))
    db = Database(connection, recursive_triggers=False)
    try:
        db.execute("PRAGMA foreign_keys=ON")
        if db.journal_mode != "wal":
            db.enable_wal()
        db.execute("PRAGMA synchronous=NORMAL")
        for schema in schemas:
            _migrate(db, schema, path)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """All or nothing, holding the write lock from the start; nests as a savepoint.

    Taking the lock first means that what is read inside (stock, a cart) is
    still true when it is written.
    """
    if db.conn.in_transaction:
        with db.atomic():
            yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def check(path: Path) -> None:
    """Look whether the database at ``path`` is whole.

    Raises:
        StorageError: it is damaged, or cannot be read.
    """
    db = Database(_explain(path, lambda: _open(path)), recursive_triggers=False)
    try:
        verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    finally:
        db.close()
    if verdict != "ok":
        raise StorageError(
            f"the database {path} {_MENDING[sqlite3.SQLITE_CORRUPT]}",
            {"path": str(path), "reason": " ".join(verdict.split())},
        )


class Pulse:
    """Tells, as often as asked, whether another connection (of any process) has changed a database."""

    def __init__(self, db: Database) -> None:
        self._path = cast(_Connection, db.conn).path
        self._cursor = sqlite3.Cursor(db.conn)

    def __call__(self) -> int:
        """A number that stays the same as long as nothing changes."""
        return _explain(self._path, self._read)

    def _read(self) -> int:
        return int(self._cursor.execute("PRAGMA data_version").fetchone()[0])


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, factory=_Connection)
    connection.path = path
    return connection


def _migrate(db: Database, schema: Schema, path: Path) -> None:
    if _version(db, schema.name) == len(schema.migrations):
        return
    with transaction(db):
        # Read again under the write lock: another process may have migrated meanwhile.
        db.execute("CREATE TABLE IF NOT EXISTS schema_versions (name TEXT PRIMARY KEY, version INTEGER)")
        done = _version(db, schema.name)
        if done > len(schema.migrations):
            raise StorageError(
                f"{path} was made by a newer version of voice-agent; update voice-agent",
                {"path": str(path), "schema": schema.name, "found": done, "known": len(schema.migrations)},
            )
        for migrate in schema.migrations[done:]:
            migrate(db)
        db.execute(
            "INSERT OR REPLACE INTO schema_versions VALUES (?, ?)", [schema.name, len(schema.migrations)]
        )


def _version(db: Database, name: str) -> int:
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_versions'").fetchone()
    row = known and db.execute("SELECT version FROM schema_versions WHERE name = ?", [name]).fetchone()
    return row[0] if row else 0


_MENDING = {
    sqlite3.SQLITE_BUSY: "is locked by another program; close it or try again",
    sqlite3.SQLITE_LOCKED: "is locked by another program; close it or try again",
    sqlite3.SQLITE_READONLY: "cannot be written; make it and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that it is a file and its folder is writable",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup, or move it away to start afresh",
    sqlite3.SQLITE_NOTADB: "is not a database; move it away or name another file",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full; free some space",
    sqlite3.SQLITE_IOERR: "cannot be read or written (input/output error); check the disk",
    sqlite3.SQLITE_PERM: "may not be accessed; check its permissions",
}


def _explain(path: Path, step: Callable[[], Returned]) -> Returned:
    """Run ``step``, turning what the machine (not the program) did wrong into a ``StorageError``."""
    try:
        return step()
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary == sqlite3.SQLITE_IOERR and _is_full(path):
            primary = sqlite3.SQLITE_FULL
        if primary not in _MENDING:
            raise
        raise StorageError(
            f"the database {path} {_MENDING[primary]}", {"path": str(path), "reason": str(error)}
        ) from error


def _is_full(path: Path) -> bool:
    """Whether no room is left where ``path`` lies: SQLite calls it so only for some of its files."""
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_ROOM
    except OSError:
        return False


class _Cursor(sqlite3.Cursor):
    """A cursor whose errors name the file; rows may fail too, when a damaged page is reached."""

    @property
    def _path(self) -> Path:
        return cast(_Connection, self.connection).path

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        execute = super().execute
        return _explain(self._path, lambda: execute(sql, parameters))

    def executemany(self, sql: str, parameters: Any, /) -> "_Cursor":
        executemany = super().executemany
        return _explain(self._path, lambda: executemany(sql, parameters))

    def fetchone(self) -> Any:
        return _explain(self._path, super().fetchone)

    def fetchall(self) -> list[Any]:
        return _explain(self._path, super().fetchall)


class _Connection(sqlite3.Connection):
    path: Path

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or _Cursor)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        return cast(sqlite3.Cursor, self.cursor().execute(sql, parameters))

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        return cast(sqlite3.Cursor, self.cursor().executemany(sql, parameters))

    def commit(self) -> None:
        _explain(self.path, super().commit)

    def close(self) -> None:
        # The planner's statistics are worth keeping, never worth failing for.
        with suppress(sqlite3.Error):
            super().execute("PRAGMA optimize")
        super().close()
