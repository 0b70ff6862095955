"""A cart holds what was put in, costs what the shop asks now, and can be taken back step by step."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from voice_agent_cli.errors import ToolError
from voice_agent_cli.shop.options import Selection, select
from voice_agent_cli.shop.products import Modifier, ModifierValue, Product, Sale, Variant
from voice_agent_cli.shop.shop import Shop

SOCKS = Product(
    "socks",
    "Wool socks",
    (
        Variant("socks-s", Decimal("9.50"), {"Size": "S"}, inventory_quantity=3),
        Variant("socks-l", Decimal("10.50"), {"Size": "L"}, inventory_quantity=5),
    ),
    options={"Size": ("S", "L")},
    modifiers=(Modifier("Gift wrap", (ModifierValue("Paper", Decimal("2.25")),)),),
)
KETTLE = Product("kettle", "Blue kettle", (Variant("kettle-1", Decimal("33.33")),))
EUROS = Product("tea", "Green tea", (Variant("tea-1", Decimal("4")),), currency="EUR")
CODES = [
    {"code": "SPRING10", "kind": "percent", "value": "10", "minimum": "20"},
    {"code": "FIVER", "kind": "amount", "value": "5"},
    {"code": "HUGE", "kind": "amount", "value": "500"},
    {"code": "OLD", "kind": "percent", "value": "10", "ends": "2020-01-01"},
    {"code": "SOON", "kind": "percent", "value": "10", "starts": "2999-01-01"},
]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.open(tmp_path / "shop.db", "one")
    shop.catalogue.put([SOCKS, KETTLE, EUROS])
    shop.catalogue.put_shop({"name": "Test", "currency": "USD", "discounts": CODES})
    return shop


def small(quantity: int, shop: Shop, **more: str) -> None:
    shop.cart.add(SOCKS, select(SOCKS, {"size": "s", **more}), quantity)


def kettle(quantity: int, shop: Shop) -> None:
    shop.cart.add(KETTLE, select(KETTLE, {}), quantity)


def test_the_same_thing_again_adds_to_its_line(shop: Shop) -> None:
    small(1, shop)
    small(2, shop)
    (line,) = shop.cart.contents.lines
    assert (line.quantity, line.unit_price) == (3, Decimal("9.50"))


def test_a_modifier_makes_a_line_of_its_own_and_costs_its_surcharge(shop: Shop) -> None:
    small(1, shop)
    small(2, shop, **{"gift wrap": "paper"})
    bill = shop.cart.bill()
    assert [entry.unit_price for entry in bill.lines] == [Decimal("9.50"), Decimal("11.75")]
    assert (bill.subtotal, bill.total, bill.count) == (Decimal("33.00"), Decimal("33.00"), 3)


def test_stock_is_counted_over_all_lines_of_a_variant(shop: Shop) -> None:
    small(2, shop)
    with pytest.raises(ToolError) as refused:
        small(2, shop, **{"gift wrap": "paper"})
    assert refused.value.details["available"] == 3
    assert refused.value.details["in_cart"] == 2
    assert shop.cart.bill().count == 2


def test_what_the_shop_does_not_count_stops_at_the_lines_limit(shop: Shop) -> None:
    kettle(99, shop)
    with pytest.raises(ToolError) as refused:
        kettle(1, shop)
    assert refused.value.details["field"] == "quantity"


def test_two_currencies_do_not_share_a_cart(shop: Shop) -> None:
    kettle(1, shop)
    with pytest.raises(ToolError):
        shop.cart.add(EUROS, select(EUROS, {}), 1)
    assert shop.cart.bill().currency == "USD"


def test_a_line_that_becomes_like_another_joins_it(shop: Shop) -> None:
    small(1, shop)
    shop.cart.add(SOCKS, select(SOCKS, {"size": "L"}), 2)
    line = shop.cart.contents.lines[0]
    shop.cart.change(line, SOCKS, selection=select(SOCKS, {"size": "L"}))
    (joined,) = shop.cart.contents.lines
    assert (joined.variant_id, joined.quantity) == ("socks-l", 3)


def test_removing_some_leaves_the_rest_and_more_than_there_is_is_refused(shop: Shop) -> None:
    small(3, shop)
    line = shop.cart.contents.lines[0]
    shop.cart.remove(line.id, 1)
    assert shop.cart.bill().count == 2
    with pytest.raises(ToolError):
        shop.cart.remove(line.id, 5)
    shop.cart.remove(line.id)
    assert shop.cart.contents.lines == ()


def test_every_change_can_be_taken_back_in_turn(shop: Shop) -> None:
    kettle(1, shop)
    kettle(1, shop)
    shop.cart.apply_code("fiver")
    shop.cart.remove(shop.cart.contents.lines[0].id)
    shop.cart.clear()
    assert [shop.cart.undo() for _ in range(5)] == ["clear", "remove", "discount", "add", "add"]
    assert shop.cart.contents.lines == ()
    with pytest.raises(ToolError):
        shop.cart.undo()


def test_a_refused_change_is_no_step_of_undo(shop: Shop) -> None:
    kettle(1, shop)
    with pytest.raises(ToolError):
        kettle(99, shop)
    assert shop.cart.undo() == "add"


def test_a_resumed_session_finds_its_cart_and_another_does_not(shop: Shop, tmp_path: Path) -> None:
    kettle(2, shop)
    assert Shop.open(tmp_path / "shop.db", "one").cart.bill().count == 2
    assert Shop.open(tmp_path / "shop.db", "two").cart.bill().count == 0


@pytest.mark.parametrize(
    "said", ["SPRING10", "spring ten", "s p r i n g 1 0", "Spring-10", "spring one zero"]
)
def test_a_code_is_known_however_it_is_said(shop: Shop, said: str) -> None:
    kettle(1, shop)
    bill = shop.cart.apply_code(said)
    assert (bill.code, bill.discount, bill.total) == ("SPRING10", Decimal("3.33"), Decimal("30.00"))


@pytest.mark.parametrize(
    ("code", "reason"),
    [("OLD", "expired"), ("SOON", "not_started"), ("NOPE", "unknown"), ("'; DROP TABLE carts", "unknown")],
)
def test_a_code_that_does_not_apply_says_why(shop: Shop, code: str, reason: str) -> None:
    kettle(1, shop)
    with pytest.raises(ToolError) as refused:
        shop.cart.apply_code(code)
    assert refused.value.details["reason"] == reason
    assert shop.cart.contents.code is None


def test_a_code_below_its_minimum_is_refused_and_later_noticed(shop: Shop) -> None:
    small(1, shop)
    with pytest.raises(ToolError) as refused:
        shop.cart.apply_code("SPRING10")
    assert refused.value.details["minimum"] == "20.00"
    kettle(1, shop)
    shop.cart.apply_code("SPRING10")
    shop.cart.remove(shop.cart.contents.lines[1].id)
    bill = shop.cart.bill()
    assert (bill.discount, bill.total) == (Decimal("0.00"), Decimal("9.50"))
    assert [(n.kind, n.facts["reason"]) for n in bill.notices] == [("discount", "minimum")]


def test_a_discount_never_makes_a_total_negative(shop: Shop) -> None:
    kettle(1, shop)
    assert shop.cart.apply_code("HUGE").total == 0


def test_a_changed_price_is_said_and_used(shop: Shop) -> None:
    kettle(2, shop)
    dearer = replace(KETTLE, variants=(Variant("kettle-1", Decimal("40.00")),))
    shop.catalogue.put([dearer], partial=True)
    bill = shop.cart.bill()
    assert bill.total == Decimal("80.00")
    assert [(n.kind, n.facts["was"], n.facts["now"]) for n in bill.notices] == [
        ("price_changed", "33.33", "40.00")
    ]


def test_a_product_that_is_gone_is_said_and_costs_nothing(shop: Shop) -> None:
    small(1, shop)
    kettle(1, shop)
    shop.catalogue.put([SOCKS])
    bill = shop.cart.bill()
    assert [n.kind for n in bill.notices] == ["gone"]
    assert (bill.total, bill.count) == (Decimal("9.50"), 1)


def test_stock_that_fell_below_the_cart_is_said_and_less_can_be_asked(shop: Shop) -> None:
    small(3, shop)
    shop.catalogue.change_stock("socks", "socks-s", -2)
    assert [n.kind for n in shop.cart.bill().notices] == ["stock"]
    product = shop.catalogue.get("socks")
    assert product is not None
    line = shop.cart.contents.lines[0]
    shop.cart.change(line, product, quantity=1)
    assert shop.cart.bill().notices == ()


def test_what_sells_on_back_order_is_not_limited_by_its_stock(shop: Shop) -> None:
    late = Product("late", "Late thing", (Variant("l", Decimal(1), available=True, inventory_quantity=0),))
    shop.catalogue.put([late], partial=True)
    shop.cart.add(late, Selection(late.variants[0]), 4)
    shop.orders.place()
    assert shop.catalogue.get("late") == late


def test_a_sale_that_ended_is_a_changed_price(shop: Shop) -> None:
    sale = Sale(Decimal("5.00"), ends=datetime(2026, 2, 1, tzinfo=UTC))
    lamp = Product("lamp", "Lamp", (Variant("lamp-1", Decimal("8.00"), sale=sale),))
    shop.catalogue.put([lamp], partial=True)
    shop.catalogue.now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    on_sale = shop.catalogue.get("lamp")
    assert on_sale is not None
    shop.cart.add(on_sale, select(on_sale, {}), 1)
    assert shop.cart.bill().total == Decimal("5.00")
    shop.catalogue.now = lambda: datetime(2026, 3, 1, tzinfo=UTC)
    assert [n.facts["now"] for n in shop.cart.bill().notices] == ["8.00"]
