"""Spoken values become the product's own; what could mean two things is asked about."""

from decimal import Decimal

import pytest

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.options import Selection, select
from voice_agent_cli.shop.products import Modifier, ModifierValue, Product, Variant


def product(
    options: dict[str, tuple[str, ...]], *modifiers: Modifier, sold_out: tuple[str, ...] = ()
) -> Product:
    """Every combination of ``options`` as a variant; one with a value in ``sold_out`` cannot be bought."""
    combinations: list[dict[str, str]] = [{}]
    for name, values in options.items():
        combinations = [{**c, name: value} for c in combinations for value in values]
    variants = tuple(
        Variant(f"v{i}", Decimal(10), c, available=not set(c.values()) & set(sold_out))
        for i, c in enumerate(combinations)
    )
    return Product("p1", "Plain thing", variants, options=options, modifiers=modifiers)


def modifier(name: str, *values: str, **more: object) -> Modifier:
    return Modifier(name, tuple(ModifierValue(v, Decimal(1)) for v in values), **more)  # type: ignore[arg-type]


def chosen(selection: Selection) -> dict[str, str]:
    return {**selection.variant.options, **{m.name: m.value for m in selection.modifiers}}


SHIRT = product({"Color": ("Navy blue", "Sky blue", "Red"), "Size": ("S", "M", "L", "2XL")})
SHOE = product({"Shoe size": ("9.5", "10", "10.5", "11")})
AMOUNTS = ("a little bit of soy milk", "some soy milk", "a little bit of whole milk")
COFFEE = product(
    {"Size": ("eight ounce", "twelve ounce")},
    modifier("Milk", *AMOUNTS),
    modifier("Shots", "single shot", "double shot"),
    modifier("Roast", "Light", "Medium", "Dark"),
)
RICH = product({}, modifier("Milk", "a little bit of almond milk", "a bit of almond milk", "almond milk"))
SPLIT = product(
    {"Size": ("Small", "Medium")},
    modifier("Milk", "Soy", "Oat"),
    modifier("Milk amount", "a little bit", "a lot"),
    modifier("Sugar amount", "a little bit", "a lot"),
)


INK = product({"Bottle": ("80 ml", "30 ml")})
CUP = product({"Size": ("8 oz", "12 oz", "16 oz")})
CABLE = product({"Length": ("1 m", "2 m", "3 m", "5 m")})


@pytest.mark.parametrize(
    ("thing", "said", "expected"),
    [
        (INK, "small", "30 ml"),
        (INK, "the big bottle", "80 ml"),
        (CUP, "medium", "12 oz"),
        (CUP, "large", "16 oz"),
        (CABLE, "the longest", "5 m"),
    ],
)
def test_small_and_large_tell_two_or_three_measures_apart(thing: Product, said: str, expected: str) -> None:
    (value,) = chosen(select(thing, {"unnamed": said})).values()
    assert value == expected


@pytest.mark.parametrize(("thing", "said"), [(CABLE, "small"), (INK, "medium"), (SHOE, "small")])
def test_small_is_asked_about_where_it_says_too_little(thing: Product, said: str) -> None:
    with pytest.raises(ToolError):
        select(thing, {"unnamed": said})


@pytest.mark.parametrize(
    ("thing", "asked", "expected"),
    [
        (SHOE, {"size": "ten and a half"}, {"Shoe size": "10.5"}),
        (SHOE, {"size": "size 10"}, {"Shoe size": "10"}),
        (SHOE, {"size": "10,5"}, {"Shoe size": "10.5"}),
        (SHIRT, {"size": "medium", "color": "red"}, {"Size": "M", "Color": "Red"}),
        (SHIRT, {"size": "double extra large", "colour": "navy"}, {"Size": "2XL", "Color": "Navy blue"}),
        (SHIRT, {"size": "XXL", "color": "sky blu"}, {"Size": "2XL", "Color": "Sky blue"}),
        (product({"Color": ("Navy", "Scarlet")}), {"color": "blue"}, {"Color": "Navy"}),
        (SHIRT, {"unnamed": "red | large"}, {"Size": "L", "Color": "Red"}),
        (SHIRT, {"unnamed": "large red"}, {"Size": "L", "Color": "Red"}),
        (COFFEE, {"size": "12 oz"}, {"Size": "twelve ounce"}),
        (
            COFFEE,
            {"size": "12oz", "unnamed": "single shot | a little bit of soy milk"},
            {"Size": "twelve ounce", "Shots": "single shot", "Milk": "a little bit of soy milk"},
        ),
        (
            COFFEE,
            {"unnamed": "medium roast | eight ounce | double shot"},
            {"Size": "eight ounce", "Roast": "Medium", "Shots": "double shot"},
        ),
        (
            SPLIT,
            {"size": "small", "unnamed": "a little bit of soy milk"},
            {"Size": "Small", "Milk": "Soy", "Milk amount": "a little bit"},
        ),
        (SPLIT, {"size": "small", "milk": "oat milk"}, {"Size": "Small", "Milk": "Oat"}),
        (COFFEE, {"unnamed": "eight ounce double shot"}, {"Size": "eight ounce", "Shots": "double shot"}),
        (
            product({"Size": ("S", "L")}, modifier("Shots", "single shot", "double shot")),
            {"unnamed": "large double shot"},
            {"Size": "L", "Shots": "double shot"},
        ),
        (RICH, {"unnamed": "almond"}, {"Milk": "almond milk"}),
        (RICH, {"unnamed": "a bit of almond"}, {"Milk": "a bit of almond milk"}),
        (SPLIT, {"size": "small", "milk": "none"}, {"Size": "Small"}),
        (SPLIT, {"unnamed": "no milk | small"}, {"Size": "Small"}),
        (SPLIT, {"unnamed": "hold the soy | small"}, {"Size": "Small"}),
        (SPLIT, {"unnamed": "small | leave the milk out"}, {"Size": "Small"}),
    ],
)
def test_a_spoken_value_finds_the_products_own(
    thing: Product, asked: dict[str, str], expected: dict[str, str]
) -> None:
    assert chosen(select(thing, asked)) == expected


def test_a_product_with_one_variant_never_asks() -> None:
    assert select(product({}), {}).variant.id == "v0"
    assert select(product({"Size": ("One size",)}), {}).variant.id == "v0"


def test_size_is_asked_before_color_with_what_is_in_stock() -> None:
    shirt = product({"Color": ("Red", "Blue"), "Size": ("S", "M", "L")}, sold_out=("M",))
    with pytest.raises(ChoiceNeeded) as asked:
        select(shirt, {})
    assert (asked.value.field, asked.value.choices) == ("size", ("S", "L"))
    with pytest.raises(ChoiceNeeded) as asked:
        select(shirt, {"size": "L"})
    assert (asked.value.field, asked.value.choices) == ("color", ("Red", "Blue"))


def test_a_value_that_fits_two_is_asked_about() -> None:
    with pytest.raises(ChoiceNeeded) as asked:
        select(SHIRT, {"size": "M", "color": "blue"})
    assert (asked.value.field, asked.value.choices) == ("color", ("Navy blue", "Sky blue"))


def test_the_answer_to_a_question_settles_the_words_it_was_asked_about() -> None:
    with pytest.raises(ChoiceNeeded) as asked:
        select(SHIRT, {"size": "M", "unnamed": "blue"})
    answer = {asked.value.field: asked.value.choices[1]}
    assert chosen(select(SHIRT, {"size": "M", "unnamed": "blue", **answer})) == {
        "Size": "M",
        "Color": "Sky blue",
    }


def test_an_unknown_value_is_answered_with_what_it_is_akin_to() -> None:
    with pytest.raises(ToolError) as refused:
        select(COFFEE, {"size": "12 oz", "unnamed": "a little bit of oat milk"})
    assert list(refused.value.details["offered"]) == ["Milk"]  # type: ignore[call-overload]


def test_near_spelling_never_decides_between_two() -> None:
    tones = product({"Color": ("Coral", "Corral", "Black")})
    with pytest.raises(ChoiceNeeded) as asked:
        select(tones, {"color": "corall"})
    assert asked.value.choices == ("Coral", "Corral")


def test_a_number_is_never_matched_by_nearness() -> None:
    with pytest.raises(ToolError) as refused:
        select(SHOE, {"size": "12"})
    assert not isinstance(refused.value, ChoiceNeeded)
    assert refused.value.details["choices"] == ["9.5", "10", "10.5", "11"]
    assert refused.value.details["field"] == "Shoe size"


def test_an_unknown_value_names_what_exists() -> None:
    with pytest.raises(ToolError, match="Navy blue, Sky blue, Red"):
        select(SHIRT, {"size": "M", "color": "ultraviolet"})


def test_a_sold_out_value_names_what_is_in_stock() -> None:
    with pytest.raises(ToolError) as refused:
        select(product({"Size": ("S", "M", "L")}, sold_out=("M",)), {"size": "medium"})
    assert refused.value.details["reason"] == "out_of_stock"
    assert refused.value.details["choices"] == ["S", "L"]


def test_a_combination_that_is_not_made_names_the_ones_that_are() -> None:
    variants = (
        Variant("a", Decimal(1), {"Size": "S", "Color": "Red"}),
        Variant("b", Decimal(1), {"Size": "M", "Color": "Blue"}),
    )
    shirt = Product("p", "Shirt", variants, options={"Size": ("S", "M"), "Color": ("Red", "Blue")})
    with pytest.raises(ToolError) as refused:
        select(shirt, {"size": "S", "color": "Blue"})
    assert refused.value.details["reason"] == "no_such_variant"


def test_an_option_that_only_one_variant_leaves_open_is_not_asked() -> None:
    variants = (
        Variant("a", Decimal(1), {"Size": "S", "Color": "Red"}),
        Variant("b", Decimal(1), {"Size": "M", "Color": "Blue"}),
    )
    shirt = Product("p", "Shirt", variants, options={"Size": ("S", "M"), "Color": ("Red", "Blue")})
    assert select(shirt, {"color": "blue"}).variant.id == "b"


def test_preferences_fill_in_what_is_open_and_are_told() -> None:
    selection = select(SHIRT, {"color": "red"}, {"size": "medium", "color": "sky blue"})
    assert chosen(selection) == {"Size": "M", "Color": "Red"}
    assert selection.assumed == {"Size": "M"}


def test_a_preference_the_product_does_not_have_is_no_error() -> None:
    with pytest.raises(ChoiceNeeded):
        select(SHIRT, {"color": "red"}, {"size": "ten"})


def test_a_change_keeps_what_was_not_asked_anew() -> None:
    before = select(COFFEE, {"size": "8 oz", "unnamed": "single shot | dark roast"})
    after = select(COFFEE, {"unnamed": "double shot"}, current=before)
    assert chosen(after) == {"Size": "eight ounce", "Shots": "double shot", "Roast": "Dark"}
    assert "Roast" not in chosen(select(COFFEE, {"roast": "none"}, current=before))


def test_free_text_is_kept_as_said() -> None:
    ring = product({}, modifier("Engraving", "Your text", free_text=True))
    selection = select(ring, {"engraving": "For Ann, 2024"})
    assert [(m.value, m.surcharge) for m in selection.modifiers] == [("For Ann, 2024", Decimal(1))]
    for bad in ("", "x" * 201, "a\x00b"):
        with pytest.raises(ToolError):
            select(ring, {"engraving": bad})


def test_gift_wrap_by_its_name_is_enough_when_there_is_one_kind() -> None:
    gift = product({}, modifier("Gift wrap", "Paper with ribbon"))
    for asked in ({"unnamed": "gift wrap"}, {"gift wrap": "yes"}):
        assert chosen(select(gift, asked)) == {"Gift wrap": "Paper with ribbon"}
    two = product({}, modifier("Gift wrap", "Paper", "Box"))
    with pytest.raises(ChoiceNeeded) as asked_back:
        select(two, {"unnamed": "gift wrap"})
    assert asked_back.value.choices == ("Paper", "Box")


def test_no_more_values_of_a_modifier_than_it_allows() -> None:
    tea = product({}, modifier("Topping", "Boba", "Jelly", "Foam", max_choices=2))
    selection = select(tea, {"topping": "boba | foam"})
    assert [m.value for m in selection.modifiers] == ["Boba", "Foam"]
    with pytest.raises(ToolError):
        select(tea, {"topping": "boba | foam | jelly"})


def test_an_amount_the_product_does_not_offer_is_told() -> None:
    latte = product({}, modifier("Milk", "Soy milk", "Oat milk"))
    selection = select(latte, {"unnamed": "a little bit of soy milk"})
    assert chosen(selection) == {"Milk": "Soy milk"}
    assert selection.ignored == ("little bit",)


def test_a_color_that_is_in_the_title_needs_no_option() -> None:
    kettle = Product("k", "Blue kettle", (Variant("v", Decimal(5)),))
    assert select(kettle, {"color": "blue"}).variant.id == "v"
    with pytest.raises(ToolError):
        select(kettle, {"color": "red"})


@pytest.mark.parametrize("value", ["'; DROP TABLE x", "🎁", "a" * 2000, '" OR NEAR(', "\x00\x07", "-1"])
def test_hostile_values_are_refused_by_name(value: str) -> None:
    with pytest.raises(ToolError) as refused:
        select(SHIRT, {"size": value})
    assert refused.value.details["field"] == "size"
