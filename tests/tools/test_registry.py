"""Tools are found by their files; what they are given is checked before they run."""

import json
from typing import Any

import pytest

from voice_agent_cli.errors import UsageError
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.tools import registry

SPECIFIED = (
    "search_products refine_search get_product_details check_availability compare_products recommend_similar "
    "add_to_cart update_cart remove_from_cart view_cart clear_cart undo apply_discount checkout track_order "
    "get_store_policy set_preference"
)


def test_every_specified_tool_is_found_and_no_other() -> None:
    assert set(registry.names()) == set(SPECIFIED.split())


@pytest.mark.parametrize("name", SPECIFIED.split())
def test_every_argument_is_described_and_unknown_ones_are_forbidden(name: str) -> None:
    schema = registry.schema(name)
    assert schema["additionalProperties"] is False
    assert all("description" in field for field in schema["properties"].values())
    assert registry.load(name).description.endswith(".")
    json.dumps(schema)


def test_an_unknown_tool_is_an_outcome_that_names_the_known_ones(shop: Shop) -> None:
    outcome = registry.execute(shop, "fly_to_moon", {})
    assert isinstance(outcome.error, UsageError)
    assert "search_products" in outcome.error.message


def test_an_outcome_has_the_documented_form(shop: Shop) -> None:
    message = registry.execute(shop, "view_cart", {}).message()
    assert set(message) == {"tool", "arguments", "success", "result", "duration_ms"}
    failed = registry.execute(shop, "add_to_cart", {"product": "1"}).message()
    assert set(failed) == {"tool", "arguments", "success", "error", "duration_ms"}
    assert set(failed["error"]) == {"code", "message", "details"}


LONG = "x" * 2000
CONTROL = "a\x00b"


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("search_products", {"min_price": -1}, "min_price"),
        ("search_products", {"max_price": "NaN"}, "max_price"),
        ("search_products", {"min_price": 50, "max_price": 20}, "min_price"),
        ("search_products", {"query": LONG}, "query"),
        ("search_products", {"query": CONTROL}, "query"),
        ("search_products", {"query": "🎁🎁"}, "query"),
        ("search_products", {"query": "\ud800"}, "query"),
        ("search_products", {"query": "shoes", "flavour": "x"}, "flavour"),
        ("search_products", {"query": "shoes", "limit": 51}, "limit"),
        ("search_products", {"sort": "prettiest"}, "sort"),
        ("search_products", {"exclude": [LONG]}, "exclude.0"),
        ("refine_search", {}, "query"),
        ("refine_search", {"change": "cheaper"}, "change"),
        ("add_to_cart", {}, "product"),
        ("add_to_cart", {"product": "prod_kettle", "quantity": 0}, "quantity"),
        ("add_to_cart", {"product": "prod_kettle", "quantity": 10_000}, "quantity"),
        ("add_to_cart", {"product": "prod_kettle", "quantity": 1.5}, "quantity"),
        ("add_to_cart", {"product": "prod_trail", "size": "47"}, "size"),
        ("add_to_cart", {"product": "prod_trail", "size": CONTROL}, "size"),
        ("add_to_cart", {"product": "gid://other/Product/1"}, "product"),
        ("add_to_cart", {"product": "prod_of_another_shop"}, "product"),
        ("add_to_cart", {"product": "7"}, "product"),
        ("add_to_cart", {"product": LONG}, "product"),
        ("update_cart", {}, "quantity"),
        ("update_cart", {"quantity": 2}, "product"),
        ("remove_from_cart", {"product": "kettle"}, "product"),
        ("apply_discount", {"code": "'; DROP TABLE discounts; --"}, "code"),
        ("track_order", {"order": "1001 OR 1=1"}, "order"),
        ("get_store_policy", {"topic": "the meaning of life"}, "topic"),
        ("set_preference", {}, "size"),
        ("set_preference", {"budget": -5}, "budget"),
        ("compare_products", {"products": ["prod_trail"]}, "products"),
        ("compare_products", {"products": ["prod_trail", "prod_trail"]}, "products"),
        ("recommend_similar", {"product": "prod_trail", "limit": 0}, "limit"),
    ],
)
def test_bad_input_is_refused_by_field_and_changes_nothing(
    refused: Any, tool: str, arguments: dict[str, Any], field: str
) -> None:
    assert refused(tool, **arguments)["details"]["field"] == field


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE products; --", 'shoes" OR "1"="1', "NEAR(a b)", "title:*", "-", "a AND OR NOT ("]
)
def test_syntax_in_a_query_is_only_words(run: Any, shop: Shop, query: str) -> None:
    run("search_products", query=query)
    assert shop.catalogue.count() == 4
