"""Put a product into the cart."""

from collections.abc import Mapping

from pydantic import Field

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.lookup import find_product
from voice_agent_cli.shop.options import Selection, select
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.rereading import reread
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
    product, selection = _meant(shop, arguments)
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


def _meant(shop: Shop, arguments: Arguments) -> tuple[Product, Selection]:
    """The product and its options as they were told, else as all the words together tell them."""
    asked = arguments.asked()
    try:
        product = find_product(shop, arguments.product)
        return product, _selected(shop, product, asked)
    except ToolError:
        if asked and (reread_as := reread(shop, arguments.product, asked)):
            return reread_as
        raise


def _selected(shop: Shop, product: Product, asked: Mapping[str, str]) -> Selection:
    """What is meant of the product; while it is asked for the size, "it" is this product."""
    try:
        return select(product, asked, shop.preferences.all())
    except ChoiceNeeded:
        shop.talk_about(product)
        raise
