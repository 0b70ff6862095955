"""Colors as people say them: navy is a blue and a dark blue, "off-white" a white."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from voice_agent_cli.shop.values import canonical
from voice_agent_cli.shop.words import NOT_COLORS

_TONES = {"dark": "dark", "deep": "dark", "light": "light", "pale": "light", "bright": "light"}


@lru_cache(maxsize=4096)
def color_keys(value: str) -> frozenset[str]:
    """Everything that ``value`` (an option's value, "Midnight Navy") answers to.

    "navy" gives navy, blue, dark blue; "Black/White" both; a word that is no
    color gives itself alone.
    """
    words = canonical(value.replace("/", " / ").replace("-", " ").replace("&", " "))
    keys = {" ".join(words)}
    for length in (2, 1):
        for start in range(len(words) - length + 1):
            keys |= _answers_to(" ".join(words[start : start + length]))
    for tone, base in pairwise(words):
        if tone in _TONES and base in _shades():
            keys.add(f"{_TONES[tone]} {base}")
    return frozenset(keys)


@lru_cache(maxsize=4096)
def asked_key(value: str) -> str:
    """The one key that a shopper's color stands for: "deep blue" is "dark blue", "gray" is "grey"."""
    words = [_TONES.get(word, word) for word in canonical(value.replace("-", " "))]
    words = [word for word in words if word not in ("color", "shade", "tone")]
    return " ".join(words)


@lru_cache(maxsize=4096)
def colors_in(text: str) -> frozenset[str]:
    """The keys of the colors that a title or tag names; words with another common meaning are left out."""
    words = canonical.__wrapped__(text.replace("-", " "))
    keys: set[str] = set()
    for word in words:
        if word not in NOT_COLORS:
            keys |= _answers_to(word)
    for tone, base in pairwise(words):
        if tone in _TONES and base in _shades():
            keys.add(f"{_TONES[tone]} {base}")
    return frozenset(keys)


def _answers_to(word: str) -> frozenset[str]:
    return _index().get(word, frozenset())


@lru_cache(maxsize=1)
def _shades() -> Mapping[str, Mapping[str, list[str]]]:
    shades = tomllib.loads(files("voice_agent_cli.shop").joinpath("data/colors.toml").read_text("utf-8"))
    return {" ".join(canonical(base)): tones for base, tones in shades.items()}


@lru_cache(maxsize=1)
def _index() -> Mapping[str, frozenset[str]]:
    """Each color word or phrase to the keys it answers to."""
    index: dict[str, set[str]] = {}
    for base, tones in _shades().items():
        index.setdefault(base, set()).add(base)
        for tone, shades in tones.items():
            for shade in shades:
                name = " ".join(canonical(shade))
                keys = index.setdefault(name, set())
                keys |= {name, base}
                if tone != "any":
                    keys.add(f"{tone} {base}")
    return {name: frozenset(keys) for name, keys in index.items()}
