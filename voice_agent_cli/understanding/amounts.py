"""What the words around an amount say: the least or the most wanted ("over 50", "60 tops"), or so many more.

Where the words around a number say which bound it is, the grammar admits no other: a
small model takes "at least forty" for a highest price now and then. Where they say
nothing, the model decides.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

_LEAST_BEFORE = ("over", "above", "at least", "more than", "upwards of", "north of", "exceeding", "minimum")
_MOST_BEFORE = (
    "under", "below", "less than", "up to", "at most", "cheaper than", "within", "as high as", "as much as",
    "max", "maximum", "max of", "maximum of", "south of", "or under",
)  # fmt: skip
_LEAST_AFTER = (
    "or more",
    "and up",
    "and above",
    "and over",
    "or over",
    "or above",
    "upwards",
    "minimum",
    "plus",
)
_MOST_AFTER = (
    "or less", "or under", "or below", "or cheaper", "max", "maximum", "tops", "at most", "at the most",
    "each or less", "and under", "and below", "limit",
)  # fmt: skip
_NOT = frozenset(
    "no not nothing never without don't dont can't cant cannot won't shouldn't isn't nowt refuse".split()
)
_UNITS = frozenset("dollars dollar euros euro pounds pound bucks quid a an".split())
_MEASURES = frozenset(
    "months month years year days day weeks week hours hour minutes minute inch inches foot feet metre "
    "metres meter meters centimetre centimetres centimeter centimeters millimetre millimetres millimeter "
    "millimeters cm mm m km kilo kilos kilogram kilograms kg gram grams g ounce ounces oz litre "
    "litres liter liters ml millilitre millilitres watt watts volt volts amp amps "
    "piece pieces person people seater seaters man ply denier carat karat".split()
)
"""Behind a number they make it a measure, which is no price."""
_REPAIRS = frozenset({"no", "sorry", "wait", "actually", "rather", "make"})
_ENDS_A_NOT = (_REPAIRS - _NOT) | {"and", "but"}
_GOES_ON = frozenset(
    "penny cent any anything something to more over above under below going looking spending paying".split()
)
"""Behind "not" they carry it on to what follows; "not black" denies the colour alone."""
_MORE = frozenset({"more", "another", "extra", "additional", "further"})
_BETWEEN = frozenset({"between", "from"})
_REACH = 5
"""Words before a bound in which a "not" turns it round: "not a penny more than"."""


def only_least(words: Sequence[str]) -> frozenset[str]:
    """The numbers that can only be a lower bound."""
    return frozenset(word for word, is_most in _bounds(words) if not is_most)


def only_most(words: Sequence[str]) -> frozenset[str]:
    """The numbers that can only be an upper bound; of "under 150, no, under 180" the last."""
    most = [word for word, is_most in _bounds(words) if is_most]
    if len(most) > 1 and _REPAIRS & set(words[words.index(most[-2]) : words.index(most[-1])]):
        most = most[-1:]
    return frozenset(most)


def measures(words: Sequence[str]) -> frozenset[str]:
    """The numbers that measure something else than money: "under 2 kilos", "3 to 6 months"."""
    return frozenset(words[at] for at in _numbers(words) if _is_measure(words, at))


def additional(words: Sequence[str]) -> frozenset[str]:
    """The whole numbers that come on top of what there is: "5 more", "another 2"."""
    around = zip(("", *words), words, (*words[1:], ""), strict=False)
    return frozenset(
        word for before, word, after in around if word.isdigit() and (before in _MORE or after in _MORE)
    )


def _bounds(words: Sequence[str]) -> Iterable[tuple[str, bool]]:
    """Each number that the words around it bind, and whether it is the most."""
    numbers = [at for at in _numbers(words) if not _is_measure(words, at)]
    for at in numbers:
        is_most = _range_end(words, at, numbers)
        if is_most is None:
            is_most = _said_before(words, at)
        if is_most is None:
            is_most = _said_after(words, at)
        if is_most is not None:
            yield words[at], is_most


def _numbers(words: Sequence[str]) -> list[int]:
    return [at for at, word in enumerate(words) if word[0].isdigit()]


def _is_measure(words: Sequence[str], at: int) -> bool:
    """Whether a unit follows, perhaps behind the end of a range."""
    behind = words[at + 1 :]
    if behind[:1] and behind[0] in ("to", "or", "by") and behind[1:2] and behind[1][0].isdigit():
        behind = behind[2:]
    return bool(behind[:1]) and behind[0] in _MEASURES


def _range_end(words: Sequence[str], at: int, numbers: Sequence[int]) -> bool | None:
    """ "Between 20 and 30", "from 20 to 30", "20 to 30 dollars"."""
    before = _without_units(words[:at])
    after = _without_units(words[at + 1 :])
    if before[-1:] and before[-1] in ("and", "to") and before[-2:-1] and before[-2][0].isdigit():
        opened = before[-3:-2] and before[-3] in _BETWEEN
        return True if opened or before[-1] == "to" else None
    if after[:1] and after[0] in ("and", "to") and after[1:2] and after[1][0].isdigit() and len(numbers) > 1:
        opened = before[-1:] and before[-1] in _BETWEEN
        return False if opened or after[0] == "to" else None
    return None


def _said_before(words: Sequence[str], at: int) -> bool | None:
    before = _without_units(words[:at])
    for phrases, is_most in ((_LEAST_BEFORE, False), (_MOST_BEFORE, True)):
        for phrase in phrases:
            length = len(phrase.split())
            if " ".join(before[-length:]) == phrase:
                return is_most is not _is_turned_round(before[-length - _REACH : -length])
    return None


def _is_turned_round(words: Sequence[str]) -> bool:
    """Whether a "not" is among words and still holds: not in "no, make it under", "not red and under"."""
    ended = max((at for at, word in enumerate(words) if word in _ENDS_A_NOT), default=-1)
    rest = [*words[ended + 1 :], "over"]
    return any(word in _NOT and (word != "not" or behind in _GOES_ON) for word, behind in pairwise(rest))


def _said_after(words: Sequence[str], at: int) -> bool | None:
    after = " ".join(_without_units(words[at + 1 : at + 6])) + " "
    if any(after.startswith(f"{phrase} ") for phrase in _MOST_AFTER):
        return True
    if any(after.startswith(f"{phrase} ") for phrase in _LEAST_AFTER):
        return False
    return None


def _without_units(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _UNITS]
