"""What the tools of the cart do, as a shopper meets them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.shop.shop import Shop


def test_an_order_at_a_coffee_bar_needs_no_search_before(ok: Any) -> None:
    result = ok(
        "add_to_cart",
        product="iced mocha",
        size="12 oz",
        options={"unnamed": "single shot | a little bit of soy milk"},
    )
    line = result["line"]
    assert (line["product_id"], line["options"]) == ("prod_mocha", {"Size": "twelve ounce"})
    assert line["modifiers"] == {"Milk": "a little bit of soy milk", "Shots": "single shot"}
    assert (line["unit_price"], result["cart"]["total"]) == ("5.10", "5.10")


def test_what_is_missing_is_asked_for_with_what_is_in_stock(refused: Any) -> None:
    error = refused("add_to_cart", product="trail runner")
    assert error["code"] == "CHOICE_NEEDED"
    assert (error["details"]["field"], error["details"]["choices"]) == ("size", ["10", "10.5"])


def test_while_the_size_is_asked_for_it_is_the_product_in_question(ok: Any, refused: Any) -> None:
    ok("search_products", query="running shoes")
    refused("add_to_cart", product="trail runner")
    assert ok("get_product_details", product="it")["product"]["title"] == "Trail Runner"


def test_which_of_two_is_asked_for_by_title(ok: Any, refused: Any) -> None:
    ok("search_products", query="running shoes")
    error = refused("add_to_cart", product="runner", size="10")
    assert error["details"]["field"] == "product"
    assert set(error["details"]["choices"]) == {"Trail Runner", "Road Runner"}


def test_a_position_is_one_of_what_was_shown(ok: Any, shop: Shop) -> None:
    found = ok("search_products", query="running shoes")
    added = ok("add_to_cart", product="2", size="ten")
    assert added["line"]["product_id"] == found["products"][1]["id"] == shop.focus


def test_a_whole_title_comes_before_a_part_of_one_that_is_in_the_cart(ok: Any, shop: Shop) -> None:
    mocha = {"id": "prod_plain", "title": "Mocha", "price": "4.00", "vendor": "Mocha House"}
    shop.catalogue.put([from_json(mocha)], partial=True)
    ok("add_to_cart", product="iced mocha", size="12 oz")
    assert ok("add_to_cart", product="mocha")["line"]["product_id"] == "prod_plain"


def test_a_misheard_name_still_finds_the_product(ok: Any) -> None:
    assert ok("add_to_cart", product="coper kettel")["line"]["product_id"] == "prod_kettle"


def test_a_preference_fills_in_and_is_told(ok: Any) -> None:
    ok("set_preference", size="ten")
    assert ok("add_to_cart", product="prod_road")["assumed"] == {"Size": "10"}


def test_no_piece_is_sold_that_is_not_there(ok: Any, refused: Any) -> None:
    ok("add_to_cart", product="prod_road", size="11")
    error = refused("add_to_cart", product="prod_road", size="11")
    assert error["details"]["available"] == 1
    assert refused("add_to_cart", product="prod_trail", size="11")["details"]["reason"] == "out_of_stock"


def test_the_last_line_is_what_a_change_means(ok: Any) -> None:
    ok("add_to_cart", product="prod_kettle")
    ok("add_to_cart", product="prod_trail", size="10")
    changed = ok("update_cart", size="ten and a half", quantity=2)
    assert changed["line"]["options"] == {"Size": "10.5", "Color": "Blue"}
    assert changed["cart"]["total"] == "300.00"
    ok("update_cart", product="kettle", options={"gift wrap": "yes"})
    removed = ok("remove_from_cart", product="trail runner")
    assert removed["removed"]["quantity"] == 2
    assert removed["cart"]["total"] == "63.00"


def test_part_of_a_line_can_be_removed(ok: Any) -> None:
    ok("add_to_cart", product="prod_kettle", quantity=3)
    assert ok("remove_from_cart", quantity=1)["removed"]["left"] == 2


def test_undo_goes_back_step_by_step(ok: Any, refused: Any) -> None:
    ok("add_to_cart", product="prod_kettle")
    ok("apply_discount", code="spring ten")
    ok("clear_cart", confirm=True)
    assert ok("undo")["cart"]["total"] == "54.00"
    assert ok("undo")["cart"]["total"] == "60.00"
    assert ok("undo")["cart"]["lines"] == []
    refused("undo")


@pytest.mark.parametrize("tool", ["clear_cart", "checkout"])
def test_what_cannot_be_taken_back_is_asked_first(ok: Any, refused: Any, tool: str) -> None:
    ok("add_to_cart", product="prod_kettle", quantity=2)
    details = refused(tool)["details"]
    assert details["field"] == "confirm"
    assert (details["summary"]["total"], details["summary"]["count"]) == ("120.00", 2)


def test_the_same_checkout_twice_is_one_order(ok: Any, shop: Shop) -> None:
    ok("add_to_cart", product="prod_road", size="10", quantity=2)
    first, second = ok("checkout", confirm=True), ok("checkout", confirm=True)
    assert first["order"] == second["order"]
    assert (first["already_placed"], second["already_placed"]) == (False, True)
    road = shop.catalogue.get("prod_road")
    assert road is not None
    assert road.variants[0].inventory_quantity == 2
    assert ok("track_order")["order"]["status"] == "placed"
    assert ok("track_order", order="one zero zero one")["order"] == first["order"]


def test_a_price_that_changed_after_the_read_back_is_read_back_again(
    ok: Any, refused: Any, run: Any, shop: Shop
) -> None:
    ok("add_to_cart", product="prod_kettle")
    refused("checkout")
    dearer = from_json({"id": "prod_kettle", "title": "Copper Kettle", "price": "75.00"})
    shop.catalogue.put([dearer], partial=True)
    asked = run("checkout", confirm=True).message()["error"]
    assert asked["details"]["summary"]["total"] == "75.00"
    assert ok("checkout", confirm=True)["order"]["total"] == "75.00"


def test_a_product_that_is_gone_is_said_and_stops_the_checkout(ok: Any, refused: Any, shop: Shop) -> None:
    ok("add_to_cart", product="prod_kettle")
    shop.catalogue.put([from_json({"id": "other", "title": "Other", "price": "1"})])
    assert [n["kind"] for n in ok("view_cart")["cart"]["notices"]] == ["gone"]
    assert refused("checkout", confirm=True)["details"]["reason"] == "gone"
    assert refused("update_cart", quantity=2)["details"]["reason"] == "gone"
    assert ok("remove_from_cart")["cart"]["lines"] == []


def test_another_session_has_another_cart(ok: Any, tmp_path: Path) -> None:
    ok("add_to_cart", product="prod_kettle")
    other = Shop.open(tmp_path / "shops" / "test.db", "two")
    assert other.cart.bill().total == Decimal(0)
