"""The agent before and behind its model."""

from dataclasses import replace

import pytest

from voice_agent_cli.understanding.agent import Agent
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.llm.model import Choice, Written
from voice_agent_cli.understanding.state import Pending, ShownProduct, State


class Saying:
    """A model, for these tests alone, that writes the same whatever is said, and is so sure of it.

    ``unasked`` is what it writes where no question is open.
    """

    name = "saying"

    def __init__(self, text: str, probability: float, unasked: str = "") -> None:
        self.written = Written(text, (Choice(0, probability),))
        self.unasked = Written(unasked or text, (Choice(0, probability),))

    def prepare(self, prefix: str) -> None:
        pass

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:  # noqa: ARG002
        return self.written if "asked:" in prefix else self.unasked


EAGER = Saying("Yes", 0.99)


@pytest.mark.parametrize("said", ["Hmm...", "um, er", "oh"])
def test_hesitation_confirms_nothing_whatever_the_model_makes_of_it(said: str) -> None:
    agent = Agent(EAGER, {"clear_cart": ["confirm"]})
    asked = State(pending=Pending("Empty the cart?", "clear_cart", "confirm"))
    assert agent.understand("yes", asked).calls != ()
    assert agent.understand(said, asked).calls == ()


LAMP, MUG = ShownProduct("lamp", "Fennel Lamp"), ShownProduct("mug", "Oat Mug")
TOOLS = {"add_to_cart": ["product", "quantity", "size"], "checkout": ["confirm"], "clear_cart": ["confirm"]}


def test_an_unsure_addition_is_asked_about_by_name_and_made_on_a_yes() -> None:
    state = State(shown=(LAMP, MUG))
    asked = Agent(Saying("Add Item the mug Quantity 2 Size large", 0.4), TOOLS).understand(
        "hm two mugs", state
    )
    assert (asked.calls, asked.question) == ((), "Shall I add 2 of Oat Mug in large to your cart?")
    yes = Agent(EAGER, TOOLS).understand("yes", replace(state, pending=asked.pending))
    assert [(call.tool, dict(call.arguments)) for call in yes.calls] == [
        ("add_to_cart", {"product": "mug", "quantity": 2, "size": "large"})
    ]


@pytest.mark.parametrize(
    ("answer", "otherwise", "call"),
    [
        ("mug", "Search Query mug", ("add_to_cart", {"product": "mug"})),
        ("clearwater", "Discount Code clearwater", ("apply_discount", {"code": "clearwater"})),
        ("the fancy one", "Add Item the fancy one", ("add_to_cart", {"product": "the fancy one"})),
    ],
)
def test_an_answer_that_names_nothing_asked_about_may_be_another_request(
    answer: str, otherwise: str, call: tuple[str, dict[str, str]]
) -> None:
    tools = {**TOOLS, "search_products": ["query"], "apply_discount": ["code"]}
    pending = Pending("Which one?", "add_to_cart", "product", {}, (LAMP.title, MUG.title))
    agent = Agent(Saying(f"Answer Value {answer}", 0.9, otherwise), tools)
    understood = agent.understand(f"code {answer}", State(shown=(LAMP, MUG), pending=pending))
    assert [(call.tool, dict(call.arguments)) for call in understood.calls] == [call]


@pytest.mark.parametrize(
    ("answer", "otherwise", "call"),
    [
        ("fennel", "Add Item the fennel", ("add_to_cart", {"product": "lamp"})),
        ("oat", "Add Item oat", ("add_to_cart", {"product": "mug", "size": "oat"})),
        ("fennel", "Search Query fennel", ("add_to_cart", {"product": "mug", "size": "fennel"})),
    ],
)
def test_another_products_name_is_no_size_of_the_one_asked_about(
    answer: str, otherwise: str, call: tuple[str, dict[str, str]]
) -> None:
    pending = Pending("Which size?", "add_to_cart", "size", {"product": "mug"})
    agent = Agent(Saying(f"Answer Value {answer}", 0.9, otherwise), {**TOOLS, "search_products": ["query"]})
    understood = agent.understand(f"sorry the {answer}", State(shown=(LAMP, MUG), pending=pending))
    assert [(call.tool, dict(call.arguments)) for call in understood.calls] == [call]


def test_an_unsure_order_or_two_unsure_additions_have_to_be_said_again() -> None:
    for written in ("Checkout", "Add Item both"):
        asked = Agent(Saying(written, 0.4), TOOLS).understand("hm those", State(shown=(LAMP, MUG)))
        assert (asked.calls, asked.pending) == ((), None)
        assert asked.question == "Sorry, I'm not sure I got that. Could you say it again?"
