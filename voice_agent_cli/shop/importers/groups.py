"""Rows that together make one product, put together wherever in the file they are."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from voice_agent_cli.shop.importers.table import Row

Key = Callable[[Row], str]


def count_groups(rows: Iterable[Row], key: Key) -> Counter[str]:
    """How many rows each key has."""
    return Counter(key(row) for row in rows)


def grouped(rows: Iterable[Row], key: Key, sizes: Counter[str]) -> Iterator[tuple[str, list[Row]]]:
    """Each key with all of its rows, as soon as the last of them was read."""
    waiting: dict[str, list[Row]] = {}
    for row in rows:
        name = key(row)
        found = waiting.setdefault(name, [])
        found.append(row)
        if len(found) == sizes[name]:
            yield name, waiting.pop(name)
