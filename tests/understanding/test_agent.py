"""The agent before and behind its model."""

import pytest

from voice_agent_cli.understanding.agent import Agent
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.llm.model import Choice, Written
from voice_agent_cli.understanding.state import Pending, State


class EagerModel:
    """A model, for these tests alone, that takes everything for a yes."""

    name = "eager"

    def prepare(self, prefix: str) -> None:
        pass

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:  # noqa: ARG002
        return Written("Yes", (Choice(0, 0.99),))


@pytest.mark.parametrize("said", ["Hmm...", "um, er", "oh"])
def test_hesitation_confirms_nothing_whatever_the_model_makes_of_it(said: str) -> None:
    agent = Agent(EagerModel(), {"clear_cart": ["confirm"]})
    asked = State(pending=Pending("Empty the cart?", "clear_cart", "confirm"))
    assert agent.understand("yes", asked).calls != ()
    assert agent.understand(said, asked).calls == ()
