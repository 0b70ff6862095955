"""The question that stands before emptying a cart and before an order."""

from voice_agent_cli.errors import ChoiceNeeded
from voice_agent_cli.shop.pricing import Bill
from voice_agent_cli.shop.shapes import cart_shape


def confirmation(question: str, bill: Bill) -> ChoiceNeeded:
    """``question``, with the cart to read back in ``details["summary"]``."""
    asked = ChoiceNeeded(f"{question} Say yes to confirm.", "confirm", ("yes", "no"))
    asked.details["summary"] = cart_shape(bill).model_dump(mode="json")
    return asked
