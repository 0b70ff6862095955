"""One shopper's visit to one shop: what was shown and asked, the cart, orders, preferences."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from voice_agent_cli.shop.cart import Cart
from voice_agent_cli.shop.catalogue import SCHEMA as CATALOGUE
from voice_agent_cli.shop.catalogue import Catalogue
from voice_agent_cli.shop.discounts import Discounts
from voice_agent_cli.shop.orders import Orders
from voice_agent_cli.shop.policies import Policies
from voice_agent_cli.shop.preferences import Preferences
from voice_agent_cli.shop.pricing import Bill
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.schema import VISIT
from voice_agent_cli.shop.search import Search
from voice_agent_cli.storage.database import connect, transaction


class Shop:
    """A visit, persisted per session: a resumed session finds what was shown and its cart."""

    def __init__(self, db: Database, session_id: str, user_id: str | None, catalogue: Catalogue) -> None:
        self._db = db
        self.session_id = session_id
        self.user_id = user_id
        self.catalogue = catalogue
        self.discounts = Discounts(db)
        self.cart = Cart(db, session_id, catalogue, self.discounts)
        self.orders = Orders(db, session_id, user_id, catalogue, self.cart)
        self.policies = Policies(db)
        self.preferences = Preferences(db, session_id, user_id)

    @classmethod
    def open(cls, database: Path, session_id: str, user_id: str | None = None) -> "Shop":
        """Open the shop in the file ``database`` (made when it is not there) for one session.

        Raises:
            StorageError: the file cannot be used.
        """
        db = connect(database, CATALOGUE, VISIT)
        return cls(db, session_id, user_id, Catalogue(db))

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> "Shop":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @cached_property
    def search(self) -> Search:
        return Search(self.catalogue)

    @property
    def now(self) -> datetime:
        return self.catalogue.now().astimezone(UTC)

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids of the products shown last, in the order shown."""
        return tuple(self._visit()["shown"])

    @property
    def last_search(self) -> Mapping[str, Any] | None:
        """The arguments of the last search as plain data, with ``offset``, its page's start."""
        search: dict[str, Any] | None = self._visit()["last_search"]
        return search

    @property
    def focus(self) -> str | None:
        """The id of the product last talked about."""
        focus: str | None = self._visit()["focus"]
        return focus

    def show(self, products: tuple[Product, ...], last_search: Mapping[str, Any] | None = None) -> None:
        """Remember what is shown now, and the search it came from; the focus is the only one, or none."""
        changes: dict[str, Any] = {
            "shown": [product.id for product in products],
            "focus": products[0].id if len(products) == 1 else None,
        }
        if last_search is not None:
            changes["last_search"] = dict(last_search)
        self._change(changes)

    def remember_search(self, last_search: Mapping[str, Any]) -> None:
        """Remember a search that showed nothing: what was shown before stays."""
        self._change({"last_search": dict(last_search)})

    def talk_about(self, product: Product) -> None:
        """Make ``product`` what "it" means."""
        self._change({"focus": product.id})

    @property
    def agreed(self) -> str | None:
        """The fingerprint of the bill that was read back last and not yet ordered."""
        agreed: str | None = self._visit()["agreed"]
        return agreed

    def read_back(self, bill: Bill | None) -> None:
        """Remember the bill that the shopper hears before a checkout; ``None`` forgets it."""
        self._change({"agreed": bill and bill.fingerprint})

    def _visit(self) -> dict[str, Any]:
        row = self._db.execute(
            "SELECT shown, last_search, focus, agreed FROM visits WHERE session_id = ?", [self.session_id]
        ).fetchone()
        shown, last_search, focus, agreed = row or ("[]", None, None, None)
        return {
            "shown": json.loads(shown),
            "last_search": json.loads(last_search) if last_search else None,
            "focus": focus,
            "agreed": agreed,
        }

    def _change(self, changes: Mapping[str, Any]) -> None:
        with transaction(self._db):
            visit = {**self._visit(), **changes}
            search = json.dumps(visit["last_search"]) if visit["last_search"] is not None else None
            self._db.execute(
                "INSERT OR REPLACE INTO visits (session_id, shown, last_search, focus, agreed) "
                "VALUES (?, ?, ?, ?, ?)",
                [self.session_id, json.dumps(visit["shown"]), search, visit["focus"], visit["agreed"]],
            )
