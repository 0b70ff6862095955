"""The tagger's reading of an utterance weighs what may be written next."""

from collections.abc import Mapping

import numpy as np
import pytest

from voice_agent_cli.tools import registry
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.numbers import read
from voice_agent_cli.understanding.preference import favourite
from voice_agent_cli.understanding.tagger import Reading
from voice_agent_cli.understanding.tagging import CALLS, FIXED, NO_CALL, TAGS, encode

SURE, UNLIKELY = -0.01, -6.0


def reading(tags: str, first: str, begins: Mapping[int, str], fixed: tuple[str, ...] = ()) -> Reading:
    """A reading that is sure of one tag for each word, of the calls that begin and of the fixed values."""
    marks = tags.split()
    likely = Reading(
        np.full(len(CALLS), UNLIKELY),
        np.full(len(FIXED), UNLIKELY),
        np.full((len(marks), len(TAGS)), UNLIKELY),
        np.full((len(marks), len(CALLS) + 1), UNLIKELY),
    )
    likely.first[CALLS.index(first)] = SURE
    for name in fixed:
        likely.fixed[FIXED.index(name)] = -UNLIKELY
    for number, mark in enumerate(marks):
        likely.tags[number, TAGS.index(mark)] = SURE
        call = begins.get(number)
        likely.begins[number, CALLS.index(call) if call else NO_CALL] = SURE
    return likely


def foreseen(text: str, seen: Reading) -> str:
    """What would be written if only the tagger were asked."""
    words = [word.text for word in read(text).words]
    grammar = Grammar(words, registry.argument_names(), question_open=False)
    return favourite(grammar, seen, 40).strip()


@pytest.mark.parametrize(
    ("text", "seen", "calls"),
    [
        (
            "red running shoes under fifty please",
            reading("B-Color B-Query I-Query O B-Max O", "Search", {}),
            "Search Color red Query running shoes Max 50",
        ),
        (
            "the blue one and what is in my cart",
            reading("B-Item I-Item I-Item O O O O O O", "Add", {3: "Cart"}),
            "Add Item the blue one Cart",
        ),
        (
            "kettles that are on offer",
            reading("B-Query O O O O", "Search", {}, ("Sale",)),
            "Search Sale Query kettles",
        ),
        ("the cheapest first", reading("O O O", "Refine", {}, ("Sort cheap",)), "Refine Sort cheap"),
        ("nice weather today", reading("O O O", "None", {}), "None"),
        (
            "two teas and three scones",
            reading("B-Quantity B-Item O B-Quantity B-Item", "Add", {2: "Add"}),
            "Add Quantity 2 Item teas Add Quantity 3 Item scones",
        ),
        (
            "rake in twine out then the total and pay",
            reading("B-Item O B-Item O O O O O O", "Add", {2: "Remove", 4: "Cart", 7: "Checkout"}),
            "Add Item rake Remove Item twine Cart Checkout",
        ),
    ],
)
def test_calls_that_the_tagger_describes_are_foreseen(text: str, seen: Reading, calls: str) -> None:
    assert foreseen(text, seen) == calls


def test_words_that_name_what_is_shown_or_held_are_marked_for_the_tagger() -> None:
    encoded = encode(
        "shown: sage dress; oat mugs\ncart: oat mug\nasked: size\nsaid:", ["dresses", "or", "the", "mug"]
    )
    assert [encoded.known[at] for at in encoded.first] == [1, 0, 0, 3]
    other = encode("shown: nothing\nsaid:", ["dresses", "or", "the", "mug"])
    assert [other.known[at] for at in other.first] == [0, 0, 0, 0]
    assert encoded.ids[1:4] != other.ids[1:4]
