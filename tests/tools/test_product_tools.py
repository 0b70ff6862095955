"""What the tools that find and tell do, as a shopper meets them."""

from decimal import Decimal
from typing import Any

from voice_agent_cli.shop.shop import Shop


def titles(result: dict[str, Any]) -> list[str]:
    return [product["title"] for product in result["products"]]


def test_a_search_has_the_documented_shape_and_says_how_it_found(ok: Any) -> None:
    result = ok("search_products", query="running shoes", limit=1)
    assert (len(result["products"]), result["total_count"], result["has_more"]) == (1, 2, True)
    product = result["products"][0]
    assert {"id", "title", "description", "price", "images", "variants"} <= set(product)
    assert set(product["price"]) == {"amount", "currency"}
    assert {"id", "size", "color", "available", "inventory_quantity"} <= set(product["variants"][0])
    assert result["found_by"] == product["found_by"] == "words"


def test_a_search_is_remembered_with_what_it_showed(ok: Any, shop: Shop) -> None:
    result = ok("search_products", query="running shoes", max_price=100)
    assert list(shop.shown) == [product["id"] for product in result["products"]]
    assert shop.last_search == {"query": "running shoes", "max_price": "100"}


def test_nothing_found_says_which_filter_to_drop(ok: Any) -> None:
    result = ok("search_products", query="running shoes", max_price=5)
    assert result["products"] == []
    assert result["relaxed"][0]["drop"] == "max_price"
    assert result["relaxed"][0]["products"]


def test_a_budget_is_kept_and_told(ok: Any) -> None:
    ok("set_preference", budget=100)
    result = ok("search_products", query="running shoes")
    assert (titles(result), result["assumed"]) == (["Road Runner"], {"max_price": "100"})
    assert ok("set_preference", budget=0)["preferences"] == {}


def test_pages_go_on_and_back_and_end(ok: Any, refused: Any) -> None:
    first = titles(ok("search_products", query="running shoes", limit=1))
    second = titles(ok("refine_search", change="more"))
    assert first != second
    assert refused("refine_search", change="next")["details"]["reason"] == "no_more"
    assert titles(ok("refine_search", change="previous")) == first


def test_cheaper_means_than_anything_shown_or_says_that_nothing_is(ok: Any, shop: Shop) -> None:
    trail = shop.catalogue.get("prod_trail")
    assert trail is not None
    ok("search_products", query="running shoes")
    shop.show((trail,))
    assert titles(ok("refine_search", change="cheaper")) == ["Road Runner"]
    ok("search_products", query="running shoes")
    result = ok("refine_search", change="cheaper")
    assert result["nothing_cheaper"]
    assert titles(result)[0] == "Road Runner"


def test_cheaper_does_not_stand_in_the_way_of_pricier(ok: Any, shop: Shop) -> None:
    ok("search_products", query="running shoes")
    trail = shop.catalogue.get("prod_trail")
    assert trail is not None
    shop.show((trail,))
    assert titles(ok("refine_search", change="cheaper")) == ["Road Runner"]
    assert titles(ok("refine_search", change="pricier")) == ["Trail Runner"]
    assert set(titles(ok("refine_search", max_price=500))) == {"Road Runner", "Trail Runner"}


def test_a_refinement_keeps_the_search_and_adds_to_it(ok: Any, shop: Shop) -> None:
    ok("search_products", query="running shoes", min_price=100)
    assert titles(ok("refine_search", max_price=95)) == ["Road Runner"]
    assert titles(ok("refine_search", exclude=["corvo"])) == []
    assert shop.last_search is not None
    assert shop.last_search["exclude"] == ["corvo"]


def test_details_answer_from_the_products_own_data(ok: Any) -> None:
    answers = {
        about: ok("get_product_details", product="kettle", about=about)["answer"]
        for about in ("material", "how much", "weight", "warranty")
    }
    assert answers["material"]["value"] == "copper"
    assert Decimal(answers["how much"]["value"]) == 60
    assert answers["weight"]["value"] == "900 g"
    assert (answers["warranty"]["known"], answers["warranty"]["value"]) == (False, None)


def test_the_description_answers_what_the_data_does_not(ok: Any) -> None:
    answer = ok("get_product_details", product="trail runner", about="material")["answer"]
    assert answer["source"] == "description"
    assert "polyester" in answer["value"]
    assert "sole" in ok("get_product_details", product="trail runner", about="sole")["answer"]["value"]


def test_availability_tells_what_else_there_is(ok: Any) -> None:
    there = ok("check_availability", product="trail runner", size="ten")
    assert (there["available"], there["quantity"]) == (True, 5)
    gone = ok("check_availability", product="trail runner", size="eleven")
    assert (gone["available"], gone["alternatives"]) == (False, {"size": ["10", "10.5"]})
    never = ok("check_availability", product="trail runner", size="ten", color="red")
    assert (never["exists"], never["available"]) == (False, False)


def test_a_comparison_tells_what_differs(ok: Any) -> None:
    result = ok("compare_products", products=["trail runner", "road runner"], about="price")
    assert result["about"] == {"name": "price", "values": ["120.00", "90.00"]}
    assert result["cheapest"] == "prod_road"
    assert "brand" in [row["name"] for row in result["same"]]
    assert "brand" not in [row["name"] for row in result["differences"]]


def test_what_is_similar_is_of_the_same_kind_and_not_itself(ok: Any, shop: Shop) -> None:
    result = ok("recommend_similar", product="trail runner")
    assert titles(result)[0] == "Road Runner"
    assert "prod_trail" not in shop.shown


def test_policies_are_told_in_the_shops_words(ok: Any) -> None:
    assert ok("get_store_policy", topic="delivery")["policies"] == [
        {"topic": "shipping", "text": "Three days, 4.95."}
    ]
    assert ok("get_store_policy", topic="nine")["policies"][0]["topic"] == "opening_hours"
    assert ok("get_store_policy", topic="hours")["policies"][0]["text"] == "Nine to five."


def test_a_products_text_does_nothing(ok: Any, shop: Shop) -> None:
    ok("add_to_cart", product="kettle")
    ok("get_product_details", product="kettle", about="description")
    assert shop.cart.bill().count == 1


def test_preferences_belong_to_the_user_and_can_be_forgotten(ok: Any) -> None:
    assert ok("set_preference", size="ten", brand="Corvo")["preferences"] == {"size": "ten", "brand": "Corvo"}
    result = ok("set_preference", size="none")
    assert (result["changed"], result["preferences"]) == (["size"], {"brand": "Corvo"})
