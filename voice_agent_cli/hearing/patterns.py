"""Sentence patterns -> sentences: the small language of ``requests.txt``.

``(a|b)`` is one of, ``[a]`` half of the time, ``{name}`` a rule or a phrase of the
catalogue, ``5 * x`` five times as often; the file itself says the rest.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Filler = Callable[[str, Random], str]
"""A name and a source of chance -> words for it; raises ``KeyError`` when it has none."""

_TOKEN = re.compile(r"[()\[\]|]|\{\w+\}|[^\s()\[\]|{}]+")
_WEIGHT = re.compile(r"(\d+)\s*\*\s*(.*)")
_RULE = re.compile(r"(\w+) =\s*")


@dataclass(frozen=True)
class _Choice:
    """One of several sequences; a single one, half of the time, where ``optional``."""

    sequences: tuple[tuple["_Choice | str", ...], ...]
    optional: bool = False


class Patterns:
    """The patterns of one file, ready to make sentences."""

    def __init__(self, text: str) -> None:
        """Raises ``ValueError`` for a pattern whose brackets do not close."""
        self._sentences: list[_Choice] = []
        self._rules: dict[str, list[_Choice]] = {}
        into = self._sentences
        for line in text.splitlines():
            line = line.split("#", 1)[0].strip()
            if not line:
                into = self._sentences
            elif rule := _RULE.fullmatch(line):
                into = self._rules.setdefault(rule[1], [])
            else:
                weight = _WEIGHT.fullmatch(line)
                into += [_parse(weight[2] if weight else line)] * (int(weight[1]) if weight else 1)

    def words(self) -> set[str]:
        """Every word that is written out in the patterns."""
        found: set[str] = set()
        pending = [*self._sentences, *(choice for rule in self._rules.values() for choice in rule)]
        while pending:
            for sequence in pending.pop().sequences:
                for item in sequence:
                    if isinstance(item, _Choice):
                        pending.append(item)
                    elif not item.startswith("{"):
                        found.add(item)
        return found

    def sentence(self, filler: Filler, chance: Random, rule: str = "") -> str | None:
        """One sentence, or one of the alternatives of ``rule``.

        ``None`` where the catalogue has no words for a name that came up.
        """
        spoken: list[str] = []
        try:
            self._say(chance.choice(self._rules[rule] if rule else self._sentences), filler, chance, spoken)
        except KeyError:
            return None
        return " ".join(spoken)

    def _say(self, choice: _Choice, filler: Filler, chance: Random, spoken: list[str]) -> None:
        if choice.optional and chance.random() < 0.5:
            return
        for item in chance.choice(choice.sequences):
            if isinstance(item, _Choice):
                self._say(item, filler, chance, spoken)
            elif not item.startswith("{"):
                spoken.append(item)
            elif rule := self._rules.get(item[1:-1]):
                self._say(chance.choice(rule), filler, chance, spoken)
            else:
                spoken.append(filler(item[1:-1], chance))


def _parse(pattern: str) -> _Choice:
    tokens = _TOKEN.findall(pattern)
    choice, end = _parse_choice(tokens, 0, "")
    if end != len(tokens):
        raise ValueError(f"a bracket too many in the pattern: {pattern}")
    return choice


def _parse_choice(tokens: Sequence[str], at: int, closing: str) -> tuple[_Choice, int]:
    sequences: list[list[_Choice | str]] = [[]]
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        at += 1
        if token == "|":
            sequences.append([])
        elif token in "([":
            inner, at = _parse_choice(tokens, at, ")" if token == "(" else "]")
            sequences[-1].append(inner)
        else:
            sequences[-1].append(token)
    if closing:
        if at == len(tokens) or tokens[at] != closing:
            raise ValueError(f"a bracket is not closed in the pattern: {' '.join(tokens)}")
        at += 1
    return _Choice(tuple(map(tuple, sequences)), optional=closing == "]"), at
