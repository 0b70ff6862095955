"""What a shopper wants remembered: size, color, brand, budget."""

import json
from collections.abc import Mapping

from sqlite_utils import Database

from voice_agent_cli.storage.database import transaction

NAMES = ("size", "color", "brand", "budget")


class Preferences:
    """One shopper's preferences, kept per user where there is one, else per session."""

    def __init__(self, db: Database, session_id: str, user_id: str | None) -> None:
        self._db = db
        self._owner = f"user:{user_id}" if user_id else f"session:{session_id}"

    def all(self) -> dict[str, str]:
        row = self._db.execute("SELECT content FROM preferences WHERE owner = ?", [self._owner]).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def change(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """Set each name to its value, or forget it where that is ``None``; returns all of them."""
        with transaction(self._db):
            merged = {**self.all(), **changes}
            kept = {name: value for name, value in merged.items() if value is not None}
            self._db.execute(
                "INSERT OR REPLACE INTO preferences VALUES (?, ?)", [self._owner, json.dumps(kept)]
            )
        return kept
