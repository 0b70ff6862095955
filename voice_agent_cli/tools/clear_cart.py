"""Empty the cart, once the shopper has confirmed it."""

from pydantic import Field

from voice_agent_cli.errors import ToolError
from voice_agent_cli.shop.confirming import confirmation
from voice_agent_cli.shop.shapes import CartShape, Input, Output, cart_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    confirm: bool = Field(False, description="True once the shopper has said yes to emptying it.")


class Result(Output):
    removed: int = Field(description="How many pieces were taken out.")
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:
    bill = shop.cart.bill()
    if not bill.lines:
        raise ToolError("The cart is empty already", {"reason": "empty"})
    if not arguments.confirm:
        raise confirmation("Empty the cart?", bill)
    pieces = sum(entry.line.quantity for entry in bill.lines)
    shop.cart.clear()
    return Result(removed=pieces, cart=cart_shape(shop.cart.bill()))
