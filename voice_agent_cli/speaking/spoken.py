"""Written text to the words a person would say: prices, sizes, codes, units, dates.

``spoken("2 l for $19.99")`` is ``"two litres for nineteen ninety-nine"``. Every voice gets
its text through here, so that no voice has to guess what "10.5" or "SAVE10" is.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

_CURRENCIES = {
    "$": ("dollar", "cent"), "USD": ("dollar", "cent"), "US$": ("dollar", "cent"),
    "CAD": ("Canadian dollar", "cent"), "AUD": ("Australian dollar", "cent"),
    "NZD": ("New Zealand dollar", "cent"), "€": ("euro", "cent"), "EUR": ("euro", "cent"),
    "£": ("pound", "p"), "GBP": ("pound", "p"), "¥": ("yen", ""), "JPY": ("yen", ""),
    "₹": ("rupee", "paisa"), "INR": ("rupee", "paisa"), "CHF": ("Swiss franc", "centime"),
    "SEK": ("krona", "öre"), "₩": ("won", ""), "KRW": ("won", ""), "₺": ("lira", ""), "TRY": ("lira", ""),
}  # fmt: skip
_UNCHANGED_PLURALS = {
    "yen",
    "won",
    "p",
    "lira",
    "paisa",
    "öre",
    "hertz",
    "megahertz",
    "gigahertz",
    "kilohertz",
}
_UNITS = {
    "ml": "millilitre", "cl": "centilitre", "l": "litre", "L": "litre", "g": "gram", "kg": "kilogram",
    "mg": "milligram", "oz": "ounce", "fl oz": "fluid ounce", "lb": "pound", "lbs": "pound",
    "mm": "millimetre", "cm": "centimetre", "m": "metre", "km": "kilometre", "in": "inch", "ft": "foot",
    "yd": "yard", "W": "watt", "kW": "kilowatt", "V": "volt", "A": "amp", "mAh": "milliamp hour",
    "Wh": "watt hour", "kWh": "kilowatt hour", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz",
    "GHz": "gigahertz", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "h": "hour", "hr": "hour",
    "hrs": "hour", "min": "minute", "mins": "minute", "pcs": "piece", "pc": "piece", "ct": "count",
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "MP": "megapixel", "K": "K", "lm": "lumen",
    "dB": "decibel", "gal": "gallon", "qt": "quart", "pt": "pint", "tbsp": "tablespoon", "tsp": "teaspoon",
}  # fmt: skip
_PLURALS = {
    "inch": "inches", "foot": "feet", "degree Celsius": "degrees Celsius", "count": "count", "K": "K",
    "degree Fahrenheit": "degrees Fahrenheit",
}  # fmt: skip
_SIZES = {
    "XXXS": "triple extra small", "XXS": "double extra small", "XS": "extra small", "S": "small",
    "M": "medium", "L": "large", "XL": "extra large", "XXL": "double extra large",
    "XXXL": "triple extra large", "2XL": "double extra large", "3XL": "triple extra large",
    "4XL": "four extra large", "5XL": "five extra large", "2XS": "double extra small", "OS": "one size",
}  # fmt: skip
_ABBREVIATIONS = {
    "w/": "with", "w/o": "without", "approx.": "about", "incl.": "including", "excl.": "excluding",
    "vs.": "versus", "vs": "versus", "e.g.": "for example", "i.e.": "that is", "etc.": "and so on",
    "qty": "quantity", "Qty": "quantity", "misc.": "miscellaneous", "min.": "minimum", "max.": "maximum",
    "Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday", "St.": "street", "a.m.": "AM", "p.m.": "PM",
}  # fmt: skip
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_FRACTIONS = {
    "1/2": "a half",
    "1/4": "a quarter",
    "3/4": "three quarters",
    "1/3": "a third",
    "2/3": "two thirds",
}
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_COUNTABLE = 10**12  # beyond that nobody follows: the digits are read one by one
_START = r"(?<![\w.])"


@lru_cache(maxsize=4096)
def spoken(text: str) -> str:
    """``text`` as words: no digits, symbols, mark-up or abbreviations are left."""
    text = _plain(text)
    for pattern, say in _RULES:
        text = pattern.sub(say, text)
    text = re.sub(r"[^\w\s.,;:!?'’()-]", " ", text).replace("_", " ")
    return re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\s+", " ", text)).strip()


def number(value: str | int | Decimal) -> str:
    """A number in words: ``"10.5"`` is ``"ten and a half"``, ``"4.7"`` ``"four point seven"``."""
    try:
        amount = Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return str(value)
    if abs(amount) >= _COUNTABLE:
        return _digit_by_digit(re.sub(r"\D", "", str(value)))
    whole, fraction = int(abs(amount)), abs(amount) % 1
    sign = "minus " if amount < 0 else ""
    if not fraction:
        return sign + _cardinal(whole)
    if fraction == Decimal("0.5"):
        return sign + (f"{_cardinal(whole)} and a half" if whole else "half")
    digits = format(fraction.normalize(), "f").split(".")[1]
    return f"{sign}{_cardinal(whole)} point {' '.join(_DIGITS[int(d)] for d in digits)}"


def price(amount: Decimal | str, currency: str = "USD") -> str:
    """A price as said in a shop: ``"nineteen ninety-nine"``, ``"two hundred dollars"``."""
    value = Decimal(str(amount).replace(",", ""))
    unit, small = _CURRENCIES.get(currency, (currency, ""))
    if abs(value) >= _COUNTABLE:
        return f"{number(value)} {_plural(unit, 2)}"
    sign, value = ("minus " if value < 0 else ""), abs(value)
    whole, cents = int(value), int((value % 1 * 100).to_integral_value())
    if not small:
        return f"{sign}{_cardinal(whole)} {_plural(unit, whole)}"
    if not whole and cents:
        return f"{sign}{_cardinal(cents)} {_plural(small, cents)}"
    if not cents:
        return f"{sign}{_cardinal(whole)} {_plural(unit, whole)}"
    if unit == "dollar" and whole < 100 and cents >= 10:
        return f"{sign}{_cardinal(whole)} {_cardinal(cents)}"
    return f"{sign}{_cardinal(whole)} {_plural(unit, whole)} and {_cardinal(cents)} {_plural(small, cents)}"


def code(text: str) -> str:
    """A discount code or an order number: words as words, short letters spelt, digits as said.

    ``"SAVE10"`` is ``"save ten"``, ``"BX-1042"`` ``"B X, one zero four two"``.
    """
    parts = re.findall(r"[A-Za-z]+|\d+", text)
    said = []
    for part in parts:
        if part.isdigit():
            said.append(_code_digits(part))
        elif len(part) > 3 and re.search(r"[AEIOUaeiouy]", part):
            said.append(part.lower())
        else:
            said.append(" ".join(part.upper()))
    return " ".join(said)


def _code_digits(digits: str) -> str:
    if len(digits) <= 2 and digits[0] != "0":
        return _cardinal(int(digits))
    return _year(int(digits)) if re.fullmatch(r"20[2-4]\d", digits) else _digit_by_digit(digits)


def _digit_by_digit(digits: str) -> str:
    """Digits in groups of at most four, with a pause between groups."""
    groups = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    return ", ".join(" ".join(_DIGITS[int(d)] for d in group) for group in groups)


@lru_cache(maxsize=4096)
def _cardinal(value: int) -> str:
    from num2words import num2words

    # American usage without "and" and commas: shorter to hear.
    return str(num2words(value)).replace(" and ", " ").replace(",", "")


def _ordinal(value: int) -> str:
    from num2words import num2words

    return str(num2words(value, to="ordinal")).replace(" and ", " ").replace(",", "")


def _year(value: int) -> str:
    from num2words import num2words

    return str(num2words(value, to="year")).replace(" and ", " ")


def _plural(unit: str, count: int | Decimal) -> str:
    if count == 1 or unit in _UNCHANGED_PLURALS:
        return unit
    return _PLURALS.get(unit, unit + "s")


def _plain(text: str) -> str:
    """Mark-up, links, emoji and control characters out; typographic forms made plain."""
    text = re.sub(r"<[^<>]{0,200}>", " ", text)
    text = re.sub(r"https?://\S+", "a link", text)
    text = text.replace("½", " 1/2").replace("¼", " 1/4").replace("¾", " 3/4")
    text = unicodedata.normalize("NFKC", text.replace("™", "").replace("®", "").replace("©", ""))
    text = re.sub(r"[‘’]", "'", re.sub(r"[“”″]", '"', re.sub(r"[‐‑‒–—−]", "-", text.replace("⁄", "/"))))
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CM" or c.isspace())


def _say_currency(match: re.Match[str]) -> str:
    return price(match["sign"] + match["amount"], match["currency"])


def _say_unit(match: re.Match[str]) -> str:
    amount = Decimal(match["amount"].replace(",", ""))
    unit = _UNITS[match["unit"]]
    if amount == Decimal("0.5"):
        return f"half {'an' if unit[0] in 'aeioh' and unit != 'hertz' else 'a'} {unit}"
    return f"{number(amount)} {_plural(unit, amount)}"


def _say_date(match: re.Match[str]) -> str:
    month = int(match["month"])
    if not 1 <= month <= 12:
        return " ".join(number(part) for part in match[0].split("-"))
    return f"{_MONTHS[month - 1]} {_ordinal(int(match['day']))}, {_year(int(match['year']))}"


def _say_time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").replace(".", "").upper()  # "AM" is spelt by every voice
    if not minute:
        words = _cardinal(hour) if half else f"{_cardinal(hour)} o'clock"
    else:
        words = f"{_cardinal(hour)} {'oh ' if minute < 10 else ''}{_cardinal(minute)}"
    return f"{words} {half}".rstrip()


def _say_mixed(match: re.Match[str]) -> str:
    whole = match["whole"]
    fraction = _FRACTIONS[match["fraction"]]
    return f"{number(whole)} and {fraction}" if whole else fraction


def _say_code(match: re.Match[str]) -> str:
    return code(match[0])


def _say_slash(match: re.Match[str]) -> str:
    left, right = match[1], match[2]
    if left in _SIZES and right in _SIZES:
        return f"{_SIZES[left]} to {_SIZES[right]}"
    joiner = " " if (left.lower(), right.lower()) == ("and", "or") else " and "
    return f"{left}{joiner}{right}"


_Say = Callable[[re.Match[str]], str] | str


def _rule(pattern: str, say: _Say, flags: int = 0) -> tuple[re.Pattern[str], _Say]:
    return re.compile(pattern, flags), say


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_CODE_BEFORE = r"(?:(?<=order )|(?<=Order )|(?<=code )|(?<=Code )|(?<=number ))"
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
# The order matters: the most particular forms are taken before the plain numbers in them.
_RULES = (
    _rule(rf"\b({_DAYS})\s?-\s?(?=(?:{_DAYS})\b)", r"\1 to "),
    _rule(rf"(?<![\w/])({_any(_ABBREVIATIONS)})(?![\w/])", lambda m: _ABBREVIATIONS[m[1]]),
    _rule(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?:T[\d:.]+Z?)?(?!\d)", _say_date),
    _rule(
        rf"(?<![\w.:-])(\d?\d:\d\d|\d?\d\s?[ap]m|(?:[$£€¥₹]\s?)?(?:{_NUMBER}))\s?-\s?(?=[$£€¥₹]?\d)",
        r"\1 to ",
    ),
    _rule(rf"(?<![\w.])({_NUMBER})\s?[x×](?=\s?\d)", lambda m: f"{number(m[1])} by "),
    _rule(rf"(?P<sign>-?)(?P<currency>{_any(_CURRENCIES)})\s?(?P<amount>{_NUMBER})(?!\w)", _say_currency),
    _rule(
        rf"{_START}(?P<sign>-?)(?P<amount>{_NUMBER})\s?(?P<currency>{_any(_CURRENCIES)})(?!\w)", _say_currency
    ),
    _rule(rf"{_START}(?P<amount>{_NUMBER})[ -]?(?P<unit>{_any(_UNITS)})(?![\w'])", _say_unit),
    _rule(rf"{_START}({_any(_SIZES)})/({_any(_SIZES)})(?![\w/])", _say_slash),
    _rule(rf"(?<![\w'./-])({_any(_SIZES)})(?![\w'/-])", lambda m: _SIZES[m[1]]),
    _rule(
        r"\b(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d))(?:\s?(?P<half>[ap]\.?m\b\.?))?", _say_time, re.I
    ),
    _rule(r"\b(?P<hour>1?\d)(?P<minute>)\s?(?P<half>[ap]m)\b", _say_time, re.I),
    _rule(rf"{_CODE_BEFORE}#?(?=[A-Za-z-]*\d)[A-Za-z0-9-]+\b", _say_code),
    _rule(r"(?<=code )[A-Z]{4,}\b", _say_code),
    _rule(r"#\s?(\d+)\b", lambda m: "number " + (_digit_by_digit(m[1]) if len(m[1]) > 2 else number(m[1]))),
    _rule(r"\b24/7\b", "twenty-four seven"),
    _rule(rf"(?<![\d/])(?:(?P<whole>\d+)[ -])?(?P<fraction>{_any(_FRACTIONS)})(?![\d/])", _say_mixed),
    _rule(rf'({_NUMBER})\s?"', lambda m: f"{number(m[1])} {'inch' if m[1] == '1' else 'inches'}"),
    _rule(rf"({_NUMBER})\s?%", lambda m: f"{number(m[1])} percent"),
    _rule(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: _ordinal(int(m[1]))),
    _rule(r"\b(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d)[A-Z0-9]{2,}(?:-[A-Z0-9]+)*\b", _say_code),
    _rule(r"\b([A-Za-z]+)/([A-Za-z]+)\b", _say_slash),
    _rule(rf"(?<![\w.])-({_NUMBER})", lambda m: f"minus {number(m[1])}"),
    _rule(rf"({_NUMBER})-(?=[a-z])", lambda m: f"{number(m[1])} "),
    _rule(rf"({_NUMBER})", lambda m: f" {number(m[1])} "),
    _rule(r"\s?&\s?", " and "),
    _rule(r"\s?\+\s?", " plus "),
    _rule(r"\s?@\s?", " at "),
    _rule(r"°", " degrees "),
)
