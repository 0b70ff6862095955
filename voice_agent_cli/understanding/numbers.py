"""The words of an utterance, with its numbers in digits, each traceable to what was said.

Recognizers write numbers as words, people type them as digits, and a model copies one
form more reliably than two: "ten and a half" becomes ``10.5``, "a hundred and twenty"
``120``, "nineteen ninety nine" ``19.99``. A lone "one" stays a word, since "the blue one"
is no number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: value
    for value, word in zip(
        range(20, 100, 10),
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        strict=True,
    )
}
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000}
_NOTES = {"fiver": "5", "tenner": "10"}
_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds"}
_HUNDREDTHS = frozenset({"pence", "cents"})
_SOME = frozenset("few couple several many some half".split())
"""Before "hundred" they leave open how many."""
_LABEL_WORDS = frozenset({"order", "number", "code", "coupon", "voucher"})
_CENTS_HEARD_AS_SUCH = frozenset({95, 98, 99, 49})
_PRICE_BEFORE = frozenset(
    "under over below above than about around between and to most least spend budget".split()
)
_PRICE_AFTER = frozenset({"dollars", "dollar", "bucks", "euros", "pounds", "or"})
_TOKEN = re.compile(r"[$€£]|\d+(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+%|[^\W_]+(?:['’][^\W_]+)*|%", re.UNICODE)


_PAUSE = re.compile(r"[,;!?]|\.\s")
_LONGEST_WORD = 40
"""Characters; what is longer is no word, and would cost a model thousands of tokens to read."""


@dataclass(frozen=True)
class SpokenWord:
    """One normalised word and the characters ``start:end`` of the utterance behind it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Utterance:
    """What was said, and its words in normal form.

    Attributes:
        text: The utterance as it came.
        words: Lower-case words without punctuation, numbers in digits.
    """

    text: str
    words: tuple[SpokenWord, ...]

    def __str__(self) -> str:
        return " ".join(word.text for word in self.words)

    def said(self, first: int, last: int) -> str:
        """The utterance's own characters behind words ``first`` to ``last``, inclusive."""
        return self.text[self.words[first].start : self.words[last].end]


def read(text: str, max_words: int = 60) -> Utterance:
    """Split an utterance into normalised words.

    Args:
        text: Anything a person typed or a recognizer heard.
        max_words: Words beyond this many are left out: no request needs more, and the
            model's context is finite.
    """
    words = [
        SpokenWord(match.group().lower().replace("’", "'"), match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.end() - match.start() <= _LONGEST_WORD
    ]
    numbered = [word for clause in _clauses(text, _without_symbols(words)) for word in _with_digits(clause)]
    return Utterance(text, tuple(_in_whole_money(_of_one_scale(text, numbered))[:max_words]))


def _clauses(text: str, words: list[SpokenWord]) -> Iterator[list[SpokenWord]]:
    """The words between commas: "in a seven, sixty pounds at most" holds two numbers."""
    clause: list[SpokenWord] = []
    for word in words:
        if clause and _PAUSE.search(text[clause[-1].end : word.start]):
            yield clause
            clause = []
        clause.append(word)
    yield clause


def _of_one_scale(text: str, words: list[SpokenWord]) -> list[SpokenWord]:
    """ "Between six and eight hundred" is from six hundred."""
    result = list(words)
    for at in range(len(words) - 3):
        opening, low, joining, high = words[at : at + 4]
        scale = _SCALES.get(text[high.start : high.end].lower().split()[-1])
        if (
            scale
            and opening.text in ("between", "from")
            and joining.text in ("and", "to")
            and low.text.isdigit()
            and high.text.isdigit()
            and 0 < int(low.text) < int(high.text) // scale
        ):
            result[at + 1] = replace(low, text=str(int(low.text) * scale))
    return result


def _in_whole_money(words: list[SpokenWord]) -> list[SpokenWord]:
    """ "50 pence" is 0.50 of what prices are in."""
    result: list[SpokenWord] = []
    for word in words:
        if word.text in _HUNDREDTHS and result and result[-1].text.isdigit() and len(result[-1].text) < 3:
            amount = result.pop()
            result.append(SpokenWord(f"{int(amount.text) / 100:.2f}", amount.start, word.end))
        else:
            result.append(word)
    return result


def _without_symbols(words: list[SpokenWord]) -> list[SpokenWord]:
    """``$ 50`` as people say it: ``50 dollars``; thousands separators dropped."""
    result: list[SpokenWord] = []
    currency: SpokenWord | None = None
    for word in words:
        if word.text in _CURRENCIES:
            currency = word
            continue
        if word.text in _NOTES:
            result += [SpokenWord(text, word.start, word.end) for text in (_NOTES[word.text], "pounds")]
            continue
        text = word.text.replace(",", "")
        start = currency.start if currency else word.start
        result.append(SpokenWord(text, start, word.end))
        if currency and text[0].isdigit():
            result.append(SpokenWord(_CURRENCIES[currency.text], start, word.end))
        currency = None
    return result


def _with_digits(words: list[SpokenWord]) -> list[SpokenWord]:
    result: list[SpokenWord] = []
    at = 0
    while at < len(words):
        labelled = any(word.text in _LABEL_WORDS for word in result[-2:])
        end, digits = _number_at(words, at, labelled)
        if end > at:
            result.append(SpokenWord(digits, words[at].start, words[end - 1].end))
            at = end
        else:
            result.append(words[at])
            at += 1
    return result


def _number_at(words: list[SpokenWord], at: int, labelled: bool) -> tuple[int, str]:
    """The number that begins at word ``at``: where it ends and its digits; ``at`` if none."""
    parts: list[float] = []
    end = at
    while True:
        stop, value = _plain_number(words, end)
        if stop == end:
            break
        parts.append(value)
        end = stop
    if not parts or (parts == [1] and words[at].text == "one"):
        return at, ""
    if labelled and len(parts) > 1:
        return end, "".join(_digits(part) for part in parts)
    if len(parts) == 1:
        return _with_fraction(words, end, parts[0])
    before = words[at - 1].text if at else ""
    after = words[end].text if end < len(words) else ""
    if len(parts) == 2 and (before in _PRICE_BEFORE or after in _PRICE_AFTER or not after):
        joined = _pair(parts[0], parts[1])
        if joined is not None:
            return end, joined
    first_end, value = _plain_number(words, at)
    return (first_end, _digits(value)) if (value, words[at].text) != (1, "one") else (at, "")


def _pair(first: float, second: float) -> str | None:
    """Two numbers said in one breath: dollars and cents, or hundreds and the rest."""
    if not (10 <= second < 100 and 0 < first < 100):
        return None
    if first >= 10 or second in _CENTS_HEARD_AS_SUCH:
        return f"{first:.0f}.{second:.0f}"
    return _digits(first * 100 + second)


def _with_fraction(words: list[SpokenWord], end: int, value: float) -> tuple[int, str]:
    following = [word.text for word in words[end : end + 3]]
    if following == ["and", "a", "half"]:
        return end + 3, _digits(value + 0.5)
    if following[:1] == ["point"] and len(following) > 1:
        decimals = ""
        stop = end + 1
        while stop < len(words) and words[stop].text in _UNITS and _UNITS[words[stop].text] < 10:
            decimals += str(_UNITS[words[stop].text])
            stop += 1
        if decimals:
            return stop, f"{_digits(value)}.{decimals}"
    return end, _digits(value)


def _plain_number(words: list[SpokenWord], at: int) -> tuple[int, float]:
    """One whole number in words, such as "a hundred and twenty five"."""
    total = 0.0
    small: float | None = None
    end = at
    while end < len(words):
        word = words[end].text
        following = words[end + 1].text if end + 1 < len(words) else ""
        if word in _SCALES and (small is not None or total):
            total = (
                (total + (small or 0)) * _SCALES[word] if word != "hundred" else total + (small or 0) * 100
            )
            small = None
        elif word == "a" and following in _SCALES and end == at:
            small = 1
        elif word == "hundred" and end == at and not _SOME & {w.text for w in words[max(0, at - 2) : at]}:
            total = 100
        elif word == "and" and total and small is None and _goes_on(words, end + 1):
            pass
        elif word in _TENS and small is None:
            small = _TENS[word]
        elif word in _UNITS and (small is None or (small in _TENS.values() and 0 < _UNITS[word] < 10)):
            small = (small or 0) + _UNITS[word]
        else:
            break
        end += 1
    return end, total + (small or 0)


def _goes_on(words: list[SpokenWord], at: int) -> bool:
    """Whether "hundred and …" goes on here: "and twenty" does, "and two hundred" is another number."""
    text = [word.text for word in words[at : at + 2]]
    return (
        text[:1] != []
        and (text[0] in _UNITS or text[0] in _TENS)
        and text[1:] not in (["hundred"], ["thousand"])
    )


def _digits(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
