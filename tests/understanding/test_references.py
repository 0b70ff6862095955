"""Which product "the second one", "the blue one" or "it" stands for."""

from decimal import Decimal

import pytest

from voice_agent_cli.understanding.references import Reference, resolve
from voice_agent_cli.understanding.state import ShownProduct

SHOWN = (
    ShownProduct("a", "Tarn Hiking Boot", Decimal("89.00"), "Fellgate", "shoes", {"color": "brown"}),
    ShownProduct("b", "Ridge Trail Runner", Decimal("64.50"), "Fellgate", "shoes", {"color": "blue"}),
    ShownProduct("c", "Ridge Sandal", Decimal("45.00"), "Sunmere", "shoes", {"color": ["red", "navy blue"]}),
)


@pytest.mark.parametrize(
    ("phrase", "ids"),
    [
        ("the first one", "a"),
        ("the second", "b"),
        ("the last one", "c"),
        ("number 3", "c"),
        ("the 2nd one", "b"),
        ("the first two", "ab"),
        ("the last 2", "bc"),
        ("the first and the third", "ac"),
        ("both of them", "ab"),
        ("all of them", "abc"),
        ("the brown one", "a"),
        ("the hiking boots", "a"),
        ("that trail runner", "b"),
        ("the sunmere one", "c"),
        ("the ones from sunmere", "c"),
        ("the cheapest one", "c"),
        ("the most expensive", "a"),
        ("the least expensive one", "c"),
        ("the 45 dollar one", "c"),
        ("the one under 50", "c"),
        ("the fellgate one over 70", "a"),
        ("the ridge under 60", "c"),
        ("numero 2", "b"),
        ("the sandels", "c"),
        ("the red sandal", "c"),
        ("ridge trail runner", "b"),
        ("the brown and the red ones", "ac"),
        ("trail runner or sandal", "bc"),
        ("the cheaper fellgate one", "b"),
        ("a pair of the sandals", "c"),
        ("the trail runner he'll love it", "b"),
        ("the dark boot", "a"),
        ("everything but the sandals", "ab"),
        ("all three of them", "abc"),
        ("the two ridges", "bc"),
        ("number one", "a"),
        ("all of them except the first and the third", "b"),
    ],
)
def test_a_reference_finds_its_product(phrase: str, ids: str) -> None:
    assert resolve(phrase, SHOWN) == Reference(tuple(ids))


@pytest.mark.parametrize(
    ("phrase", "ids"),
    [("the five", "five"), ("the five max", "max"), ("the sage dress", "shift"), ("the slip ons", "slip")],
)
def test_a_title_said_whole_goes_before_one_said_in_part(phrase: str, ids: str) -> None:
    shown = (
        ShownProduct("five", "Velto Five", brand="Velto"),
        ShownProduct("max", "Velto Five Max", brand="Velto"),
        ShownProduct("tea", "Poppy Tea Dress", category="Dresses", attributes={"color": "red"}),
        ShownProduct("shift", "Linen Shift", category="Dresses", attributes={"color": "sage"}),
        ShownProduct("slip", "Canvas Slip-On", category="Shoes"),
    )
    assert resolve(phrase, shown) == Reference((ids,))


def test_where_it_is_unclear_what_stays_nothing_is_chosen() -> None:
    assert resolve("everything except the kettle", SHOWN) == Reference(("a", "b", "c"), ambiguous=True)


def test_it_is_the_product_last_talked_about() -> None:
    assert resolve("it", SHOWN, focus="b") == Reference(("b",))


def test_shoes_just_talked_about_are_they_and_one_of_those_is_one() -> None:
    assert resolve("they", SHOWN, focus="b") == Reference(("b",))
    assert resolve("both of them", SHOWN, focus="b") == Reference(("a", "b"))
    assert resolve("one of those", SHOWN, focus="b") == Reference(("b",))
    assert resolve("one of those", SHOWN).ambiguous


def test_a_number_in_a_title_tells_two_products_apart() -> None:
    tents = (
        ShownProduct("a", "Hollow Two Person Tent", Decimal(100)),
        ShownProduct("b", "Hollow Three Person Tent", Decimal(150)),
    )
    assert resolve("the two person tent", tents) == Reference(("a",))


def test_the_other_one_of_two_is_the_one_not_talked_about() -> None:
    assert resolve("the other one", SHOWN[:2], focus="a") == Reference(("b",))


def test_it_is_ambiguous_where_several_are_shown_and_none_was_talked_about() -> None:
    assert resolve("it", SHOWN).ambiguous


def test_a_description_that_fits_two_is_ambiguous() -> None:
    assert resolve("the ridge one", SHOWN) == Reference(("b", "c"), ambiguous=True)


def test_a_colour_said_elsewhere_breaks_a_tie() -> None:
    assert resolve("the ridge one", SHOWN, hint="red") == Reference(("c",))


@pytest.mark.parametrize("phrase", ["a coffee machine", "the green one", "the seventh one", "", "???"])
def test_what_is_not_shown_is_not_guessed(phrase: str) -> None:
    assert resolve(phrase, SHOWN).ids == ()


FOOD = (
    ShownProduct("k", "Tidewell Salmon Kibble", Decimal("12.00"), "Tidewell", "Cats"),
    ShownProduct("l", "Bramble Dog Lead", Decimal("9.00"), "Bramble", "Dogs", {"color": "navy"}),
    ShownProduct("s", "Corner Armchair", Decimal("300.00"), "", "Furniture", {"color": "blue"}),
)


@pytest.mark.parametrize(
    ("phrase", "id_"),
    [
        ("the leash", "l"),
        ("the chair", "s"),
        ("two bags of the kibble", "k"),
        ("the blue one", "s"),
        ("the lead sliced", "l"),
        ("the navy tin", "l"),
        ("armchair like that", "s"),
    ],
)
def test_a_thing_is_found_by_another_word_for_it_or_by_its_noun(phrase: str, id_: str) -> None:
    assert resolve(phrase, FOOD) == Reference((id_,))


@pytest.mark.parametrize(
    "phrase", ["the red armchair", "the green lead", "a salmon fillet", "the wallet", "a blue tin"]
)
def test_another_colour_or_another_thing_is_not_taken_for_what_is_shown(phrase: str) -> None:
    assert resolve(phrase, FOOD).ids == ()
