"""Use a discount code for the cart."""

from pydantic import Field

from voice_agent_cli.shop.shapes import CartShape, Input, Output, Text, cart_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    code: Text = Field(description="The code, as said or spelled: “spring ten”, “SPRING10”.")


class Result(Output):
    code: str = Field(description="The code as the shop writes it.")
    replaced: str | None = Field(description="The code that was used before.")
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:
    before = shop.cart.contents.code
    bill = shop.cart.apply_code(arguments.code)
    return Result(
        code=bill.code or arguments.code,
        replaced=before if before != bill.code else None,
        cart=cart_shape(bill),
    )
