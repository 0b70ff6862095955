"""The small pieces that replies are made of: money, titles, lists, and a choice of wording.

Product texts are data: they are shortened and cleaned here, and only ever read out.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
MOST_SAID = 3
_LONGEST_TITLE = 70


def money(amount: str, currency: str) -> str:
    """ "129.00", "USD" -> "$129"; "19.90" -> "$19.90"."""
    value = Decimal(amount)
    number = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    sign = _SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{number} {currency}"


def price_of(product: Mapping[str, Any]) -> str:
    return money(product["price"]["amount"], product["price"]["currency"])


def title_of(thing: Mapping[str, Any]) -> str:
    return clean(thing["title"], _LONGEST_TITLE)


def clean(text: str, longest: int) -> str:
    """``text`` on one line, without mark-up or control characters, cut at a word after ``longest``."""
    text = re.sub(r"<[^<>]*>", " ", text)
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def listed(things: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"."""
    if len(things) <= 1:
        return "".join(things)
    return f"{', '.join(things[:-1])} {last} {things[-1]}"


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def choice(choices: Sequence[str], most: int = 6) -> str:
    """What can be answered, as a list to hear: "XS, S or M", "4, 6, 8 or others"."""
    values = [clean(value, _LONGEST_TITLE) for value in choices]
    return listed(values if len(values) <= most else [*values[:most], "others"], "or")


def with_options(line: Mapping[str, Any]) -> str:
    """A line by its title and what was chosen: "Marsh Lane Rain Jacket in M, Navy"."""
    values = [clean(value, 40) for value in (*line["options"].values(), *line["modifiers"].values())]
    return f"{title_of(line)} in {', '.join(values)}" if values else title_of(line)


def pick(wordings: Sequence[str], key: str) -> str:
    """One of the wordings, always the same for the same key."""
    return wordings[crc32(key.encode()) % len(wordings)]


def sentence(text: str) -> str:
    """With a capital and an end."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!…" else f"{text}."


def sentences(text: str) -> tuple[str, ...]:
    """A text cut at the ends of its sentences."""
    return tuple(part for part in re.split(r"(?<=[.!?…])\s+|\n+", text.strip()) if part)
