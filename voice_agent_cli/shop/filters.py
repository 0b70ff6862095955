"""Filters of a search as SQL over facets and offers: exact, and true of one and the same variant."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlite_utils import Database

from voice_agent_cli.shop.colors import asked_key
from voice_agent_cli.shop.indexing import ANY, asked_value, option_key
from voice_agent_cli.shop.vocabulary import KIND, Vocabulary
from voice_agent_cli.shop.wishes import Sort
from voice_agent_cli.shop.words import STOP_WORDS, joined, root, words

NOTHING = "0"


@dataclass(frozen=True)
class SearchRequest:
    """What to find. Empty and ``None`` filter nothing; prices in the shop's currency.

    ``options`` maps an option's or modifier's name to its value; the name
    "unnamed" holds values joined by " | " that may be of any option. ``exclude``
    holds what is not wanted: colors, materials, features.
    """

    query: str = ""
    category: str | None = None
    brand: str | None = None
    color: str | None = None
    size: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    on_sale: bool = False
    in_stock: bool = False
    sort: Sort = "relevance"
    limit: int = 10
    offset: int = 0


@dataclass(frozen=True)
class Condition:
    """A WHERE clause over ``products AS p``, with its parameters."""

    sql: str = "1"
    parameters: tuple[object, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        if self.sql == "1":
            return other
        if other.sql == "1":
            return self
        return Condition(f"{self.sql} AND {other.sql}", self.parameters + other.parameters)

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(f"({self.sql} OR {other.sql})", self.parameters + other.parameters)


class Filters:
    """Turns requests into conditions over one catalogue as it was when this was made."""

    def __init__(self, db: Database, vocabulary: Vocabulary) -> None:
        self._db = db
        self._vocabulary = vocabulary

    def condition(self, request: SearchRequest) -> Condition:
        """What products must meet. A value that no product has gives a condition that none meets."""
        wanted = [keys for keys in self._wanted(request) if keys is not None]
        condition = Condition()
        for keys in wanted:
            condition &= _has_facet(keys)
        condition &= self._offered(request, wanted)
        asked = {root(word) for word in words(request.query)}
        for unwanted in request.exclude:
            condition &= self._without(unwanted, asked)
        return condition

    def _wanted(self, request: SearchRequest) -> Iterable[tuple[str, ...] | None]:
        """For each facet that is asked for, the keys of which a product must have one."""
        if request.brand:
            yield self._brand(request.brand)
        if request.category:
            yield self._category(request.category)
        if request.color:
            yield self._color(request.color)
        if request.size:
            value = asked_value(request.size)
            yield (f"size={value}", f"{ANY}={value}")
        for name, value in request.options.items():
            if name.casefold() == "unnamed":
                yield from ((f"{ANY}={asked_value(one)}",) for one in value.split("|") if one.strip())
            elif option_key(name) == "color":
                yield self._color(value)
            else:
                yield (f"{option_key(name)}={asked_value(value)}", f"{ANY}={asked_value(value)}")

    def _brand(self, brand: str) -> tuple[str, ...]:
        return self._like("brand", joined([brand])) or self._like(ANY, joined([brand]))

    def _color(self, color: str) -> tuple[str, ...]:
        return self._like("color", asked_key(color)) or self._like("color", asked_key(color).split(" ")[-1])

    def _category(self, category: str) -> tuple[str, ...]:
        """Categories of that name; else those whose words hold it, or one of its kinds."""
        wanted = " ".join(words(category))
        names = self._values("category")
        if wanted in names:
            return (f"category={wanted}",)
        alternatives = [set(self._vocabulary.term(word).alternatives) for word in wanted.split()]
        return tuple(
            f"category={name}"
            for name in names
            if alternatives and all(set(name.split()) & alternative for alternative in alternatives)
        )

    def _like(self, name: str, wanted: str) -> tuple[str, ...]:
        """The facet of that value; where there is none, those spelled almost like it."""
        values = self._values(name)
        if wanted in values:
            return (f"{name}={wanted}",)
        most = 1 if len(wanted) < 6 else 2
        near = process.extractOne(wanted, values, scorer=OSA.distance, score_cutoff=most)
        return (f"{name}={near[0]}",) if near and len(wanted) > 3 else ()

    def _values(self, name: str) -> list[str]:
        if name not in self._known:
            rows = self._db.execute(
                "SELECT DISTINCT key FROM facets WHERE key >= ? AND key < ?", [f"{name}=", f"{name}>"]
            ).fetchall()
            self._known[name] = [row[0].partition("=")[2] for row in rows]
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, list[str]]:
        return {}

    def _offered(self, request: SearchRequest, wanted: list[tuple[str, ...]]) -> Condition:
        """One variant that has every wanted facet at a wanted price, in stock and on sale where asked."""
        parts, parameters = ["o.product = p.number"], list[object]()
        for keys in wanted:
            parts.append("(" + " OR ".join("instr(o.keys, ?)" for _ in keys or ("",)) + ")")
            parameters += [f"|{key}|" for key in keys] or ["|none|"]
        if request.min_price is not None:
            parts.append("o.price >= ?")
            parameters.append(float(request.min_price))
        if request.max_price is not None:
            parts.append("o.price <= ?")
            parameters.append(float(request.max_price))
        if request.on_sale:
            parts.append("o.on_sale")
        if request.in_stock:
            parts.append("o.available")
        elif request.min_price is not None or request.max_price is not None:
            # What is sold out has no price to go by, unless all of it is.
            parts.append("(o.available OR NOT p.in_stock)")
        if len(parts) == 1:
            return Condition()
        return Condition(f"EXISTS (SELECT 1 FROM offers o WHERE {' AND '.join(parts)})", tuple(parameters))

    def _without(self, unwanted: str, wanted: Collection[str]) -> Condition:
        """Not of that color (some variant must be of another), nor with that word anywhere.

        Args:
            wanted: the roots of words that are asked for.
        """
        color = asked_key(unwanted)
        if color in self._values("color"):
            return Condition(
                "EXISTS (SELECT 1 FROM offers o WHERE o.product = p.number AND NOT instr(o.keys, ?))",
                (f"|color={color}|",),
            )
        said = [word for word in words(unwanted) if word not in STOP_WORDS] or words(unwanted)
        if not said:
            return Condition()
        forms = [self._forms(word, wanted) for word in said]
        match = " AND ".join("(" + " OR ".join(f'"{form}"' for form in same) + ")" for same in forms)
        free = " OR ".join(f'"{word}free"' for word in said)  # may speak of what it is free of
        return (
            _not(_holds(match))
            | _holds(free)
            | self._otherwise_offered(asked_value(unwanted))
            | self._beside_it({form for same in forms for form in same}, match)
        )

    def _otherwise_offered(self, value: str) -> Condition:
        """Can be had with another value: a cable that comes with either plug."""
        key = f"{ANY}={value}"
        other = "EXISTS (SELECT 1 FROM offers o WHERE o.product = p.number AND NOT instr(o.keys, ?))"
        return _has_facet((key,)) & Condition(other, (f"|{key}|",))

    def _beside_it(self, unwanted: set[str], match: str) -> Condition:
        """Only its category's name speaks of it, among others: a charger of "power and cables"."""
        names = [name.split() for name in self._values("category")]
        shared = [name for name in names if "and" in name and unwanted & set(name)]
        in_category = _has_facet(tuple(f"category={' '.join(name)}" for name in shared))
        return in_category & _not(_holds(f"{{title brand body}} : ({match})"))

    def _forms(self, word: str, wanted: Collection[str]) -> list[str]:
        """``word``, its forms ("hood" is also in "hooded"), its other names and what counts as one.

        Not those that are ``wanted``: who wants earrings but no studs still wants earrings.
        """
        found = self._vocabulary.term(word).alternatives.items()
        meant = [
            term
            for term, entry in found
            if (root(term) == root(word) or entry.sure >= KIND) and root(term) not in wanted
        ]
        return list(dict.fromkeys((word, *meant)))


def _holds(match: str) -> Condition:
    return Condition("p.number IN (SELECT rowid FROM search WHERE search MATCH ?)", (match,))


def _not(condition: Condition) -> Condition:
    return Condition(f"NOT ({condition.sql})", condition.parameters)


def _has_facet(keys: tuple[str, ...]) -> Condition:
    if not keys:
        return Condition(NOTHING)
    marks = ", ".join("?" * len(keys))
    return Condition(f"p.number IN (SELECT product FROM facets WHERE key IN ({marks}))", keys)
