"""What is derived from a catalogue and only read, made once for all who read it."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from sqlite_utils import Database

Value = TypeVar("Value")


class Snapshots(Generic[Value]):
    """The newest snapshot of each database file, shared by its readers until the file moves on."""

    def __init__(self, make: Callable[[Database], Value]) -> None:
        self._make = make
        self._lock = Lock()
        self._held: dict[str, tuple[Hashable, Value]] = {}

    def of(self, db: Database, version: Hashable) -> Value:
        """The snapshot of ``db`` at ``version``; made by the first who asks, the others wait."""
        path = str(db.execute("PRAGMA database_list").fetchone()[2])
        with self._lock:
            held = self._held.get(path)
            if held is None or held[0] != version:
                held = (version, self._make(db))
                self._held[path] = held
            return held[1]
