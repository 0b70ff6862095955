"""The tables of a catalogue, and how a product becomes their rows."""

import hashlib
import json
from datetime import datetime

from sqlite_utils import Database

from voice_agent_cli.shop.codec import to_json
from voice_agent_cli.shop.indexing import IndexEntry, index_entry
from voice_agent_cli.shop.money import iso_time
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.values import plain
from voice_agent_cli.storage.database import Schema


def _create(db: Database) -> None:
    for statement in (
        # number is the order of first arrival: the newest product has the highest.
        """CREATE TABLE products (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
            plain_title TEXT NOT NULL, vendor TEXT NOT NULL, category TEXT NOT NULL, price REAL NOT NULL,
            discount REAL NOT NULL, rating REAL, created TEXT NOT NULL, in_stock INTEGER NOT NULL,
            hash BLOB NOT NULL, meaning BLOB NOT NULL, seen INTEGER NOT NULL, next_change TEXT)""",
        # Apart from the columns that filters scan, which stay small without it.
        """CREATE TABLE documents (product INTEGER PRIMARY KEY REFERENCES products ON DELETE CASCADE,
            document TEXT NOT NULL)""",
        "CREATE INDEX products_meaning ON products (meaning)",
        "CREATE INDEX products_plain_title ON products (plain_title)",
        "CREATE INDEX products_next_change ON products (next_change) WHERE next_change IS NOT NULL",
        """CREATE TABLE facets (key TEXT, product INTEGER REFERENCES products ON DELETE CASCADE,
            PRIMARY KEY (key, product)) WITHOUT ROWID""",
        "CREATE INDEX facets_product ON facets (product)",
        """CREATE TABLE offers (product INTEGER REFERENCES products ON DELETE CASCADE, price REAL,
            available INTEGER, on_sale INTEGER, keys TEXT)""",
        "CREATE INDEX offers_product ON offers (product)",
        # The words arrive comparable already; "10.5" is one of them.
        """CREATE VIRTUAL TABLE search USING fts5(title, keywords, brand, body, detail=column,
            tokenize="unicode61 remove_diacritics 0 tokenchars './'")""",
        "CREATE VIRTUAL TABLE search_terms USING fts5vocab(search, col)",
        "CREATE TABLE vectors (hash BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE shop_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE policies (topic TEXT PRIMARY KEY, text TEXT NOT NULL)",
        """CREATE TABLE discounts (code TEXT PRIMARY KEY COLLATE NOCASE, kind TEXT NOT NULL,
            value TEXT NOT NULL, minimum TEXT, starts TEXT, ends TEXT)""",
    ):
        db.execute(statement)


SCHEMA = Schema("catalogue", (_create,))


def write_product(db: Database, product: Product, run: int, now: datetime) -> str:
    """Make the rows of ``product`` true; the answer is "added", "changed" or "unchanged"."""
    document = json.dumps(to_json(product), ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.blake2b(document.encode(), digest_size=16).digest()
    known = db.conn.execute("SELECT hash FROM products WHERE id = ?", [product.id]).fetchone()
    if known and known[0] == digest:
        db.conn.execute("UPDATE products SET seen = ? WHERE id = ?", [run, product.id])
        return "unchanged"
    entry = index_entry(product, now)
    row = {
        "id": product.id,
        "title": product.title,
        "plain_title": plain(product.title),
        "vendor": product.vendor,
        "category": product.category,
        "rating": _number(product.attributes.get("rating")),
        "created": product.attributes.get("created", ""),
        "hash": digest,
        "meaning": meaning_hash(entry.meaning),
        "seen": run,
        "price": 0.0,
        "discount": 0.0,
        "in_stock": 0,
    }
    updates = ", ".join(f"{name} = excluded.{name}" for name in row if name != "id")
    db.conn.execute(
        f"INSERT INTO products ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "
        f"ON CONFLICT(id) DO UPDATE SET {updates}",
        list(row.values()),
    )
    db.conn.execute(
        "INSERT OR REPLACE INTO documents SELECT number, ? FROM products WHERE id = ?", [document, product.id]
    )
    write_index(db, product, entry, now)
    return "changed" if known else "added"


def write_index(db: Database, product: Product, entry: IndexEntry, now: datetime) -> None:
    """Replace the rows that search reads of ``product``, which is in the table already."""
    execute, executemany = db.conn.execute, db.conn.executemany
    (number,) = execute("SELECT number FROM products WHERE id = ?", [product.id]).fetchone()
    offered = [offer for offer in entry.offers if offer.available]
    price = min(offer.price for offer in offered or entry.offers)
    execute(
        "UPDATE products SET price = ?, discount = ?, in_stock = ?, next_change = ? WHERE number = ?",
        [price, entry.discount, bool(offered), _next_change(product, now), number],
    )
    execute("DELETE FROM facets WHERE product = ?", [number])
    execute("DELETE FROM offers WHERE product = ?", [number])
    execute("DELETE FROM search WHERE rowid = ?", [number])
    executemany("INSERT INTO facets VALUES (?, ?)", [(key, number) for key in entry.facets])
    offers = [
        (number, offer.price, offer.available, offer.on_sale, f"|{'|'.join(sorted(offer.keys))}|")
        for offer in entry.offers
    ]
    executemany("INSERT INTO offers VALUES (?, ?, ?, ?, ?)", offers)
    execute(
        "INSERT INTO search (rowid, title, keywords, brand, body) VALUES (?, ?, ?, ?, ?)",
        [number, entry.title, entry.keywords, entry.brand, entry.body],
    )


def meaning_hash(text: str) -> bytes:
    """What the vector of ``text`` is kept under: the same text is never computed twice."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def _next_change(product: Product, now: datetime) -> str | None:
    sales = [variant.sale for variant in product.variants if variant.sale]
    moments = [moment for sale in sales for moment in (sale.starts, sale.ends) if moment and moment > now]
    return iso_time(min(moments, default=None))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
