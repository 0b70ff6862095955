"""The fixed part of the cases, the calibration error, and the keyword matcher that is compared with."""

from collections import Counter

import pytest

from voice_agent_cli.quality.baselines import KeywordMatcher, fixed_part
from voice_agent_cli.quality.understanding import (
    Case,
    Judged,
    expected_calibration_error,
    measure,
    own_cases,
    read_cases,
)
from voice_agent_cli.understanding.state import Call, Pending, State, Understanding


def cases() -> list[Case]:
    return [case for path in own_cases() for case in read_cases(path)]


def test_the_fixed_part_holds_every_kind_and_is_always_the_same() -> None:
    every = cases()
    part = fixed_part(every, 300)
    assert 280 <= len(part) <= 340
    assert {case.kind for case in part} == {case.kind for case in every}
    assert fixed_part(list(reversed(every)), 300) == part
    largest = Counter(case.kind for case in every).most_common(1)[0][0]
    share = sum(case.kind == largest for case in part) / len(part)
    assert share == pytest.approx(sum(case.kind == largest for case in every) / len(every), abs=0.02)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("show me some kettles", "search_products"),
        ("what's in my cart", "view_cart"),
        ("check out please", "checkout"),
        ("la la la", None),
    ],
)
def test_the_keyword_matcher_goes_by_its_cues(text: str, tool: str | None) -> None:
    calls = KeywordMatcher().understand(text, State()).calls
    assert [call.tool for call in calls] == ([tool] if tool else [])


def test_the_keyword_matcher_says_yes_to_an_open_question_only() -> None:
    asked = State(pending=Pending("Order?", "checkout", "confirm"))
    assert KeywordMatcher().understand("yes", asked).calls == (Call("checkout", {"confirm": True}),)
    assert KeywordMatcher().understand("no", asked).calls == ()
    assert KeywordMatcher().understand("yes", State()).calls == ()


def test_a_baseline_is_measured_like_the_agent() -> None:
    rows, verdicts = measure(KeywordMatcher(), fixed_part(cases(), 100), lambda _: None)
    assert rows["all"]["cases"] == len(verdicts)
    assert 0 < (rows["all"]["all_right"] or 0) < 1


def judged(confidence: float, is_right: bool) -> Judged:
    understood = Understanding((Call("view_cart", {}, confidence),))
    return Judged(Case("x", "k", {}, ()), understood, is_right, is_right, False, 1.0)


def test_a_confidence_that_is_the_share_of_right_turns_has_no_calibration_error() -> None:
    turns = [judged(0.75, True)] * 3 + [judged(0.75, False)]
    assert expected_calibration_error(turns) == pytest.approx(0)
    assert expected_calibration_error([]) == 0


def test_a_confidence_that_is_never_right_has_all_of_it_as_error() -> None:
    assert expected_calibration_error([judged(0.9, False)] * 4) == pytest.approx(0.9)
    half = [judged(0.9, False)] * 4 + [judged(0.1, False)] * 4
    assert expected_calibration_error(half) == pytest.approx(0.5)
