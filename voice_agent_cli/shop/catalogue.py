"""One shop's products in SQLite, with the tables that search reads.

A product is one JSON document plus rows made from it: words (FTS5), facets and
offers. All are written in the transaction that writes the product, so what is
found is what exists.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlite_utils import Database

from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.shop.indexing import index_entry
from voice_agent_cli.shop.money import iso_time
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.rows import SCHEMA as SCHEMA
from voice_agent_cli.shop.rows import write_index, write_product
from voice_agent_cli.shop.values import plain
from voice_agent_cli.storage.database import transaction

BATCH = 500
MOST_EXAMPLES = 20
_JOINED = "FROM products JOIN documents ON product = number"


@dataclass(frozen=True)
class ImportReport:
    """How many products an import added, changed, left as they were, and found gone.

    ``examples`` has the titles of the first ``MOST_EXAMPLES`` that were "added", "changed" and "gone".
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)


class Catalogue:
    """The products of one shop. ``db`` must have been connected with ``SCHEMA``."""

    def __init__(self, db: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.db = db
        self.now = now

    # --- reading -----------------------------------------------------------------------------

    def get(self, product_id: str) -> Product | None:
        """The product as it is now (a running sale applied), ``None`` where there is none."""
        row = self.db.execute(f"SELECT document {_JOINED} WHERE id = ?", [product_id]).fetchone()
        return self._read(row[0]) if row else None

    def by_number(self, number: int) -> Product:
        """The product of a row number, as search finds them."""
        row = self.db.execute("SELECT document FROM documents WHERE product = ?", [number]).fetchone()
        return self._read(row[0])

    def get_many(self, product_ids: Iterable[str]) -> tuple[Product, ...]:
        """Those of ``product_ids`` that exist, in that order."""
        return tuple(product for product_id in product_ids if (product := self.get(product_id)))

    def iterate(self, *, as_stored: bool = False) -> Iterator[Product]:
        """Every product in the order of first arrival, read a batch at a time.

        Args:
            as_stored: with planned sales still planned, as an export wants them.
        """
        last = 0
        while rows := self.db.execute(
            "SELECT product, document FROM documents WHERE product > ? ORDER BY product LIMIT ?",
            [last, BATCH],
        ).fetchall():
            for _, document in rows:
                yield from_json(json.loads(document)) if as_stored else self._read(document)
            last = rows[-1][0]

    def by_title(self, title: str) -> tuple[Product, ...]:
        """Products of exactly this title, letter case, accents and punctuation aside."""
        rows = self.db.execute(
            f"SELECT document {_JOINED} WHERE plain_title = ? ORDER BY number", [plain(title)]
        ).fetchall()
        return tuple(self._read(row[0]) for row in rows)

    def count(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM products").fetchone()[0])

    def categories(self) -> dict[str, int]:
        """Each category as the catalogue writes it, with its number of products, largest first."""
        return self._counted("category")

    def brands(self) -> dict[str, int]:
        """Each vendor with its number of products, largest first."""
        return self._counted("vendor")

    def colors(self) -> tuple[str, ...]:
        """Every color that some product answers to, in comparable form ("navy", "dark blue")."""
        rows = self.db.execute("SELECT DISTINCT key FROM facets WHERE key >= 'color=' AND key < 'color>'")
        return tuple(row[0].removeprefix("color=") for row in rows.fetchall())

    def option_vocabulary(self) -> dict[str, tuple[str, ...]]:
        """Each option's and modifier's name with its values as the catalogue writes them."""
        found: dict[str, dict[str, None]] = {}
        for product in self.iterate():
            for name, values in product.options.items():
                found.setdefault(name, {}).update(dict.fromkeys(values))
            for modifier in product.modifiers:
                found.setdefault(modifier.name, {}).update(dict.fromkeys(v.value for v in modifier.values))
        return {name: tuple(values) for name, values in found.items()}

    def fact(self, name: str) -> str | None:
        """A fact of the shop: ``name``, ``currency``."""
        row = self.db.execute("SELECT value FROM shop_facts WHERE name = ?", [name]).fetchone()
        return row[0] if row else None

    @property
    def revision(self) -> int:
        """A number that grows with every change: what was derived from the products may be stale."""
        return int(self.fact("revision") or 0)

    # --- writing -----------------------------------------------------------------------------

    def put(
        self,
        products: Iterable[Product],
        *,
        partial: bool = False,
        still_there: Callable[[], Collection[str]] = tuple,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ImportReport:
        """Make the catalogue hold ``products``: new ones added, known ones (same id) updated in place.

        Committed every ``BATCH``, so that an interrupted import goes on where it
        was when it is repeated: what is in already counts as unchanged.

        Args:
            partial: keep products that are not among ``products``; else they are gone.
            still_there: asked at the end, the ids that are not to count as gone.
            progress: called with the number of products read so far.

        Raises:
            StorageError: the database cannot be written; the batches before stay.
        """
        run = int(self.fact("import_run") or 0) + 1
        self._set_fact("import_run", str(run))
        source, done = iter(products), 0
        counts: Counter[str] = Counter()
        examples: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
        while batch := list(islice(source, BATCH)):
            with transaction(self.db):
                for product in batch:
                    what = write_product(self.db, product, run, self.now())
                    counts[what] += 1
                    examples[what] += [product.title] * (len(examples[what]) < MOST_EXAMPLES)
                self._touch()
            done += len(batch)
            progress(done)
        gone = [] if partial or not done else self._remove_unseen(run, still_there())
        told = {"added": examples["added"], "changed": examples["changed"], "gone": gone[:MOST_EXAMPLES]}
        return ImportReport(
            **counts, gone=len(gone), examples={what: tuple(titles) for what, titles in told.items()}
        )

    def change_stock(self, product_id: str, variant_id: str, by: int) -> bool:
        """Add ``by`` pieces (below zero: take) to a variant's stock; joins an open transaction.

        Returns:
            False, and nothing changed, where there is no such variant or too few
            pieces. A variant that the shop does not count is never too few.
        """
        with transaction(self.db):
            row = self.db.execute(f"SELECT document, seen {_JOINED} WHERE id = ?", [product_id]).fetchone()
            if row is None:
                return False
            product = from_json(json.loads(row[0]))
            variant = next((v for v in product.variants if v.id == variant_id), None)
            if variant is None:
                return False
            if variant.inventory_quantity is None:
                return True
            left = variant.inventory_quantity + by
            if left < 0:
                return False
            changed = replace(variant, inventory_quantity=left, available=left > 0)
            variants = tuple(changed if v.id == variant_id else v for v in product.variants)
            write_product(self.db, replace(product, variants=variants), row[1], self.now())
            self._touch()
        return True

    def put_shop(self, facts: Mapping[str, Any]) -> None:
        """Store what a shop says of itself: ``{"name", "currency", "policies": {}, "discounts": []}``."""
        with transaction(self.db):
            for name in ("name", "currency"):
                if facts.get(name):
                    self._set_fact(name, str(facts[name]))
            self.db.execute("DELETE FROM policies")
            policies = [(str(topic), str(text)) for topic, text in facts.get("policies", {}).items()]
            self.db.conn.executemany("INSERT INTO policies VALUES (?, ?)", policies)
            self.db.execute("DELETE FROM discounts")
            columns = ("code", "kind", "value", "minimum", "starts", "ends")
            self.db.conn.executemany(
                "INSERT OR REPLACE INTO discounts VALUES (?, ?, ?, ?, ?, ?)",
                [
                    [None if entry.get(name) is None else str(entry[name]) for name in columns]
                    for entry in facts.get("discounts", ())
                ],
            )

    def refresh_sales(self) -> None:
        """Bring prices in the index up to date where a planned sale has begun or ended since."""
        now = iso_time(self.now())
        due = self.db.execute(f"SELECT document {_JOINED} WHERE next_change <= ?", [now]).fetchall()
        if due:
            with transaction(self.db):
                for (document,) in due:
                    product = from_json(json.loads(document))
                    write_index(self.db, product, index_entry(product, self.now()), self.now())
                self._touch()

    def _read(self, document: str) -> Product:
        return self._at_now(from_json(json.loads(document)))

    def _at_now(self, product: Product) -> Product:
        if not any(variant.sale for variant in product.variants):
            return product
        now = self.now()
        return replace(product, variants=tuple(variant.at(now) for variant in product.variants))

    def _remove_unseen(self, run: int, still_there: Collection[str]) -> list[str]:
        """Remove what ``run`` did not bring; its titles."""
        with transaction(self.db):
            rows = self.db.execute("SELECT number, id, title FROM products WHERE seen <> ?", [run]).fetchall()
            rows = [row for row in rows if row[1] not in still_there]
            gone = [(number,) for number, _, _ in rows]
            self.db.conn.executemany("DELETE FROM products WHERE number = ?", gone)
            self.db.conn.executemany("DELETE FROM search WHERE rowid = ?", gone)
            self.db.execute("DELETE FROM vectors WHERE hash NOT IN (SELECT meaning FROM products)")
            self._touch()
        return [title for _, _, title in rows]

    def _touch(self) -> None:
        self._set_fact("revision", str(self.revision + 1))

    def _set_fact(self, name: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO shop_facts VALUES (?, ?)", [name, value])

    def _counted(self, column: str) -> dict[str, int]:
        rows = self.db.execute(
            f"SELECT {column}, count(*) FROM products WHERE {column} <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return dict(rows.fetchall())
