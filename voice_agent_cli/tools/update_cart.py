"""Change the quantity, size, color or options of something in the cart."""

from pydantic import Field

from voice_agent_cli.errors import ToolError, UsageError
from voice_agent_cli.shop.contents import Line
from voice_agent_cli.shop.lookup import find_line
from voice_agent_cli.shop.options import Selection, select
from voice_agent_cli.shop.shapes import (
    CartShape,
    ChoiceInput,
    LineInput,
    LineShape,
    Output,
    Quantity,
    bought_line,
    cart_shape,
)
from voice_agent_cli.shop.shop import Shop


class Arguments(ChoiceInput, LineInput):
    quantity: Quantity | None = Field(None, description="How many pieces there shall be.")


class Result(Output):
    line: LineShape = Field(description="The line as it is now.")
    before: dict[str, str] = Field(description="Its options, modifiers and quantity as they were.")
    ignored: list[str] = Field(description="Amounts that were said and are not offered.")
    cart: CartShape


def run(shop: Shop, arguments: Arguments) -> Result:
    asked = arguments.asked()
    if arguments.quantity is None and not asked:
        raise UsageError("quantity: say what to change", {"field": "quantity"})
    line = find_line(shop, arguments.product)
    product = shop.catalogue.get(line.product_id)
    if product is None:
        raise ToolError(
            f"{line.title} is no longer sold; it can only be removed",
            {"field": "product", "reason": "gone", "line_id": line.id},
        )
    before = shop.cart.selection(line, product)
    selection: Selection = select(product, asked, current=before) if asked else before
    changed = shop.cart.change(line, product, arguments.quantity, selection)
    shop.talk_about(product)
    bill = shop.cart.bill()
    return Result(
        line=bought_line(bill, changed.id),
        before=_described(line),
        ignored=list(selection.ignored),
        cart=cart_shape(bill),
    )


def _described(line: Line) -> dict[str, str]:
    modifiers = {m.name: m.value for m in line.modifiers}
    return {**line.options, **modifiers, "quantity": str(line.quantity)}
