"""Cells as values; what cannot be read names its column."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from voice_agent_cli.shop.importers.table import Row
from voice_agent_cli.shop.money import parse_amount

Value = TypeVar("Value")


class FieldError(ValueError):
    """A cell that cannot be read; ``column`` is its name in the file."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def parsed(row: Row, column: str, parse: Callable[[str], Value]) -> Value | None:
    """``parse`` of the cell, ``None`` for an empty one.

    Raises:
        FieldError: ``parse`` refused it with a ``ValueError``.
    """
    if not row[column]:
        return None
    try:
        return parse(row[column])
    except ValueError as error:
        raise FieldError(column, str(error)) from error


def price(row: Row, column: str) -> Decimal:
    """The price in the cell.

    Raises:
        FieldError: it is empty or no price.
    """
    amount = parsed(row, column, parse_amount)
    if amount is None:
        raise FieldError(column, "the price is missing")
    return amount


def count(row: Row, column: str) -> int | None:
    """A number of pieces; what is below zero counts as none left.

    Raises:
        FieldError: it is no number.
    """
    number = parsed(row, column, float)
    return None if number is None else max(0, int(number))


def flag(text: str) -> bool | None:
    """A yes or no as exports write it; ``None`` for neither."""
    folded = text.strip().casefold()
    if folded in ("true", "1", "yes", "y"):
        return True
    return False if folded in ("false", "0", "no", "n", "-1") else None


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated cell, once each; ``\\,`` is a comma within a part."""
    parts = text.replace("\\,", "\ue000").split(",")
    found = (part.replace("\ue000", ",").strip() for part in parts)
    return tuple(dict.fromkeys(part for part in found if part))


def measure(amount: str, unit: str) -> str:
    """ "500.0", "g" as "500 g"; empty for nothing or zero."""
    try:
        number = float(amount.replace(",", "."))
    except ValueError:
        return ""
    return f"{number:g} {unit}".strip() if number > 0 else ""
