"""Place the order, once the shopper has heard it read back and confirmed it."""

from pydantic import Field

from voice_agent_cli.shop.confirming import confirmation
from voice_agent_cli.shop.money import iso_time
from voice_agent_cli.shop.orders import Order
from voice_agent_cli.shop.shapes import Input, OrderShape, Output, order_shape
from voice_agent_cli.shop.shop import Shop


class Arguments(Input):
    confirm: bool = Field(False, description="True once the shopper has said yes to the order read back.")


class Result(Output):
    order: OrderShape
    already_placed: bool = Field(description="True where this cart was ordered before: it is the same order.")


def run(shop: Shop, arguments: Arguments) -> Result:
    if placed := shop.orders.already_placed():
        return _result(placed, is_new=False)
    bill = shop.orders.check()
    question = f"Order {bill.count} for {bill.total} {bill.currency}?"
    if not arguments.confirm:
        shop.read_back(bill)
        raise confirmation(question, bill)
    if shop.agreed not in (None, bill.fingerprint):
        shop.read_back(bill)
        raise confirmation(f"The cart has changed. {question}", bill)
    order, is_new = shop.orders.place(bill.fingerprint)
    shop.read_back(None)
    return _result(order, is_new=is_new)


def _result(order: Order, *, is_new: bool) -> Result:
    return Result(order=order_shape(order, iso_time(order.placed_at) or ""), already_placed=not is_new)
