"""Take back the last change of the cart; several times for several changes."""

from typing import Literal

from pydantic import Field

from voice_agent_cli.shop.shapes import CartShape, Input, Output, cart_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    pass


class Result(Output):
    undone: Literal["add", "update", "remove", "clear", "discount"] = Field(
        description="What was taken back."
    )
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:  # noqa: ARG001
    return Result.model_validate({"undone": shop.cart.undo(), "cart": cart_shape(shop.cart.bill())})
