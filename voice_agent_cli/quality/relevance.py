"""Judged queries -> how often the right product is among the first three, by kind and way of finding.

A case is one line of JSON: ``{"shop", "query", "kind", "expect"}``. ``expect`` holds
the ids (or exact titles) of products of which one must be among the first three;
empty for a query that must find nothing. ``shop`` is a shop that comes along, or a
catalogue file beside the cases.

Ours were written from the products' pages and then split: what is wrong in the
``development`` half may be looked at, of the ``held-out`` half only the figures.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from voice_agent_cli import settings
from voice_agent_cli.errors import NotFoundError, UsageError
from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.shop.meaning import MeaningIndex, shipped_model
from voice_agent_cli.shop.search import Hit, Search, SearchRequest
from voice_agent_cli.shop.snapshots import Snapshots
from voice_agent_cli.shop.vocabulary import Alternative, Vocabulary
from voice_agent_cli.storage.database import connect

FIRST = 3
PARTS = ("development", "held-out")
_CASES = Path(__file__).parent / "cases" / "relevance"
_SHOPS = ("config/shops", "tests/data/shops")  # the second only in a checkout


@dataclass(frozen=True)
class Case:
    """A query to the shop of that name, and what answers it."""

    shop: str
    query: str
    kind: str
    expect: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """A case whose answer was wrong, with the titles that came instead."""

    case: Case
    found: tuple[str, ...]


@dataclass(frozen=True)
class Relevance:
    """Per kind the share (0..1) of right answers for each way of finding; failures of the full search."""

    shares: Mapping[str, Mapping[str, float]]
    counts: Mapping[str, int]
    failures: tuple[Failure, ...]


class _LiteralVocabulary(Vocabulary):
    """Words as they are written: no guess at spelling or sound."""

    def similar(self, word: str, least: float = 0.0) -> dict[str, Alternative]:  # noqa: ARG002
        return {}


class _NoMeaning(MeaningIndex):
    def fill(self, *_: object, **__: object) -> int:
        return 0

    def nearest(self, *_: object) -> dict[int, float]:
        return {}


_LITERAL = Snapshots[Vocabulary](_LiteralVocabulary)


class Ways:
    """The ways of finding that are compared, by their name in the table."""

    NAMES: ClassVar[tuple[str, ...]] = ("words", "words+sound", "words+meaning", "all")

    @staticmethod
    def search(way: str, catalogue: Catalogue) -> Search:
        none = _NoMeaning(catalogue.db, shipped_model)
        literal = None if "sound" in way or way == "all" else _LITERAL
        return Search(catalogue, None if "meaning" in way or way == "all" else none, literal)


def own_cases(part: str) -> tuple[Case, ...]:
    """The cases that come along; ``part`` is one of ``PARTS``."""
    return read_cases(_CASES / f"{part}.jsonl")


class Shops:
    """Shops imported into databases of their own in ``folder``, each once."""

    def __init__(self, folder: Path, beside: Path | None = None) -> None:
        """``beside`` is the folder of the cases, where a case may name a catalogue file."""
        self._folder = folder
        self._beside = beside

    def open(self, name: str) -> Catalogue:
        """The catalogue of the shop called ``name``, with its vectors.

        Raises:
            NotFoundError: no such shop comes along, and no such file is beside the cases.
            ModelError: the meaning model is absent.
        """
        file = next((path for path in self._files(name) if path.is_file()), None)
        if file is None:
            raise NotFoundError(f"there is no shop {name!r} to ask; name a catalogue file beside the cases")
        catalogue = Catalogue(connect(self._folder / f"{Path(name).stem}.db", SCHEMA))
        import_file(catalogue, file)
        MeaningIndex(catalogue.db, shipped_model).fill()
        return catalogue

    def _files(self, name: str) -> Iterable[Path]:
        if self._beside is not None:
            yield self._beside / name
        yield from (settings.shipped(f"{folder}/{name}.json") for folder in _SHOPS)


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file of JSON lines.

    Raises:
        UsageError: a line is no case; names it.
    """
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                shape = json.loads(line)
                cases.append(Case(shape["shop"], shape["query"], shape["kind"], tuple(shape["expect"])))
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f"{path}, line {number} is no judged query: {error!r}") from error
    return tuple(cases)


def measure(
    cases: Sequence[Case], open_shop: Callable[[str], Catalogue], ways: Iterable[str] = Ways.NAMES
) -> Relevance:
    """Ask every query in every way.

    Args:
        open_shop: a shop's name to its catalogue; asked once for each shop.
    """
    catalogues = {name: open_shop(name) for name in dict.fromkeys(case.shop for case in cases)}
    right: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counts: dict[str, int] = defaultdict(int)
    failures: list[Failure] = []
    for case in cases:
        counts[case.kind] += 1
    for way in ways:
        searches = {name: Ways.search(way, catalogue) for name, catalogue in catalogues.items()}
        for case in cases:
            hits = searches[case.shop].find(SearchRequest(query=case.query, limit=FIRST)).hits
            is_right = _is_right(case, hits)
            right[case.kind][way] += is_right
            if way == "all" and not is_right:
                failures.append(Failure(case, tuple(hit.product.title for hit in hits)))
    shares = {kind: {way: right[kind][way] / counts[kind] for way in ways} for kind in counts}
    return Relevance(shares, dict(counts), tuple(failures))


def table(relevance: Relevance) -> str:
    """The shares in percent, a row a kind, the last of all kinds together."""
    ways = list(next(iter(relevance.shares.values()), {}))
    total = sum(relevance.counts.values())
    together = {
        way: sum(relevance.shares[kind][way] * count for kind, count in relevance.counts.items()) / total
        for way in ways
    }
    rows = [*relevance.shares.items(), ("together", together)]
    counts = {**relevance.counts, "together": total}
    lines = [f"{'kind':<14}{'queries':>8}" + "".join(f"{way:>15}" for way in ways)]
    for kind, shares in rows:
        cells = "".join(f"{100 * shares[way]:>14.1f}%" for way in ways)
        lines.append(f"{kind:<14}{counts[kind]:>8}{cells}")
    return "\n".join(lines)


def _is_right(case: Case, hits: Sequence[Hit]) -> bool:
    if not case.expect:
        return not hits
    return any(hit.product.id in case.expect or hit.product.title in case.expect for hit in hits)
