"""Numbers as people say them become digits; everything else stays as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_agent_cli.understanding.numbers import read


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("the second one in a ten and a half", "the second one in a 10.5"),
        ("under a hundred and twenty dollars", "under 120 dollars"),
        ("under nineteen ninety nine", "under 19.99"),
        ("no more than one fifty", "no more than 150"),
        ("two thousand five hundred", "2500"),
        ("give me one", "give me one"),
        ("trainers in a seven, sixty pounds tops", "trainers in a 7 60 pounds tops"),
        ("between six and eight hundred", "between 600 and 800"),
        ("from 5 to 10 thousand", "from 5 to 10 thousand"),
        ("books under a tenner", "books under a 10 pounds"),
        ("the blue one", "the blue one"),
        ("twenty one roses", "21 roses"),
        ("the hundred and twenty litre", "the 120 litre"),
        ("a few hundred beads", "a few hundred beads"),
        ("under fifty pence", "under 0.50"),
        ("for 50 cents", "for 0.50"),
        ("a couple of hundred beads", "a couple of hundred beads"),
        ("order number ten forty two", "order number 1042"),
        ("the code is spring twenty", "the code is spring 20"),
        ("$1,299.00, please", "1299.00 dollars please"),
        ("A T-shirt, size M!", "a t shirt size m"),
        ("two twelve ounce lattes", "2 12 ounce lattes"),
        ("the cheaper of the two", "the cheaper of the 2"),
        ("between fifty and a hundred", "between 50 and 100"),
        ("between one hundred and two hundred fifty", "between 100 and 250"),
        ("a hundred and five dollars", "105 dollars"),
        ("ten point five", "10.5"),
        ("Size 10.5 in Navy Blue", "size 10.5 in navy blue"),
        ("don’t", "don't"),
    ],
)
def test_numbers_are_written_in_digits_as_they_were_meant(said: str, normal: str) -> None:
    assert str(read(said)) == normal


@given(st.text(max_size=2000))
def test_any_text_is_read_without_failing_and_its_words_point_back_into_it(text: str) -> None:
    utterance = read(text)
    assert len(utterance.words) <= 60
    for word in utterance.words:
        assert word.text == word.text.lower()
        assert 0 <= word.start < word.end <= len(text)


def test_the_words_said_can_be_quoted_as_they_were_typed() -> None:
    utterance = read("Something by StyleNow Feed in XL")
    assert utterance.said(2, 3) == "StyleNow Feed"
