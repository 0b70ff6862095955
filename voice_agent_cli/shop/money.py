"""Prices and times as shops write them, read exactly: ``Decimal`` and aware UTC times."""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "zł": "PLN", "kr": "SEK", "₩": "KRW"}
LARGEST = Decimal("99999999.99")
CENT = Decimal("0.01")

_CODE = re.compile(r"\b[A-Z]{3}\b")
_GROUPED = re.compile(r"\d{1,3}(?:[.,' \u00a0\u202f’]\d{3})+(?:[.,]\d{1,2})?")


def parse_amount(text: str) -> Decimal:
    """The amount in ``text`` to the cent, its currency ignored: "1.299,00", "$1,299.00", "9,5".

    A single group of three digits after one mark is thousands in "1,299" and
    "1.299" with no zero before it, decimals in "0.125".

    Raises:
        ValueError: no amount, more than one, below zero or above ``LARGEST``.
    """
    cleaned = _CODE.sub("", text.strip())
    for symbol in sorted(SYMBOLS, key=len, reverse=True):
        cleaned = cleaned.replace(symbol, "")
    cleaned = cleaned.strip().removesuffix(".-").removesuffix(",-").strip()
    if cleaned.startswith(("-", "−", "(")):
        raise ValueError(f"{text!r} is below zero")
    try:
        amount = Decimal(_plain_digits(cleaned))
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a price") from None
    if not amount.is_finite() or amount > LARGEST:
        raise ValueError(f"{text!r} is not a price")
    return amount.quantize(CENT, ROUND_HALF_UP)


def parse_price(text: str, currency: str = "") -> tuple[Decimal, str]:
    """The amount in ``text`` and its currency (three letters), ``currency`` where it names none.

    Raises:
        ValueError: as ``parse_amount``.
    """
    amount = parse_amount(text)
    code = _CODE.search(text)
    if code:
        return amount, code.group()
    return amount, next((code for symbol, code in SYMBOLS.items() if symbol in text), currency)


def parse_time(text: str) -> datetime:
    """An ISO date or time as an aware UTC time; one without a zone is taken as UTC.

    Raises:
        ValueError: it is neither.
    """
    compact = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text.strip())
    try:
        moment = datetime.fromisoformat(compact)
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2026-01-31 or 2026-01-31T09:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def iso_time(moment: datetime | None) -> str | None:
    """``moment`` (aware) in UTC with a Z, ``None`` for none."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain_digits(text: str) -> str:
    """``text`` with its thousands marks gone and a point for its decimals."""
    if _GROUPED.fullmatch(text):
        marks = [c for c in text if not c.isdigit()]
        decimals = marks[-1] if len(set(marks)) > 1 else ""
        if len(marks) == 1 and text.startswith("0"):
            decimals = marks[0]
        whole, _, rest = text.rpartition(decimals) if decimals else (text, "", "")
        return re.sub(r"\D", "", whole) + (f".{rest}" if rest else "")
    return text.replace(",", ".")
