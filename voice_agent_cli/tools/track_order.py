"""Tell how an order stands: the last one, or the one of this number."""

from pydantic import Field

from voice_agent_cli.shop.money import iso_time
from voice_agent_cli.shop.shapes import Input, OrderShape, Output, Text, order_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    order: Text | None = Field(None, description="The order's number, as said; none means the last order.")


class Result(Output):
    order: OrderShape


def run(shop: Shop, arguments: Arguments) -> Result:
    order = shop.orders.find(arguments.order)
    return Result(order=order_shape(order, iso_time(order.placed_at) or ""))
