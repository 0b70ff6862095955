"""Our grammar in the notation of llama.cpp's server, and what of an answer it admits.

The notation has no memory, so slots may come twice in it; :func:`admitted` leaves out
what the grammar itself does not allow.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from voice_agent_cli.understanding.grammar import END, MAX_CALLS, Grammar
from voice_agent_cli.understanding.language import SLOTS, Kind, Phrase, write

_NOTHING = "None"


def gbnf(grammar: Grammar, end: str) -> str:
    """The rules for one utterance: an answer begins with a space and ends with ``end``."""
    heads = {head: place for head, place in grammar.following(grammar.start()) if place}
    rules = {f"call-{head}": _call(grammar, head, place) for head, place in heads.items()}
    more = [head for head, _ in grammar.following(heads["Cart"]) if head in heads] if "Cart" in heads else []
    rules["more"] = " | ".join(f"call-{head}" for head in more) or '""'
    followed = [head for head, place in heads.items() if more and _goes_on(grammar, place, more[0])]
    alone = [f"call-{head}" for head in heads if head not in followed]
    several = f"({_any(followed)}) (more){{0,{MAX_CALLS - 1}}}" if followed else ""
    rules["root"] = f"({' | '.join(filter(None, [several, *alone]))}) {_quoted(end)}"
    rules |= _spans(grammar)
    return "\n".join(f"{name} ::= {rule}" for name, rule in sorted(rules.items(), key=_root_first))


def _root_first(rule: tuple[str, str]) -> tuple[bool, str]:
    return rule[0] != "root", rule[0]


def _any(heads: Iterable[str]) -> str:
    return " | ".join(f"call-{head}" for head in heads)


def _goes_on(grammar: Grammar, place: Any, head: str) -> bool:
    """Whether another call may come behind this one, perhaps after its first slot's value."""
    return any(head in dict(grammar.following(p)) for p in (place, *_after_first_slot(grammar, place)))


def _call(grammar: Grammar, head: str, place: Any) -> str:
    """One call: its head and its slots in any order."""
    first = [_slot(grammar, name, then) for name, then in grammar.following(place) if name in SLOTS]
    if END in dict(grammar.following(place)):
        return f"{_quoted(' ' + head)} ({' | '.join(first)})*" if first else _quoted(" " + head)
    later = {
        name: _slot(grammar, name, then)
        for behind in _after_first_slot(grammar, place)
        for name, then in grammar.following(behind)
        if name in SLOTS
    }
    return f"{_quoted(' ' + head)} ({' | '.join(first)})" + (
        f" ({' | '.join(later.values())})*" if later else ""
    )


def _after_first_slot(grammar: Grammar, place: Any) -> Iterator[Any]:
    """The place behind the first value of the first slot that may follow, if a slot has to."""
    if END in dict(grammar.following(place)):
        return
    slot = next((then for name, then in grammar.following(place) if name in SLOTS), None)
    behind = next((then for _, then in grammar.following(slot)), None) if slot else None
    if behind:
        yield behind


def _slot(grammar: Grammar, name: str, place: Any) -> str:
    key = _quoted(" " + name)
    kind = SLOTS[name].kind
    if kind is Kind.FLAG:
        return key
    if kind is Kind.WORDS:
        return f"{key} span"
    values = " | ".join(_quoted(" " + value) for value, _ in grammar.following(place))
    return f"{key} ({values})"


def _spans(grammar: Grammar) -> dict[str, str]:
    """Any words of the utterance that stand side by side."""
    words = grammar.words
    rules = {
        f"w{at}": _quoted(" " + word) + (f" (w{at + 1})?" if at + 1 < len(words) else "")
        for at, word in enumerate(words)
    }
    return {"span": " | ".join(rules), **rules} if rules else {}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def admitted(grammar: Grammar, phrases: Sequence[Phrase]) -> str:
    """The short form of ``phrases`` without the calls, slots and values that the grammar does not admit."""
    places = [grammar.start()]
    kept: list[Phrase] = []
    for phrase in phrases:
        after = _walk(grammar, places, phrase.head)
        slots: list[tuple[str, str]] = []
        for name, value in phrase.slots:
            then = _walk(grammar, after, f"{name} {value}")
            if then and _may_end(grammar, then):
                after, slots = then, [*slots, (name, value)]
        if after and _may_end(grammar, after):
            places, kept = after, [*kept, Phrase(phrase.head, tuple(slots))]
    return write(kept) or _NOTHING


def _walk(grammar: Grammar, places: Sequence[Any], words: str) -> list[Any]:
    """The places behind ``words``; none where they are not admitted."""
    for word in words.split():
        places = [
            then for place in places for said, then in grammar.following(place) if said == word and then
        ]
    return list(places)


def _may_end(grammar: Grammar, places: Sequence[Any]) -> bool:
    return any(said == END for place in places for said, _ in grammar.following(place))
