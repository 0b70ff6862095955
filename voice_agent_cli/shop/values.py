"""Spoken and written option values in one form, so that they can be compared.

"ten and a half", "10 1/2" and "10.5" are the same value; so are "medium" and
"M", "twelve ounces" and "12oz", "double extra large" and "2XL".
"""

import re
import unicodedata
from functools import lru_cache

Tokens = tuple[str, ...]

_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_UNIT_WORDS.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TEN_WORDS.split(), start=2)}
_SAME_WORD = {
    word: canonical
    for canonical, words in {
        "s": "small",
        "m": "medium med metre metres meter meters",
        "l": "large litre litres liter liters ltr",
        "ml": "millilitre millilitres milliliter milliliters",
        "cl": "centilitre centilitres centiliter centiliters",
        "oz": "ounce ounces",
        "g": "gram grams gramme grammes gr",
        "kg": "kilo kilos kilogram kilograms",
        "lb": "lbs pound pounds",
        "in": "inch inches",
        "ft": "foot feet",
        "cm": "centimetre centimetres centimeter centimeters",
        "mm": "millimetre millimetres millimeter millimeters",
        "gb": "gigabyte gigabytes gig gigs",
        "tb": "terabyte terabytes",
        "w": "watt watts",
        "k": "karat karats carat carats kt ct",
        "pack": "packs pk",
        "piece": "pieces pc pcs",
        "color": "colour colours colors",
        "gray": "grey",
        "xs": "xsmall",
        "xl": "xlarge",
        "2xl": "xxl",
        "3xl": "xxxl",
        "4xl": "xxxxl",
        "2xs": "xxs",
        "one-size": "onesize",
    }.items()
    for word in words.split()
}
_DROPPED = frozenset({"a", "an", "the", "of", "please"})
_PHRASES = (
    (re.compile(r"\b(?:double|two|2) (?:extra|x) (large|small)\b"), r"xx\1"),
    (re.compile(r"\b(?:triple|three|3) (?:extra|x) (large|small)\b"), r"xxx\1"),
    (re.compile(r"\b(?:extra|x) (?:extra|x) (large|small)\b"), r"xx\1"),
    (re.compile(r"\b(?:extra|x) (large|small)\b"), r"x\1"),
    (re.compile(r"\b(x+)(?:large)\b"), r"\1l"),
    (re.compile(r"\b(x+)(?:small)\b"), r"\1s"),
    (re.compile(r"\b(?:one size|one size fits all)\b"), "onesize"),
    (re.compile(r"\b(?:a )?dozen\b"), "12"),
    (re.compile(r"\b(\w+) years? olds?\b"), r"age \1"),
)
_GARMENT_SIZE = re.compile(r"^\dx[sl]$")
_NUMBER = re.compile(r"^\d+(?:\.\d+)?$")


def plain(text: str) -> str:
    """Lower case, accents and punctuation gone, single spaces: what equality of names is judged on."""
    text = text.replace("½", " 1/2").replace("¼", " 1/4").replace("¾", " 3/4")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(c for c in decomposed if not unicodedata.combining(c))
    text = re.sub(r"(?<=\d)\s*(?:\"|″|”|'')", " in ", text)
    text = re.sub(r"['’]", "", text)
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    text = re.sub(r"(?<!\d)[./]|[./](?!\d)|[^\w\s./]|_", " ", text)
    return " ".join(text.split())


@lru_cache(maxsize=8192)
def canonical(text: str) -> Tokens:
    """The words of a value in their one form: numbers as digits, sizes and units as symbols."""
    text = plain(text)
    for pattern, replacement in _PHRASES:
        text = pattern.sub(replacement, text)
    words: list[str] = []
    for word in text.split():
        words.extend(_split_word(word))
    tokens = _join_numbers(words)
    return tuple(_SAME_WORD.get(t, t) for t in tokens if t not in _DROPPED)


def is_number(token: str) -> bool:
    return bool(_NUMBER.match(token))


def _split_word(word: str) -> list[str]:
    """ "12oz" -> 12, oz; "32x34" -> 32, 34; "2xl" and "8gb" differ: garment sizes stay whole."""
    if _GARMENT_SIZE.match(word) or _NUMBER.match(word) or "/" in word:
        return word.split("/") if re.fullmatch(r"\d{2,}/\d{2,}", word) else [word]
    if re.fullmatch(r"\d+x\d+(?:x\d+)?", word):
        return word.split("x")
    pieces = re.findall(r"\d+(?:\.\d+)?|[^\W\d]+", word)
    return pieces or [word]


def _join_numbers(words: list[str]) -> list[str]:
    """Number words and fractions become digits: "ten and a half" -> "10.5"."""
    tokens: list[str] = []
    position = 0
    while position < len(words):
        number, after = _read_number(words, position)
        if number is None:
            tokens.append(words[position])
            position += 1
            continue
        if tokens and tokens[-1] == "by" and len(tokens) > 1 and is_number(tokens[-2]):
            tokens.pop()
        tokens.append(number)
        position = after
    return tokens


def _read_number(words: list[str], start: int) -> tuple[str | None, int]:
    """The number that begins at ``start`` as digits, and where it ends; ``None`` when none does."""
    if re.fullmatch(r"[1-9]/[1-9]", words[start]):
        return _digits(_fraction(words[start])), start + 1
    whole, position = _read_whole(words, start)
    if whole is None:
        return _read_half(words, start)
    rest = words[position : position + 3]
    if rest[:3] == ["and", "a", "half"]:
        return _digits(whole + 0.5), position + 3
    if rest[:2] in (["and", "half"], ["a", "half"]):
        return _digits(whole + 0.5), position + 2
    if rest and re.fullmatch(r"[1-9]/[1-9]", rest[0]):
        return _digits(whole + _fraction(rest[0])), position + 1
    if len(rest) > 1 and rest[0] == "point" and (_UNITS.get(rest[1], 10) < 10 or rest[1].isdigit()):
        decimal = _UNITS.get(rest[1], rest[1])
        return _digits(float(f"{int(whole)}.{decimal}")), position + 2
    return _digits(whole), position


def _read_half(words: list[str], start: int) -> tuple[str | None, int]:
    """ "half a litre" is 0.5; "half" before anything but a unit stays a word ("half sweet")."""
    after = start + 1 + (words[start + 1 : start + 2] == ["a"])
    unit = words[after] if after < len(words) else ""
    if words[start] == "half" and unit in _SAME_WORD and unit not in ("small", "medium", "large"):
        return "0.5", after
    return None, start


def _read_whole(words: list[str], start: int) -> tuple[float | None, int]:
    word = words[start]
    if _NUMBER.match(word):
        return float(word), start + 1
    following = words[start + 1] if start + 1 < len(words) else ""
    if word in _TENS:
        if 0 < _UNITS.get(following, 0) < 10:
            return float(_TENS[word] + _UNITS[following]), start + 2
        return float(_TENS[word]), start + 1
    if word not in _UNITS:
        return None, start
    value = float(_UNITS[word])
    for name, factor in (("hundred", 100.0), ("thousand", 1000.0)):
        if following == name and value:
            return _read_remainder(words, start + 2, value * factor)
    return value, start + 1


def _read_remainder(words: list[str], start: int, value: float) -> tuple[float, int]:
    position = start + (words[start : start + 1] == ["and"])
    if position < len(words) and not _NUMBER.match(words[position]):
        rest, after = _read_whole(words, position)
        if rest is not None:
            return value + rest, after
    return value, start


def _fraction(text: str) -> float:
    above, below = text.split("/")
    return int(above) / int(below)


def _digits(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")
