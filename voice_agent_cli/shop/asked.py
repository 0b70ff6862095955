"""What was asked of a product, under the product's own names for it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.codec import collect_options
from voice_agent_cli.shop.matching import Candidate, best_matches, content_words, matching_names, split_phrase
from voice_agent_cli.shop.products import Modifier, Product
from voice_agent_cli.shop.values import Tokens, canonical, plain

UNNAMED = "unnamed"
SEPARATOR = "|"
MAX_TEXT = 200

_YES = frozenset({"yes", "true", "on", "please"})
_NO = frozenset({"no", "none", "false", "off", "without", "not"})
_LEFT_OUT = re.compile(
    r"(?:no|none|off|without|not|minus|hold|skip|lose|omit|leave out|leave off|take off)(?: the| any)? (.+)$"
    r"|(?:leave|take) (?:the |any )?(.+) (?:out|off)$"
)


@dataclass
class Asked:
    """The asked values under the product's own names. ``cleared`` are modifiers to leave out."""

    options: dict[str, str] = field(default_factory=dict)
    modifiers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cleared: set[str] = field(default_factory=set)
    ignored: tuple[str, ...] = ()


def read(product: Product, asked: Mapping[str, str]) -> Asked:
    """Match every asked value to the product's own options and modifiers.

    Raises:
        ChoiceNeeded: A value fits several of them.
        ToolError: A value fits none.
    """
    found = Asked()
    unnamed: list[str] = []
    for name, text in asked.items():
        for value in text.split(SEPARATOR):
            if name == UNNAMED:
                unnamed.append(value.strip())
            else:
                _read_named(product, name, value.strip(), found)
    # The clear ones first: they leave fewer names for the others to mean.
    later = [value for value in unnamed if value and not _read_one(product, value, UNNAMED, found, sure=True)]
    for value in later:
        _read_one(product, value, UNNAMED, found, sure=False)
    return found


def options_of(product: Product) -> Mapping[str, tuple[str, ...]]:
    """The options that make variants, with the values that exist, in the product's order."""
    return product.options or collect_options(product.variants)


def field_of(name: str) -> str:
    """The tool argument that sets this option: ``size``, ``color``, or the option's own name."""
    words = canonical(name)
    return words[0] if words in (("size",), ("color",)) else name


def says(product: Product, value: str) -> bool:
    """Whether the product's title or tags already hold this value ("the blue kettle", blue)."""
    words = set(canonical(" ".join((product.title, *product.tags))))
    return bool(wanted := canonical(value)) and words.issuperset(wanted)


def _read_named(product: Product, name: str, value: str, found: Asked) -> None:
    names = matching_names(name, [*options_of(product), *(m.name for m in product.modifiers)])
    modifiers = [m for m in product.modifiers if m.name in names]
    if len(names) == 1 and modifiers and _read_switch(modifiers[0], value, found):
        return
    if len(names) == 1 and modifiers and modifiers[0].free_text:
        _add_modifier(modifiers[0], _free_text(modifiers[0], value, name), found)
        return
    if not names and says(product, value):
        return
    _read_one(product, value, name, found, sure=False, only=names)


def _read_switch(modifier: Modifier, value: str, found: Asked) -> bool:
    """ "gift wrap: yes" and "milk: none", unless a value is called so."""
    words = plain(value)
    if any(plain(v.value) == words for v in modifier.values):
        return False
    if words in _NO:
        found.cleared.add(modifier.name)
        return True
    if words in _YES and modifier.free_text:
        raise ChoiceNeeded(f"What should the {modifier.name.lower()} say?", modifier.name)
    if words in _YES and len(modifier.values) == 1:
        _add_modifier(modifier, modifier.values[0].value, found)
        return True
    return False


def _read_one(
    product: Product, text: str, name: str, found: Asked, *, sure: bool, only: Sequence[str] = ()
) -> bool:
    """Match one spoken value; with ``sure``, leave it alone (``False``) unless it means one thing only."""
    candidates = _candidates(product, found, only)
    matches = best_matches(text, candidates)
    if not matches and (_is_decided(text, found) or _read_without(product, text, found)):
        return True
    if not matches and not only and _read_whole_modifier(product, text, found):
        return True
    if len(matches) == 1:
        _take(product, matches[0], found)
        return True
    if sure:
        return False
    if matches:
        raise _ambiguous(text, name, matches)
    _read_phrase(product, text, name, candidates, found)
    return True


def _read_phrase(
    product: Product, text: str, name: str, candidates: Sequence[Candidate], found: Asked
) -> None:
    """Several values in one breath: "large oat milk", "a little bit" + "soy milk"."""
    parts = split_phrase(text, candidates)
    if parts is None:
        raise _unknown(product, text, name)
    for matches in parts.matches:
        if len(matches) > 1:
            raise _ambiguous(text, name, matches)
        _take(product, matches[0], found)
    found.ignored += parts.ignored


def _is_decided(text: str, found: Asked) -> bool:
    """Whether a value taken already is meant: the answer to "which blue?" comes beside the "blue"."""
    taken = [Candidate(name, value) for name, value in found.options.items()]
    taken += [Candidate(name, value) for name, values in found.modifiers.items() for value in values]
    return bool(best_matches(text, taken, near=False))


def _read_without(product: Product, text: str, found: Asked) -> bool:
    """ "no milk", "hold the onions", "leave the gift wrap off": the modifier is left out."""
    left_out = _LEFT_OUT.match(plain(text))
    if not left_out:
        return False
    what = canonical(left_out[1] or left_out[2])
    names = [m.name for m in product.modifiers if _is_about(m, what)]
    found.cleared.update(names)
    return bool(names)


def _is_about(modifier: Modifier, words: Tokens) -> bool:
    return words == canonical(modifier.name) or any(words == canonical(v.value) for v in modifier.values)


def _read_whole_modifier(product: Product, text: str, found: Asked) -> bool:
    """ "gift wrap" where that is the modifier's name, "engraving for Ann" where it takes any text."""
    for modifier in product.modifiers:
        if canonical(text) == canonical(modifier.name):
            if modifier.name in found.modifiers:
                return True
            if len(modifier.values) == 1 and not modifier.free_text:
                _add_modifier(modifier, modifier.values[0].value, found)
                return True
            if modifier.free_text:
                raise ChoiceNeeded(f"What should the {modifier.name.lower()} say?", modifier.name)
            offered = tuple(v.value for v in modifier.values)
            raise ChoiceNeeded(f"Which {modifier.name.lower()}?", modifier.name, offered)
        if modifier.free_text and plain(text).startswith(plain(modifier.name) + " "):
            words = text.split()[len(plain(modifier.name).split()) :]
            _add_modifier(modifier, _free_text(modifier, " ".join(words), modifier.name), found)
            return True
    return False


def _free_text(modifier: Modifier, text: str, name: str) -> str:
    text = text.strip()
    if not text or len(text) > MAX_TEXT or not text.isprintable():
        raise ToolError(
            f"{modifier.name}: say the text, at most {MAX_TEXT} printable characters",
            {"field": name, "maximum_length": MAX_TEXT},
        )
    return text


def _candidates(product: Product, found: Asked, only: Sequence[str]) -> list[Candidate]:
    """What a value may still mean: names that are already decided are left out."""
    offered = [(n, v) for n, values in options_of(product).items() if n not in found.options for v in values]
    for modifier in product.modifiers:
        if len(found.modifiers.get(modifier.name, ())) < modifier.max_choices:
            offered += [(modifier.name, v.value) for v in modifier.values]
    return [Candidate(n, v) for n, v in offered if not only or n in only]


def _take(product: Product, match: Candidate, found: Asked) -> None:
    for modifier in product.modifiers:
        if modifier.name == match.name and match.name not in options_of(product):
            _add_modifier(modifier, match.value, found)
            return
    found.options[match.name] = match.value


def _add_modifier(modifier: Modifier, value: str, found: Asked) -> None:
    chosen = found.modifiers.get(modifier.name, ())
    if value not in chosen:
        found.modifiers[modifier.name] = (*chosen, value)
    if len(found.modifiers[modifier.name]) > modifier.max_choices:
        raise ToolError(
            f"Only {modifier.max_choices} can be chosen for {modifier.name}",
            {"field": modifier.name, "maximum": modifier.max_choices},
        )


def _ambiguous(text: str, name: str, matches: Sequence[Candidate]) -> ChoiceNeeded:
    names = list(dict.fromkeys(m.name for m in matches))
    if len(names) == 1:
        asked, choices = field_of(names[0]), tuple(m.value for m in matches)
    else:
        asked, choices = name, tuple(f"{m.name} {m.value}" for m in matches)
    needed = ChoiceNeeded(f"“{text}” could be {' or '.join(choices)}; which one?", asked, choices)
    needed.details["value"] = text
    return needed


def _unknown(product: Product, text: str, name: str) -> ToolError:
    offered = options_of(product)
    known = [*offered, *(m.name for m in product.modifiers)]
    names = _akin(product, text) if name == UNNAMED else matching_names(name, known)
    exists: dict[str, list[str]] = {n: list(v) for n, v in offered.items() if not names or n in names}
    for modifier in product.modifiers:
        if not names or modifier.name in names:
            exists[modifier.name] = [v.value for v in modifier.values]
    told = "; ".join(f"{n}: {listed(values)}" for n, values in exists.items() if values)
    what = f"{product.title} has no {'' if name == UNNAMED else name + ' '}“{_short(text)}”"
    asked = field_of(names[0]) if len(names) == 1 else name
    choices = exists[names[0]] if len(names) == 1 else []
    return ToolError(
        f"{what}; it comes in {told}" if told else f"{what}; there is nothing to choose",
        {"field": asked, "value": text, "offered": exists, "choices": choices, "reason": "unknown_value"},
    )


def _akin(product: Product, text: str) -> tuple[str, ...]:
    """The options and modifiers that share a word with what was said: "oat milk" is about the milk."""
    said = set(content_words(text))
    values = {**options_of(product), **{m.name: tuple(v.value for v in m.values) for m in product.modifiers}}
    return tuple(n for n, own in values.items() if said & set(content_words(" ".join((n, *own)))))


def listed(values: Sequence[str], most: int = 12) -> str:
    return ", ".join(values[:most]) + (f" and {len(values) - most} more" if len(values) > most else "")


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
