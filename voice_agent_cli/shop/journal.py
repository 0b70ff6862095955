"""What a cart was before each of its changes, so that several can be taken back."""

from sqlite_utils import Database

LEVELS = 50


class Journal:
    """The undo journal of one session's cart. Call it inside the transaction of the change."""

    def __init__(self, db: Database, session_id: str) -> None:
        self._db = db
        self._session_id = session_id

    def push(self, action: str, content: str) -> None:
        """Remember ``content``, the cart as it was before ``action``; the oldest of ``LEVELS`` is dropped."""
        self._db.execute(
            "INSERT INTO cart_journal (session_id, action, content) VALUES (?, ?, ?)",
            [self._session_id, action, content],
        )
        self._db.execute(
            "DELETE FROM cart_journal WHERE session_id = ? AND id NOT IN "
            "(SELECT id FROM cart_journal WHERE session_id = ? ORDER BY id DESC LIMIT ?)",
            [self._session_id, self._session_id, LEVELS],
        )

    def pop(self) -> tuple[str, str] | None:
        """The last action and the cart before it, which are then forgotten."""
        row = self._db.execute(
            "SELECT id, action, content FROM cart_journal WHERE session_id = ? ORDER BY id DESC LIMIT 1",
            [self._session_id],
        ).fetchone()
        if row is None:
            return None
        self._db.execute("DELETE FROM cart_journal WHERE id = ?", [row[0]])
        return row[1], row[2]

    def clear(self) -> None:
        self._db.execute("DELETE FROM cart_journal WHERE session_id = ?", [self._session_id])
