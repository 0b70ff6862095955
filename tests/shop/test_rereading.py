"""An order whose words were cut at the wrong place is put together by what the shop sells."""

from pathlib import Path

import pytest

from voice_agent_cli.errors import ChoiceNeeded
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import ensure_shop
from voice_agent_cli.tools import registry
from voice_agent_cli.tools.registry import ToolOutcome


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(ensure_shop(tmp_path, "coffee-bar"), "somebody")


def added(shop: Shop, product: str, **options: str) -> ToolOutcome:
    size = {"size": options.pop("size")} if "size" in options else {}
    return registry.execute(shop, "add_to_cart", {"product": product, **size, "options": options})


@pytest.mark.parametrize(
    ("product", "size", "unnamed", "title", "modifiers"),
    [
        ("medium roast", "large", "cappuccino | whole milk", "Cappuccino", ["medium roast", "whole milk"]),
        ("mocha", "large", "iced", "Iced Mocha", []),
        ("iced mocha", "large dark roast", "soy milk", "Iced Mocha", ["dark roast", "soy milk"]),
        ("twelve ounce latte", "dark roast", "single shot", "Latte", ["dark roast", "single shot"]),
        ("it", "large", "house coffee", "House Coffee", []),
    ],
)
def test_every_word_finds_its_place(
    shop: Shop, product: str, size: str, unnamed: str, title: str, modifiers: list[str]
) -> None:
    outcome = added(shop, product, size=size, unnamed=unnamed)
    assert outcome.result is not None, outcome.error
    assert outcome.result["line"]["title"] == title
    assert list(outcome.result["line"]["modifiers"].values()) == modifiers


def test_an_option_that_is_still_open_is_asked_for(shop: Shop) -> None:
    outcome = added(shop, "coffee", size="triple shot")
    assert isinstance(outcome.error, ChoiceNeeded)
    assert outcome.error.field == "size"


def test_what_was_no_size_is_kept_for_when_the_size_is_answered(shop: Shop) -> None:
    error = added(shop, "americano", size="medium roast").error
    assert isinstance(error, ChoiceNeeded)
    outcome = registry.execute(shop, "add_to_cart", {**error.understood, "size": "large"})
    assert outcome.result is not None, outcome.error
    assert outcome.result["line"]["modifiers"] == {"roast": "medium roast"}


def test_a_word_that_fits_nowhere_is_refused_and_nothing_is_added(shop: Shop) -> None:
    outcome = added(shop, "coffee", size="large", unnamed="gravel")
    assert outcome.error is not None
    assert "gravel" in outcome.error.message
    assert not shop.cart.contents.lines
