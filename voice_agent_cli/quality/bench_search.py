"""How fast a catalogue of synthetic products is imported and searched, and what memory it takes."""

import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np

from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.codec import collect_options
from voice_agent_cli.shop.meaning import DIMENSIONS, MeaningIndex, shipped_model
from voice_agent_cli.shop.products import Product, Variant
from voice_agent_cli.shop.search import Search, SearchRequest
from voice_agent_cli.storage.database import connect, transaction

_KINDS = {
    "Clothing > Coats": ["rain jacket", "wool coat", "down parka", "denim jacket", "trench coat"],
    "Clothing > Tops": ["linen shirt", "cotton t-shirt", "merino sweater", "fleece hoodie", "silk blouse"],
    "Shoes": ["running shoe", "hiking boot", "leather loafer", "canvas sneaker", "felt slipper"],
    "Kitchen": ["cast iron pan", "electric kettle", "chef's knife", "stoneware mug", "salad bowl"],
    "Garden": ["pruning shears", "watering can", "hand trowel", "clay pot", "garden hose"],
    "Electronics": ["wireless headphones", "bluetooth speaker", "power bank", "desk lamp", "phone case"],
    "Toys": ["wooden train", "puzzle", "stuffed bear", "science kit", "kite"],
    "Home": ["weighted blanket", "wool rug", "linen curtain", "scented candle", "oak shelf"],
}
_FOR = [
    "for long days out",
    "for small kitchens",
    "for the whole family",
    "that keeps you dry",
    "made to last",
]
_COLORS = ["navy", "olive", "black", "rust", "cream", "charcoal", "teal", "burgundy"]
_SYLLABLES = ["bra", "cor", "dal", "fen", "gar", "hol", "kes", "lum", "mar", "nor", "pel"]
QUERIES = (
    "running shoes",
    "navy rain jacket under 100",
    "wool coat not black",
    "hedphones",
    "rain coat medium",
    "something to keep my son dry",
    "quiet on the plane",
    "a gift for a gardener",
    "kitchen",
    "blutooth speeker",
)


@dataclass(frozen=True)
class SearchFigures:
    """Times in seconds (import, first search) and milliseconds (searches), memory in MB.

    ``vectors_s`` is ``None`` where the vectors were random ones: only their number matters to search.
    """

    products: int
    import_s: float
    vectors_s: float | None
    again_s: float
    first_search_s: float
    median_ms: float
    p95_ms: float
    slowest: str
    peak_mb: float


def synthetic_products(count: int, seed: int = 7) -> Iterator[Product]:
    """``count`` products of eight departments with five variants each, always the same for a seed."""
    chosen = random.Random(seed)
    brands = ["".join(chosen.choices(_SYLLABLES, k=3)).title() for _ in range(200)]
    for number in range(count):
        category = chosen.choice(list(_KINDS))
        kind = chosen.choice(_KINDS[category])
        brand = chosen.choice(brands)
        name = f"{''.join(chosen.choices(_SYLLABLES, k=2)).title()} {kind.title()}"
        price = Decimal(chosen.randint(500, 30000)) / 100
        variants = tuple(
            Variant(
                id=f"p{number}/{size}",
                price=price,
                options={"Size": size, "Color": chosen.choice(_COLORS)},
                compare_at_price=price * 2 if chosen.random() < 0.2 else None,
                inventory_quantity=chosen.randint(0, 20),
                available=chosen.random() < 0.9,
            )
            for size in ("XS", "S", "M", "L", "XL")
        )
        yield Product(
            id=f"p{number}",
            title=name,
            variants=variants,
            description=f"A {kind} {chosen.choice(_FOR)}, by {brand}. Number {number} of its line.",
            vendor=brand,
            category=category,
            tags=(kind.split()[-1], chosen.choice(["sale", "new", "classic", "eco"])),
            options=collect_options(variants),
        )


def bench_search(
    folder: Path,
    count: int,
    *,
    real_vectors: bool,
    queries: Sequence[str] = QUERIES,
    rounds: int = 10,
    progress: Callable[[str, int], None] = lambda *_: None,
) -> SearchFigures:
    """Import ``count`` products into a new shop in ``folder`` and search it, meaning included.

    Args:
        real_vectors: compute each vector (about 4 ms); else random ones take their place.
        rounds: how often every query is asked; the first round is not counted.
        progress: called with "products" or "vectors" and how many of them are done.

    Raises:
        ModelError: the meaning model is absent.
    """
    catalogue = Catalogue(connect(folder / f"bench-{count}.db", SCHEMA))
    products = synthetic_products(count)
    import_s = _timed(lambda: catalogue.put(products, progress=partial(progress, "products")))
    index = MeaningIndex(catalogue.db, shipped_model)
    if real_vectors:
        vectors_s = _timed(lambda: index.fill(partial(progress, "vectors")))
    else:
        vectors_s = None
        _random_vectors(catalogue)
        index.fill()
    again_s = _timed(lambda: catalogue.put(synthetic_products(count)))
    index.fill()
    search = Search(catalogue)
    first_s = _timed(lambda: search.find(SearchRequest(query=queries[0])))
    search.warm()
    taken: dict[str, list[float]] = {query: [] for query in queries}
    for turn in range(rounds + 1):
        for query in queries:
            elapsed = _timed(partial(search.find, SearchRequest(query=query)))
            if turn:
                taken[query].append(elapsed * 1000)
    every = sorted(ms for times in taken.values() for ms in times)
    slowest = max(taken, key=lambda query: statistics.median(taken[query]))
    catalogue.db.close()
    return SearchFigures(
        products=count,
        import_s=round(import_s, 2),
        vectors_s=None if vectors_s is None else round(vectors_s, 2),
        again_s=round(again_s, 2),
        first_search_s=round(first_s, 3),
        median_ms=round(statistics.median(every), 2),
        p95_ms=round(every[int(0.95 * len(every))], 2),
        slowest=f"{slowest}: {statistics.median(taken[slowest]):.1f} ms",
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


def _random_vectors(catalogue: Catalogue) -> None:
    hashes = catalogue.db.execute("SELECT DISTINCT meaning FROM products").fetchall()
    vectors = np.random.default_rng(7).integers(-20, 21, (len(hashes), DIMENSIONS), dtype=np.int8)
    with transaction(catalogue.db):
        catalogue.db.conn.executemany(
            "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
            ((row[0], vector.tobytes()) for row, vector in zip(hashes, vectors, strict=True)),
        )


def _timed(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
