"""Discount codes: what each takes off, and why one does not apply."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, cast

from sqlite_utils import Database

from voice_agent_cli.errors import StorageError
from voice_agent_cli.shop.money import parse_amount, parse_time
from voice_agent_cli.shop.pricing import rounded
from voice_agent_cli.shop.values import canonical

Kind = Literal["percent", "amount"]
Reason = Literal["not_started", "expired", "minimum"]
_DIGIT_OF = {
    name: str(digit)
    for digit, name in enumerate("zero one two three four five six seven eight nine ten".split())
}
_NUMBER_NAME = re.compile("|".join(_DIGIT_OF))


@dataclass(frozen=True)
class Discount:
    """A code; ``value`` is in percent or in the cart's currency, ``minimum`` a subtotal.

    It holds from ``starts`` until before ``ends`` (aware UTC times; ``None`` is open).
    """

    code: str
    kind: Kind
    value: Decimal
    minimum: Decimal = Decimal(0)
    starts: datetime | None = None
    ends: datetime | None = None

    def reason_against(self, subtotal: Decimal, now: datetime) -> Reason | None:
        """Why the code takes nothing off this subtotal at ``now``; ``None`` when it does apply."""
        if self.starts is not None and now < self.starts:
            return "not_started"
        if self.ends is not None and now >= self.ends:
            return "expired"
        return "minimum" if subtotal < self.minimum else None

    def off(self, subtotal: Decimal, currency: str) -> Decimal:
        """What it takes off, never more than ``subtotal``."""
        amount = subtotal * self.value / 100 if self.kind == "percent" else self.value
        return min(rounded(amount, currency), subtotal)


class Discounts:
    """The shop's codes, found however they are spoken or spelled out."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, code: str) -> Discount | None:
        """The discount that ``code`` names: "spring ten", "SPRING10" and "s p r i n g 1 0" are one."""
        wanted = _spoken(code)
        rows = self._db.execute("SELECT code, kind, value, minimum, starts, ends FROM discounts").fetchall()
        return next((_read(*row) for row in rows if wanted and _spoken(row[0]) == wanted), None)

    def codes(self) -> tuple[str, ...]:
        """Every code as the shop writes it: what a recognizer must be able to hear."""
        return tuple(
            row[0] for row in self._db.execute("SELECT code FROM discounts ORDER BY code").fetchall()
        )


def _read(
    code: str, kind: str, value: str, minimum: str | None, starts: str | None, ends: str | None
) -> Discount:
    try:
        if kind not in ("percent", "amount"):
            raise ValueError(f"{kind!r} is neither percent nor amount")
        return Discount(
            code,
            cast(Kind, kind),
            parse_amount(value.removesuffix("%")),
            parse_amount(minimum or "0"),
            parse_time(starts) if starts else None,
            parse_time(ends) if ends else None,
        )
    except ValueError as error:
        raise StorageError(
            f"the shop's discount {code} cannot be used: {error}; import the shop again"
        ) from error


def _spoken(code: str) -> str:
    """Letters and digits; "FRIDAYTWO" and what is heard as "friday 2" come out alike."""
    letters = re.sub(r"[^a-z0-9]", "", "".join(canonical(code)))
    return _NUMBER_NAME.sub(lambda name: _DIGIT_OF[name.group()], letters)
