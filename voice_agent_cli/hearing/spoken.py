"""A catalogue's writing -> the words a customer says: ``10.5`` -> ten and a half."""

import re
import unicodedata
from functools import cache

_SIZES = {
    "xxs": "extra extra small", "xs": "extra small", "s": "small", "m": "medium", "l": "large",
    "xl": "extra large", "xxl": "double extra large",
    "2xl": "double extra large", "xxxl": "triple extra large",
    "3xl": "triple extra large",
}  # fmt: skip
_UNITS = {
    "oz": "ounce", "lb": "pound", "lbs": "pound", "g": "gram", "kg": "kilogram", "mg": "milligram",
    "ml": "millilitre", "cl": "centilitre", "l": "litre",
    "cm": "centimetre", "mm": "millimetre", "m": "metre",
    "km": "kilometre", "in": "inch", "ft": "foot",
    "w": "watt", "v": "volt", "gb": "gigabyte", "tb": "terabyte",
    "mah": "milliamp hour", "ct": "count", "pk": "pack", "pcs": "pieces", "hz": "hertz", "k": "k",
}  # fmt: skip
_SIGNS = {
    "&": " and ",
    "+": " plus ",
    "%": " percent ",
    "@": " at ",
    '"': " inch ",
    "″": " inch ",
    "°": " degrees ",
}
_NUMBER_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")\b")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z']+")


def plain(text: str) -> str:
    """Lower case, accents off, apostrophes straight: ``Café Crème`` -> ``cafe creme``."""
    straight = text.replace("’", "'").replace("ß", "ss")
    decomposed = unicodedata.normalize("NFKD", straight)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).lower()


@cache
def say(text: str) -> str:
    """The words of ``text`` as they are most often said; numbers in words, signs read out."""
    written = plain(text)
    for sign, word in _SIGNS.items():
        written = written.replace(sign, word)
    written = re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", " by ", written)
    written = _NUMBER_UNIT.sub(lambda found: f"{found[1]} {_UNITS[found[2]]}", written)
    words = (number(token) if token[0].isdigit() else token.strip("'") for token in _TOKEN.findall(written))
    return " ".join(word for word in words if word)


@cache
def number(digits: str) -> str:
    """``10.5`` -> ten and a half; ``12`` -> twelve; ``2.4`` -> two point four."""
    from num2words import num2words

    if digits.endswith(".5"):
        return f"{number(digits[:-2])} and a half"
    spoken: str = num2words(float(digits) if "." in digits else int(digits))
    return spoken.replace("-", " ").replace(",", "").replace(" and ", " ")


def ways_to_say(value: str, noun: str = "") -> tuple[str, ...]:
    """How the value of an option is said, the likeliest first.

    ``noun`` is the option's own name where it is said too: ``light`` is also "light roast".
    """
    written = plain(value).strip()
    if written in _SIZES:
        return (_SIZES[written],) if len(written) == 1 else (_SIZES[written], " ".join(written))
    spoken = say(value)
    if not spoken:
        return ()
    ways = [spoken]
    if spoken.endswith(" and a half"):
        ways.append(spoken.replace(" and a half", " point five"))
    if spoken.split()[-1] in _UNITS.values() and not spoken.startswith("one "):
        ways.append(plural(spoken))
    if noun and not written[0].isdigit() and len(spoken.split()) <= 2:
        ways.append(f"{spoken} {noun}")
    return tuple(ways)


def plural(phrase: str) -> str:
    """``rain jacket`` -> ``rain jackets``; a phrase that looks plural already stays."""
    if phrase.endswith(("s", "x", "ch", "sh")):
        return phrase if phrase.endswith("s") and not phrase.endswith("ss") else f"{phrase}es"
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        return f"{phrase[:-1]}ies"
    return f"{phrase}s"


def singular(phrase: str) -> str:
    """``rain jackets`` -> ``rain jacket``, ``dresses`` -> ``dress``."""
    if phrase.endswith(("sses", "xes", "ches", "shes")):
        return phrase[:-2]
    if phrase.endswith("ies") and len(phrase) > 4:
        return f"{phrase[:-3]}y"
    return phrase[:-1] if phrase.endswith("s") and not phrase.endswith(("ss", "us")) else phrase
