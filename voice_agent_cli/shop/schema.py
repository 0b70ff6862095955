"""The tables of a shopper's visit, beside the catalogue's so that a checkout is one transaction."""

from sqlite_utils import Database

from voice_agent_cli.storage.database import Schema


def _create(db: Database) -> None:
    for statement in (
        # A cart is read and written whole; ``version`` counts its changes.
        """CREATE TABLE carts (
            session_id TEXT PRIMARY KEY, version INTEGER NOT NULL DEFAULT 0, content TEXT NOT NULL)""",
        """CREATE TABLE cart_journal (
            id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, action TEXT NOT NULL, content TEXT NOT NULL)""",
        "CREATE INDEX cart_journal_session ON cart_journal (session_id, id)",
        """CREATE TABLE orders (
            number INTEGER PRIMARY KEY, session_id TEXT NOT NULL, user_id TEXT, cart_version INTEGER NOT NULL,
            placed_at TEXT NOT NULL, status TEXT NOT NULL, receipt TEXT NOT NULL,
            UNIQUE (session_id, cart_version))""",
        "CREATE INDEX orders_user ON orders (user_id, number)",
        "CREATE TABLE preferences (owner TEXT PRIMARY KEY, content TEXT NOT NULL)",
        """CREATE TABLE visits (
            session_id TEXT PRIMARY KEY, shown TEXT NOT NULL, last_search TEXT, focus TEXT, agreed TEXT)""",
    ):
        db.execute(statement)


VISIT = Schema("visit", (_create,))
