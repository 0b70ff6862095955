"""What every importer gives: products, named problems, and a count of what was left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from voice_agent_cli.shop.importers.source import Source
from voice_agent_cli.shop.products import Product


@dataclass(frozen=True)
class Problem:
    """A row that could not be read. ``product_id`` names the product it belongs to, where known."""

    line: int
    column: str
    reason: str
    product_id: str = ""

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}"


@dataclass
class Feed:
    """One reading of a file: its products as they come, and beside them what is worth saying."""

    items: Iterator[Product | Problem]
    unused_columns: tuple[str, ...] = ()
    left_out: int = 0
    shop: Mapping[str, Any] = field(default_factory=dict)


class Importer(Protocol):
    """A module of this package. Both functions read the whole file, a row at a time."""

    NAME: str

    def recognises(self, source: Source) -> bool:
        """Whether the start of the file is of this format."""

    def survey(self, source: Source) -> Any:
        """Read the file through once: what must be known before the first product is made.

        Raises:
            UsageError: the file as a whole is broken; nothing has been imported yet.
        """

    def read(self, source: Source, survey: Any, currency: str) -> Feed:
        """The products of the file. ``currency`` is that of prices that name none."""
