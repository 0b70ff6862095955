"""When a turn counts as understood."""

from typing import Any

import pytest

from voice_agent_cli.quality.understanding import Case, judge
from voice_agent_cli.understanding.state import Call, State, Understanding


class Reader:
    """Understands every text as the same calls."""

    model_name = "reader"

    def __init__(self, *calls: Call) -> None:
        self._calls = calls

    def prepare(self, state: State) -> None:
        """It reads nothing ahead."""

    def understand(self, text: str, state: State) -> Understanding:  # noqa: ARG002
        return Understanding(self._calls)


@pytest.mark.parametrize(
    ("got", "wanted", "right"),
    [
        ({"product": "tea"}, {"product": "tea", "quantity": 1}, True),
        ({"product": "tea", "quantity": 2}, {"product": "tea"}, False),
        ({"product": "the tea"}, {"product": "tea"}, True),
        ({"product": "tea", "size": "large"}, {"product": "tea"}, False),
        ({"product": "coffee"}, {"product": "tea"}, False),
        ({"product": "tea"}, {"product": "tin of tea"}, True),
        ({"product": "rope", "size": "30 metres"}, {"product": "rope", "size": "30 m"}, True),
        ({"product": "rope", "size": "30 metres"}, {"product": "rope", "size": "30 cm"}, False),
    ],
)
def test_a_turn_is_right_when_its_calls_would_do_the_same(
    got: dict[str, Any], wanted: dict[str, Any], right: bool
) -> None:
    case = Case("tea please", "add", {}, (Call("add_to_cart", wanted),))
    verdict = judge(Reader(Call("add_to_cart", got)), case)
    assert (verdict.tools_right, verdict.all_right) == (True, right)


def test_an_effect_that_no_wanted_call_has_was_not_asked_for() -> None:
    case = Case("is the tea in", "availability", {}, (Call("check_availability", {"product": "tea"}),))
    assert judge(Reader(Call("add_to_cart", {"product": "tea"})), case).unasked_effect
    assert not judge(Reader(Call("search_products", {"query": "tea"})), case).unasked_effect
