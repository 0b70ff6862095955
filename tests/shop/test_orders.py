"""A cart becomes one order, with its stock, or none at all."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from voice_agent_cli.errors import NotFoundError, ToolError
from voice_agent_cli.shop.options import select
from voice_agent_cli.shop.orders import Order
from voice_agent_cli.shop.products import Product, Variant
from voice_agent_cli.shop.shop import Shop

MUG = Product("mug", "Mug", (Variant("mug-1", Decimal("8.00"), inventory_quantity=3),))
BOWL = Product("bowl", "Bowl", (Variant("bowl-1", Decimal("5.00")),))


def visit(folder: Path, session: str, user: str | None = None) -> Shop:
    return Shop.open(folder / "shop.db", session, user)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = visit(tmp_path, "one")
    shop.catalogue.put([MUG, BOWL])
    return shop


def put(shop: Shop, product: Product, quantity: int) -> None:
    current = shop.catalogue.get(product.id)
    assert current is not None
    shop.cart.add(current, select(current, {}), quantity)


def mugs_left(shop: Shop) -> int | None:
    mug = shop.catalogue.get("mug")
    assert mug is not None
    return mug.variants[0].inventory_quantity


def test_a_checkout_takes_the_stock_and_empties_the_cart(shop: Shop) -> None:
    put(shop, MUG, 2)
    put(shop, BOWL, 1)
    order, is_new = shop.orders.place()
    assert is_new
    assert (order.total, order.status, len(order.lines)) == (Decimal("21.00"), "placed", 2)
    assert mugs_left(shop) == 1
    assert shop.cart.contents.lines == ()


def test_the_same_request_twice_places_one_order(shop: Shop) -> None:
    put(shop, MUG, 1)
    first, _ = shop.orders.place()
    second, is_new = shop.orders.place()
    assert (second, is_new) == (first, False)
    assert mugs_left(shop) == 2


def test_the_next_cart_is_another_order(shop: Shop) -> None:
    put(shop, MUG, 1)
    first, _ = shop.orders.place()
    put(shop, MUG, 1)
    second, is_new = shop.orders.place()
    assert is_new
    assert second.number == first.number + 1


def test_an_order_cannot_be_undone_into_a_cart(shop: Shop) -> None:
    put(shop, MUG, 1)
    shop.orders.place()
    with pytest.raises(ToolError):
        shop.cart.undo()


def test_an_empty_cart_is_no_order(shop: Shop) -> None:
    with pytest.raises(ToolError):
        shop.orders.place()


def test_stock_that_another_shopper_took_stops_the_whole_order(shop: Shop, tmp_path: Path) -> None:
    put(shop, MUG, 2)
    put(shop, BOWL, 1)
    other = visit(tmp_path, "two")
    put(other, MUG, 2)
    other.orders.place()
    with pytest.raises(ToolError) as refused:
        shop.orders.place()
    assert refused.value.details["reason"] == "stock"
    assert mugs_left(shop) == 1
    assert shop.cart.bill().count == 3


def test_a_product_that_is_gone_must_be_removed_first(shop: Shop) -> None:
    put(shop, MUG, 1)
    put(shop, BOWL, 1)
    shop.catalogue.put([BOWL])
    with pytest.raises(ToolError, match="Mug is no longer sold"):
        shop.orders.place()
    shop.cart.remove(shop.cart.contents.lines[0].id)
    assert shop.orders.place()[0].total == Decimal("5.00")


def test_eight_checkouts_at_once_sell_no_piece_twice(shop: Shop, tmp_path: Path) -> None:
    visits = [visit(tmp_path, f"shopper-{n}") for n in range(8)]
    for each in visits:
        put(each, MUG, 1)
    placed: list[Order] = []

    def check_out(each: Shop) -> None:
        try:
            placed.append(each.orders.place()[0])
        except ToolError:
            return

    threads = [threading.Thread(target=check_out, args=(each,)) for each in visits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(placed) == 3
    assert len({order.number for order in placed}) == 3
    assert mugs_left(shop) == 0


@pytest.mark.parametrize("said", [None, "1001", "order number one zero zero one", "#1001", "one oh oh one"])
def test_an_order_is_found_by_its_spoken_number_or_as_the_last(shop: Shop, said: str | None) -> None:
    put(shop, MUG, 1)
    order, _ = shop.orders.place()
    assert shop.orders.find(said) == order


def test_another_shoppers_order_is_not_told(shop: Shop, tmp_path: Path) -> None:
    put(shop, MUG, 1)
    shop.orders.place()
    for said in ("1001", None, "1001 OR 1=1", "9" * 50, "🎁"):
        with pytest.raises(NotFoundError):
            visit(tmp_path, "two").orders.find(said)


def test_a_users_orders_are_found_from_another_session(tmp_path: Path) -> None:
    first = visit(tmp_path, "one", "ann")
    first.catalogue.put([BOWL])
    put(first, BOWL, 1)
    order, _ = first.orders.place()
    assert visit(tmp_path, "two", "ann").orders.find() == order
