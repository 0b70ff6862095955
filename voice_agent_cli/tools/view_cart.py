"""Show the cart, its total, and what has changed about it."""

from voice_agent_cli.shop.shapes import CartShape, Input, Output, cart_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    pass


class Result(Output):
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:  # noqa: ARG001
    return Result(cart=cart_shape(shop.cart.bill()))
