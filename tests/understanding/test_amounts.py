"""The words around an amount say whether it is the least or the most."""

import pytest

from voice_agent_cli.understanding.amounts import only_least, only_most


@pytest.mark.parametrize(
    "text",
    [
        "kettles under 40",
        "kettles up to 40 pounds",
        "nothing over 40 please",
        "i don't want to go above 40",
        "no more than 40 dollars",
        "a kettle 40 tops",
        "40 euros max for a kettle",
        "kettles 40 each or less",
        "40 or under",
        "not a penny more than 40",
        "a kettle under 30 no make it under 40",
        "not red and below 40",
        "not black size 16 under 40",
        "nothing in size 9 over 40",
        "i refuse to pay above 40",
        "a tent for 2 people under 40",
    ],
)
def test_an_upper_bound_is_no_lower_one(text: str) -> None:
    assert (only_least(text.split()), only_most(text.split())) == (frozenset(), {"40"})


@pytest.mark.parametrize(
    "text",
    [
        "kettles over 40",
        "at least 40 pounds",
        "40 or more",
        "40 dollars and up",
        "not less than 40",
        "cheap is not my thing above 40",
        "i hate flimsy ones above 40",
    ],
)
def test_a_lower_bound_is_no_upper_one(text: str) -> None:
    assert (only_least(text.split()), only_most(text.split())) == ({"40"}, frozenset())


@pytest.mark.parametrize(
    "text",
    ["between 40 and 60", "from 40 pounds to 60 pounds", "40 to 60 dollars", "between 40 dollars and 60"],
)
def test_a_range_has_a_lower_and_an_upper_end(text: str) -> None:
    assert (only_least(text.split()), only_most(text.split())) == ({"40"}, {"60"})


@pytest.mark.parametrize(
    "text",
    ["size 40", "2 kettles and 3 pans", "a kettle for 40", "40", "", "under 40 kilos", "40 to 60 months"],
)
def test_other_numbers_are_left_to_the_model(text: str) -> None:
    assert not only_least(text.split()) | only_most(text.split())
