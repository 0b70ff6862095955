"""Take something out of the cart, or some pieces of it."""

from pydantic import Field

from voice_agent_cli.shop.lookup import find_line
from voice_agent_cli.shop.shapes import CartShape, LineInput, Output, Quantity, cart_shape, modifier_values
from voice_agent_cli.shop.shop import Shop


class Arguments(LineInput):
    quantity: Quantity | None = Field(None, description="How many pieces to take out; none means all.")


class Removed(Output):
    line_id: str
    product_id: str
    title: str
    options: dict[str, str]
    modifiers: dict[str, str]
    quantity: int = Field(description="How many pieces were taken out.")
    left: int = Field(description="How many pieces are still in the cart.")


class Result(Output):
    removed: Removed
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:
    line = find_line(shop, arguments.product)
    after = shop.cart.remove(line.id, arguments.quantity).line(line.id)
    left = after.quantity if after else 0
    return Result(
        removed=Removed(
            line_id=line.id,
            product_id=line.product_id,
            title=line.title,
            options=dict(line.options),
            modifiers=modifier_values(line),
            quantity=line.quantity - left,
            left=left,
        ),
        cart=cart_shape(shop.cart.bill()),
    )
