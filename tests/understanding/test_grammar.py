"""The grammar admits what makes sense for the tools, the state and the utterance, and nothing else."""

import random

import pytest

from voice_agent_cli.tools import registry
from voice_agent_cli.understanding.grammar import END, Grammar, TokenGuide
from voice_agent_cli.understanding.language import HEADS, SLOTS, TOOL_WORDS, parse, write
from voice_agent_cli.understanding.numbers import read


def grammar(text: str, question_open: bool = False) -> Grammar:
    words = [word.text for word in read(text).words]
    return Grammar(words, registry.argument_names(), question_open)


def admits(text: str, calls: str, question_open: bool = False) -> bool:
    walker = grammar(text, question_open)
    places = [walker.start()]
    for word in calls.split():
        places = [then for place in places for said, then in walker.following(place) if said == word and then]
    return any(said == END for place in places for said, _ in walker.following(place))


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("red shoes under fifty", "Search Color red Query shoes Max 50"),
        ("add the second one in a ten and read me my cart", "Add Item the second one Size 10 Cart"),
        ("compare the first and the last", "Compare Item the first Item the last"),
        ("turn the music up", "Unable"),
        ("anything cheaper", "Refine Change cheaper"),
        ("five more boxes of screws", "Update Item boxes of screws Quantity +5"),
        ("five more boxes of screws", "Add Item boxes of screws Quantity 5"),
    ],
)
def test_calls_copied_from_the_utterance_are_admitted(text: str, calls: str) -> None:
    assert admits(text, calls)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("red shoes", "Search Query boots"),
        ("red shoes", "Search Query shoes red"),
        ("red shoes", "Search Max 50"),
        ("red shoes", "Search Max red"),
        ("red shoes", "Search Code red"),
        ("red shoes", "Move Item red"),
        ("red shoes", "Search Query shoes Unable"),
        ("red shoes", "Yes"),
    ],
)
def test_what_was_not_said_or_fits_no_schema_is_not_admitted(text: str, calls: str) -> None:
    assert not admits(text, calls)


def test_an_answer_is_admitted_only_where_a_question_is_open() -> None:
    assert admits("ten please", "Answer Value 10", question_open=True)
    assert not admits("ten please", "Answer Value 10")


def test_a_number_that_bounds_the_price_is_no_size_and_another_number_no_price() -> None:
    assert admits("a hat 15 pounds at most", "Search Query hat Max 15")
    assert not admits("a hat 15 pounds at most", "Search Query hat Size 15 pounds")
    assert admits("a dress size 16 under 90", "Search Query dress Size 16 Max 90")
    assert not admits("a dress size 16 under 90", "Search Query dress Size 16 Max 16")


def test_so_many_more_of_what_is_in_the_cart_are_never_so_many_in_all() -> None:
    assert not admits("five more boxes of screws", "Update Item boxes of screws Quantity 5")
    assert admits("make it five boxes of screws", "Update Item boxes of screws Quantity 5")


def test_every_tool_and_every_argument_that_people_say_has_its_word() -> None:
    spoken_otherwise = {"confirm"}
    arguments = registry.argument_names()
    assert set(TOOL_WORDS.values()) == set(arguments)
    known = {slot.argument for slot in SLOTS.values()} | {"products"}
    assert {a for names in arguments.values() for a in names} - spoken_otherwise <= known


def test_whatever_the_grammar_admits_reads_back_as_it_was_written() -> None:
    dice = random.Random(5)
    text = "add two of the red cotton shirts in a medium and compare the first one with the last under 50"
    walker = grammar(text, question_open=True)
    for _ in range(300):
        place, words = walker.start(), []
        while place is not None:
            word, place = dice.choice(list(walker.following(place)))
            words.append(word)
        written = " ".join(word for word in words if word)
        assert write(parse(written)) == written
        assert {phrase.head for phrase in parse(written)} <= HEADS


def test_a_word_of_several_tokens_leaves_no_choice_within_it() -> None:
    pieces: dict[str, tuple[int, ...]] = {}

    def tokenize(word: str) -> tuple[int, ...]:
        return pieces.setdefault(word, (len(pieces) * 10 + 1, len(pieces) * 10 + 2))

    guide = TokenGuide(grammar("shoes"), tokenize, end_token=0)
    first = guide.allowed()
    assert len(first) > 10
    guide.advance(next(iter(first)))
    assert len(guide.allowed()) == 1


def test_an_amount_that_was_a_highest_price_is_never_written_as_a_lowest() -> None:
    assert admits("kettles under 50", "Search Query kettles Max 50")
    assert not admits("kettles under 50", "Search Query kettles Min 50")
    assert not admits("at least 50 pounds", "Search Max 50")
