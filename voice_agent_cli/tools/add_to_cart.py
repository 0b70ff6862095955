"""Put a product into the cart."""

from pydantic import Field

from voice_agent_cli.shop.lookup import find_product
from voice_agent_cli.shop.options import select
from voice_agent_cli.shop.shapes import (
    CartShape,
    ChoiceInput,
    LineShape,
    Output,
    ProductInput,
    Quantity,
    bought_line,
    cart_shape,
)
from voice_agent_cli.shop.shop import Shop


class Arguments(ChoiceInput, ProductInput):
    quantity: Quantity = Field(1, description="How many pieces.")


class Result(Output):
    line: LineShape = Field(description="The line it went into.")
    added: int = Field(description="How many pieces went in now.")
    assumed: dict[str, str] = Field(description="Options that a remembered preference filled in.")
    ignored: list[str] = Field(description="Amounts that were said and are not offered: “a little bit”.")
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:
    product = find_product(shop, arguments.product)
    selection = select(product, arguments.asked(), shop.preferences.all())
    line = shop.cart.add(product, selection, arguments.quantity)
    shop.talk_about(product)
    bill = shop.cart.bill()
    return Result(
        line=bought_line(bill, line.id),
        added=arguments.quantity,
        assumed=dict(selection.assumed),
        ignored=list(selection.ignored),
        cart=cart_shape(bill),
    )
