"""Find products as people ask for them: by words, spelling, sound and meaning, under exact filters."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from voice_agent_cli.errors import ModelError
from voice_agent_cli.shop.catalogue import Catalogue
from voice_agent_cli.shop.filters import Condition, Filters
from voice_agent_cli.shop.filters import SearchRequest as SearchRequest
from voice_agent_cli.shop.meaning import MeaningIndex, shipped_model
from voice_agent_cli.shop.phrases import Phrase, read_phrase
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.ranking import Scored, fuse, meaning_score, score_words
from voice_agent_cli.shop.snapshots import Snapshots
from voice_agent_cli.shop.vocabulary import FoundBy, Vocabulary
from voice_agent_cli.shop.wishes import Wishes, read_wishes
from voice_agent_cli.shop.words import words

_CANDIDATES = 300
_NEAREST = 100
_PLAIN = 0.78  # words that answer this well need no meaning
_FILLED_ON_DEMAND = 1000  # products whose vectors a search makes itself; more wait for an import
_FOUND = 0.5  # below this nothing was found
_BESIDE = 0.6  # of the best score: what is much worse is left out
_BESIDE_SORTED = 0.85  # where another order decides what comes first
_FIELD_WEIGHTS = "8.0, 5.0, 5.0, 1.0"
_VOCABULARIES = Snapshots(Vocabulary)


@dataclass(frozen=True)
class Hit:
    """A product that was found: its score (0..1, 0 where only filters were asked) and how."""

    product: Product
    score: float
    found_by: FoundBy


@dataclass(frozen=True)
class Relaxation:
    """A filter to drop, by its name in ``SearchRequest``, and what then exists."""

    drop: str
    total_count: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class SearchResult:
    """One page of hits, best first. ``relaxed`` is filled only where nothing was found.

    ``meaning_used`` is False where the words sufficed or the model is absent;
    ``notice`` then says what to do about an absent model.
    """

    hits: tuple[Hit, ...]
    total_count: int
    has_more: bool
    relaxed: tuple[Relaxation, ...] = ()
    meaning_used: bool = False
    notice: str | None = None


class Search:
    """Search over one catalogue; its words stay in memory until the catalogue changes."""

    def __init__(
        self,
        catalogue: Catalogue,
        meaning: MeaningIndex | None = None,
        vocabularies: Snapshots[Vocabulary] | None = None,
    ) -> None:
        """Search ``catalogue`` with the shipped meaning model, unless given another."""
        self._catalogue = catalogue
        self._vocabularies = vocabularies or _VOCABULARIES
        self._db = catalogue.db
        self._meaning = meaning or MeaningIndex(catalogue.db, shipped_model)
        self._revision = -1
        self._vocabulary: Vocabulary
        self._filters: Filters

    def warm(self) -> None:
        """Do now what the first search would wait for: read the words, load the model, make vectors.

        Raises:
            ModelError: the meaning model is absent or damaged; searching by words works all the same.
        """
        self._refresh()
        self._meaning.fill(at_most=_FILLED_ON_DEMAND)
        self._meaning.nearest("", 1)

    def find(self, request: SearchRequest) -> SearchResult:
        """What ``request`` asks for; prices, exclusions and order said in its query count as filters.

        Raises:
            StorageError: the catalogue cannot be read.
        """
        self._refresh()
        request = self._preferring_free_of(_with_wishes(request))
        ranked = self._ranked(request)
        page = ranked.rows[request.offset : request.offset + request.limit]
        return SearchResult(
            hits=self._hits(page),
            total_count=ranked.total,
            has_more=ranked.total > request.offset + len(page),
            relaxed=() if ranked.total else tuple(self._relaxations(request)),
            meaning_used=ranked.meaning_used,
            notice=ranked.notice,
        )

    def _refresh(self) -> None:
        self._catalogue.refresh_sales()
        revision = self._catalogue.revision
        if revision != self._revision:
            self._vocabulary = self._vocabularies.of(self._db, revision)
            self._filters = Filters(self._db, self._vocabulary)
            self._revision = revision

    def _preferring_free_of(self, request: SearchRequest) -> SearchRequest:
        """Who wants no lactose is best served by what is called lactose-free."""
        unwanted = [word for text in request.exclude for word in words(text)]
        free = [f"{word}free" for word in unwanted if f"{word}free" in self._vocabulary]
        return replace(request, query=" ".join([request.query, *free]).strip())

    def _ranked(self, request: SearchRequest) -> "_Ranked":
        condition = self._filters.condition(request)
        phrase = read_phrase(request.query, self._vocabulary)
        if not phrase.terms:
            return _Ranked([], 0) if request.query.strip() else self._browse(request, condition)
        every = self._matching(phrase, condition, " AND ")
        best = max((row.score for row in every.values()), default=0.0)
        if best >= _PLAIN:
            rows = _good([*every.values()], _BESIDE if request.sort == "relevance" else _BESIDE_SORTED)
            return self._sorted(rows, request, self._count(phrase, condition, len(every), len(rows)))
        some = every | self._matching(phrase, condition, " OR ")
        meant, notice = self._meant(phrase, condition)
        rows = _good(fuse(some, meant, phrase.is_need))
        return replace(self._sorted(rows, request, len(rows)), meaning_used=notice is None, notice=notice)

    def _browse(self, request: SearchRequest, condition: Condition) -> "_Ranked":
        """Filters alone: everything that meets them, in the order asked for."""
        rows = self._db.execute(
            f"SELECT number, count(*) OVER () FROM products p WHERE {condition.sql} "
            f"ORDER BY {_ORDERS[request.sort]} LIMIT {request.offset + request.limit}",
            condition.parameters,
        ).fetchall()
        return _Ranked([Scored(number, 0.0, "words") for number, _ in rows], rows[0][1] if rows else 0)

    def _matching(self, phrase: Phrase, condition: Condition, how: str) -> dict[int, Scored]:
        """The candidates that FTS ranks first among those with all (or some) of the terms, scored."""
        match = _match(phrase, how)
        if not match:
            return {}
        rows = self._db.execute(
            "SELECT s.rowid, s.title, s.keywords, s.brand, s.body FROM search s JOIN products p "
            f"ON p.number = s.rowid WHERE search MATCH ? AND {condition.sql} "
            f"ORDER BY bm25(search, {_FIELD_WEIGHTS}) LIMIT {_CANDIDATES}",
            [match, *condition.parameters],
        ).fetchall()
        scored = (score_words(row[0], row[1:], phrase) for row in rows)
        return {entry.number: entry for entry in scored}

    def _count(self, phrase: Phrase, condition: Condition, seen: int, good: int) -> int:
        """How many match: those that were judged, or all of them where there are more than that."""
        if seen < _CANDIDATES:
            return good
        row = self._db.execute(
            "SELECT count(*) FROM search s JOIN products p ON p.number = s.rowid "
            f"WHERE search MATCH ? AND {condition.sql}",
            [_match(phrase, " AND "), *condition.parameters],
        ).fetchone()
        return int(row[0])

    def _meant(self, phrase: Phrase, condition: Condition) -> tuple[dict[int, float], str | None]:
        """What the text means to the model, and a notice where there is no model."""
        if not phrase.is_language:
            return {}, None
        try:
            missing = self._meaning.fill(at_most=_FILLED_ON_DEMAND)
            near = self._meaning.nearest(phrase.text, _NEAREST)
        except ModelError as error:
            return {}, f"searched by words only: {error.message}"
        if missing:
            return {}, f"searched by words only: {missing} products wait for `voice-agent catalog import`"
        scores = {n: meaning_score(cosine, phrase) for n, cosine in near.items()}
        numbers = self._meeting(condition, (n for n, score in scores.items() if score))
        return {n: scores[n] for n in numbers}, None

    def _meeting(self, condition: Condition, numbers: Iterable[int]) -> set[int]:
        listed = ", ".join(str(int(number)) for number in numbers)
        rows = self._db.execute(
            f"SELECT number FROM products p WHERE number IN ({listed}) AND {condition.sql}",
            condition.parameters,
        )
        return {number for (number,) in rows.fetchall()}

    def _sorted(self, rows: list[Scored], request: SearchRequest, total: int) -> "_Ranked":
        if request.sort == "relevance" or not rows:
            return _Ranked(rows, max(total, len(rows)))
        by_number = {row.number: row for row in rows}
        listed = ", ".join(map(str, by_number))
        order = self._db.execute(
            f"SELECT number FROM products p WHERE number IN ({listed}) ORDER BY {_ORDERS[request.sort]}"
        ).fetchall()
        return _Ranked([by_number[number] for (number,) in order], max(total, len(rows)))

    def _hits(self, rows: Iterable[Scored]) -> tuple[Hit, ...]:
        return tuple(
            Hit(self._catalogue.by_number(row.number), min(1.0, round(row.score, 4)), row.found_by)
            for row in rows
        )

    def _relaxations(self, request: SearchRequest) -> list[Relaxation]:
        """Each filter that, dropped alone, lets something be found; else all of them together."""
        names = [name for name in _FILTERS if getattr(request, name) != getattr(_EMPTY, name)]
        alone = [found for name in names if (found := self._relaxed(request, [name]))]
        together = self._relaxed(request, names) if len(names) > 1 and request.query and not alone else None
        return [*alone, *([together] if together else [])]

    def _relaxed(self, request: SearchRequest, drop: list[str]) -> Relaxation | None:
        unset = {name: getattr(_EMPTY, name) for name in drop}
        ranked = self._ranked(replace(request, offset=0, limit=3, **unset))
        return (
            Relaxation(", ".join(drop), ranked.total, self._hits(ranked.rows[:3])) if ranked.total else None
        )


@dataclass(frozen=True)
class _Ranked:
    rows: list[Scored]
    total: int
    meaning_used: bool = False
    notice: str | None = None


_EMPTY = SearchRequest()
_FILTERS = (
    "size",
    "color",
    "options",
    "max_price",
    "min_price",
    "on_sale",
    "in_stock",
    "exclude",
    "brand",
    "category",
)
_ORDERS = {
    "relevance": "p.in_stock DESC, p.number",
    "price_asc": "p.price, p.number",
    "price_desc": "p.price DESC, p.number",
    "newest": "p.created DESC, p.number DESC",
    "rating": "p.rating DESC NULLS LAST, p.number",
    "discount": "p.discount DESC, p.number",
}


def _with_wishes(request: SearchRequest) -> SearchRequest:
    """``request`` with what its query says of prices, exclusions and order moved into its filters."""
    wishes = read_wishes(request.query)
    if wishes == Wishes(wishes.words):
        return request  # the meaning model reads a text best as it was said
    return replace(
        request,
        query=wishes.words,
        exclude=(*request.exclude, *wishes.exclude),
        min_price=request.min_price if request.min_price is not None else wishes.min_price,
        max_price=request.max_price if request.max_price is not None else wishes.max_price,
        on_sale=request.on_sale or bool(wishes.on_sale),
        in_stock=request.in_stock or bool(wishes.in_stock),
        sort=wishes.sort or request.sort if request.sort == "relevance" else request.sort,
    )


def _match(phrase: Phrase, how: str) -> str:
    """The FTS5 expression; every word is quoted, so that no text of a shopper is syntax."""
    known = [term for term in phrase.terms if term.alternatives]
    if how == " AND " and len(known) < len(phrase.terms):
        return ""
    if how == " OR ":
        # What has only a word that is everywhere is no answer, and there is much of it.
        heaviest = max((term.weight for term in known), default=0.0)
        known = [term for term in known if term.weight >= heaviest / 2]
    return how.join("(" + " OR ".join(f'"{word}"' for word in term.alternatives) + ")" for term in known)


def _good(rows: list[Scored], beside: float = _BESIDE) -> list[Scored]:
    """Those worth showing, best first: good by themselves and beside the best."""
    best = max((row.score for row in rows), default=0.0)
    kept = [row for row in rows if row.score >= max(_FOUND, beside * best)]
    return sorted(kept, key=lambda row: (-row.score, row.number))
