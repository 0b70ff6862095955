"""Rows of a CSV or TSV file by their column's name, whatever its separator, quotes and case."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.importers.source import Source

_MOST_CHARACTERS_A_FIELD = 8 * 1024**2


@dataclass(frozen=True)
class Row:
    """A row with the line it begins on (1 is the header's). Column names are in lower case."""

    line: int
    fields: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The field, spaces at its ends gone; empty where the file has no such column."""
        return self.fields.get(column, "")

    def first(self, *columns: str) -> str:
        """The first of ``columns`` that is not empty."""
        return next((self[column] for column in columns if self[column]), "")


def header(source: Source) -> list[str]:
    """The column names in lower case, without spaces at their ends; empty for an empty file."""
    lines = source.start.splitlines()
    line = next((line for line in lines if line.strip()), "")
    return [_name(cell) for cell in next(csv.reader([line], delimiter=_separator(line)), [])]


def rows(source: Source) -> Iterator[Row]:
    """Every row that is not empty.

    Raises:
        UsageError: a quote that is never closed, or a field beyond all measure; names the line.
    """
    csv.field_size_limit(_MOST_CHARACTERS_A_FIELD)
    separator = _separator(source.start.lstrip().partition("\n")[0])
    with source.text() as text:
        reader = csv.reader((line.replace("\0", "") for line in text), delimiter=separator)
        names: list[str] = []
        line = 1
        try:
            for cells in reader:
                if not names:
                    names = [_name(cell) for cell in cells] if any(map(str.strip, cells)) else []
                elif any(map(str.strip, cells)):
                    yield Row(line, dict(zip(names, map(str.strip, cells), strict=False)))
                line = reader.line_num + 1
        except csv.Error as error:
            raise UsageError(
                f"line {line} cannot be read: {error}", {"field": "file", "line": line}
            ) from error


def _name(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").strip().strip('"').lower().split())


def _separator(line: str) -> str:
    return max("\t;,|", key=line.count)
