"""From what the model wrote to calls: references found, answers filled in, corrections made."""

from dataclasses import replace
from decimal import Decimal

import pytest

from voice_agent_cli.understanding.calls import translate
from voice_agent_cli.understanding.language import parse
from voice_agent_cli.understanding.state import Call, CartEntry, Pending, ShownProduct, State, Understanding
from voice_agent_cli.understanding.wire import state_from

BOOT = ShownProduct("boot", "Tarn Hiking Boot", Decimal("89.00"), "Fellgate", attributes={"color": "brown"})
RUNNER = ShownProduct("runner", "Ridge Runner", Decimal("64.50"), "Fellgate", attributes={"color": "blue"})
SHOWN = State(shown=(BOOT, RUNNER), last_search={"query": "shoes"})


def understood(written: str, state: State = SHOWN) -> Understanding:
    phrases = parse(written)
    return translate(phrases, state, [0.9] * len(phrases))


def made(written: str, state: State = SHOWN) -> list[tuple[str, dict[str, object]]]:
    return [(call.tool, dict(call.arguments)) for call in understood(written, state).calls]


@pytest.mark.parametrize(
    ("written", "tool", "arguments"),
    [
        (
            "Search Color red Query running shoes Query for kids Max 50 Not leather Not laces Sale",
            "search_products",
            {
                "color": "red",
                "query": "running shoes for kids",
                "max_price": "50",
                "exclude": ["leather", "laces"],
                "on_sale": True,
            },
        ),
        ("Refine Change back Sort cheap", "refine_search", {"change": "previous", "sort": "price_asc"}),
        (
            "Add Item the blue one Quantity 2 Size 10",
            "add_to_cart",
            {"product": "runner", "quantity": 2, "size": "10"},
        ),
        (
            "Add Item iced mocha Size large With single shot With soy milk",
            "add_to_cart",
            {"product": "iced mocha", "size": "large", "options": {"unnamed": "single shot | soy milk"}},
        ),
        ("Add Brand acme Item blender", "add_to_cart", {"product": "acme blender"}),
        (
            "Compare Item both About weight",
            "compare_products",
            {"products": ["boot", "runner"], "about": "weight"},
        ),
        ("Discount Code spring 20", "apply_discount", {"code": "spring20"}),
        ("Policy Topic hours", "get_store_policy", {"topic": "opening_hours"}),
        ("Prefer Budget 50 Brand fellgate", "set_preference", {"budget": "50", "brand": "fellgate"}),
    ],
)
def test_a_phrase_becomes_a_call_with_the_arguments_said(
    written: str, tool: str, arguments: dict[str, object]
) -> None:
    assert made(written) == [(tool, arguments)]


def test_several_requests_become_several_calls_in_order() -> None:
    assert made("Add Item the second one Cart") == [("add_to_cart", {"product": "runner"}), ("view_cart", {})]


def test_a_plural_reference_becomes_a_call_for_each_product() -> None:
    assert made("Details Item both") == [
        ("get_product_details", {"product": "boot"}),
        ("get_product_details", {"product": "runner"}),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "Details Item both About brand",
        "Details Item the first About brand Details Item the second About brand",
    ],
)
def test_the_same_asked_of_two_products_puts_them_side_by_side(written: str) -> None:
    assert made(written) == [("compare_products", {"products": ["boot", "runner"], "about": "brand"})]


def test_it_is_asked_which_one_where_the_reference_fits_several() -> None:
    asked = understood("Add Item the fellgate one Size 9")
    assert asked.calls == ()
    assert asked.question == "Which one: Tarn Hiking Boot or Ridge Runner?"
    assert asked.pending == Pending(
        asked.question, "add_to_cart", "product", {"size": "9"}, ("Tarn Hiking Boot", "Ridge Runner")
    )


def test_an_answer_fills_in_what_was_missing() -> None:
    pending = Pending("Which size?", "add_to_cart", "size", {"product": "boot"}, ("9", "10"))
    state = State(shown=(BOOT,), pending=pending)
    assert made("Answer Value 10 Quantity 2", state) == [
        ("add_to_cart", {"product": "boot", "quantity": 2, "size": "10"})
    ]


@pytest.mark.parametrize(
    ("said", "quantity"),
    [("half a dozen", 6), ("a dozen", 12), ("2 dozen", 24), ("a couple", 2), ("just the one", 1)],
)
def test_a_number_of_pieces_may_be_said_in_words(said: str, quantity: int) -> None:
    pending = Pending("How many?", "add_to_cart", "quantity", {"product": "boot"})
    state = State(shown=(BOOT,), pending=pending)
    assert made(f"Answer Value {said}", state) == [("add_to_cart", {"product": "boot", "quantity": quantity})]


def test_an_answer_to_which_one_is_looked_up_among_the_choices() -> None:
    pending = Pending("Which?", "add_to_cart", "product", {"size": "9"}, (BOOT.title, RUNNER.title))
    state = State(shown=(BOOT, RUNNER), pending=pending)
    assert made("Answer Value the blue one", state) == [("add_to_cart", {"size": "9", "product": "runner"})]


def test_an_answer_about_an_option_of_the_products_own_is_kept_under_its_name() -> None:
    state = State(pending=Pending("Which roast?", "add_to_cart", "roast", {"product": "latte"}))
    assert made("Answer Value dark", state) == [
        ("add_to_cart", {"product": "latte", "options": {"roast": "dark"}})
    ]


def test_a_yes_confirms_what_was_asked_and_a_no_does_nothing() -> None:
    state = State(pending=Pending("Place the order?", "checkout", "confirm"))
    assert made("Yes", state) == [("checkout", {"confirm": True})]
    assert made("No", state) == []


def test_a_yes_to_another_question_asks_it_again() -> None:
    pending = Pending("Which size?", "add_to_cart", "size", {"product": "boot"})
    again = understood("Yes", State(pending=pending))
    assert (again.calls, again.question, again.pending) == ((), "Which size?", pending)


def test_a_correction_takes_the_last_addition_back_and_makes_it_again() -> None:
    state = State(shown=(BOOT, RUNNER), last_call=Call("add_to_cart", {"product": "boot", "size": "9"}))
    assert made("Correct Item the blue one", state) == [
        ("undo", {}),
        ("add_to_cart", {"size": "9", "product": "runner"}),
    ]
    assert made("Correct Size 10", state)[1] == ("add_to_cart", {"product": "boot", "size": "10"})


def test_a_corrected_search_keeps_what_was_not_corrected() -> None:
    state = State(last_call=Call("search_products", {"query": "dress", "color": "red"}))
    assert made("Correct Color green", state) == [("search_products", {"query": "dress", "color": "green"})]


def test_one_more_counts_from_what_the_cart_holds() -> None:
    state = State(cart=(CartEntry("l1", BOOT, 2),))
    assert made("Update Item the boots Quantity +1", state) == [
        ("update_cart", {"product": "boot", "quantity": 3})
    ]


def test_changes_look_in_the_cart_first_and_additions_in_what_is_shown() -> None:
    state = State(shown=(RUNNER,), cart=(CartEntry("l1", BOOT, 1),), focus=None)
    assert made("Remove Item it", state) == [("remove_from_cart", {"product": "boot"})]
    assert made("Add Item it", state) == [("add_to_cart", {"product": "runner"})]


def test_what_is_no_order_makes_no_call() -> None:
    for word in ("None", "Unable", "Thanks", "Hello"):
        assert understood(word) == Understanding(small_talk=word.lower())


def test_nothing_is_added_when_what_is_in_an_empty_cart_is_to_be_changed() -> None:
    for written in ("Update Item everything Quantity 2", "Update Item it Size 9"):
        state = State(shown=(BOOT, RUNNER), focus="boot")
        assert "add_to_cart" not in [tool for tool, _ in made(written, state)]


def test_what_is_pointed_at_and_shown_can_only_be_added_to_an_empty_cart() -> None:
    assert made("Update Item the boots Quantity 2", State(shown=(BOOT, RUNNER))) == [
        ("add_to_cart", {"product": "boot", "quantity": 2})
    ]


def test_what_is_shown_and_not_in_the_cart_is_added_even_where_a_change_was_understood() -> None:
    state = State(shown=(RUNNER,), cart=(CartEntry("l1", BOOT, 1),))
    assert made("Update Item the blue one Size 9", state) == [
        ("add_to_cart", {"product": "runner", "size": "9"})
    ]
    assert made("Update Item the boots Size 9", state) == [("update_cart", {"product": "boot", "size": "9"})]


def test_the_one_in_the_cart_is_changed_and_another_of_its_kind_is_added() -> None:
    state = State(cart=(CartEntry("l1", BOOT, 1),))
    assert made("Add Item the boots Size 9", state) == [("update_cart", {"product": "boot", "size": "9"})]
    assert made("Add Item hiking boots Size 9", state) == [
        ("add_to_cart", {"product": "hiking boots", "size": "9"})
    ]


def test_these_are_paid_for_where_nothing_but_the_cart_is_there() -> None:
    assert made("Add Item these", State(cart=(CartEntry("l1", BOOT), CartEntry("l2", RUNNER)))) == [
        ("checkout", {})
    ]


def test_what_is_named_and_only_akin_to_something_shown_stays_as_it_was_named() -> None:
    juice = ShownProduct("juice", "Orchard Apple Juice", category="drinks")
    eggs = ShownProduct("eggs", "Free Range Eggs", category="groceries")
    state = State(shown=(juice, eggs), cart=(CartEntry("l1", juice),))
    assert made("Add Item strawberry jam", state) == [("add_to_cart", {"product": "strawberry jam"})]
    assert made("Add Item oranges Quantity 6", state) == [
        ("add_to_cart", {"product": "oranges", "quantity": 6})
    ]


@pytest.mark.parametrize("said", ["10", "size 10", "a 10", "in a size 10"])
def test_a_size_is_what_stands_behind_the_word(said: str) -> None:
    assert made(f"Available Item the boots Size {said}") == [
        ("check_availability", {"product": "boot", "size": "10"})
    ]


@pytest.mark.parametrize(
    ("said", "size"),
    [("regular's fine", "Regular"), ("just a large", "Large"), ("huge", "huge"), ("the tall one", "tall")],
)
def test_an_answer_names_one_of_the_choices_or_stays_as_it_was_said(said: str, size: str) -> None:
    pending = Pending("Which size?", "add_to_cart", "size", {"product": "latte"}, ("Regular", "Large"))
    assert made(f"Answer Value {said}", State(pending=pending))[0][1]["size"] == size


@pytest.mark.parametrize(
    ("last", "written", "then"),
    [
        (Call("track_order", {"order": "4417"}), "Correct Quantity 4471", {"order": "4471"}),
        (Call("apply_discount", {"code": "spring10"}), "Correct Query spring one 2", {"code": "spring12"}),
        (Call("check_availability", {"product": "boot", "size": "9"}), "Correct Quantity 10", {"size": "10"}),
        (
            Call("get_product_details", {"product": "boot", "about": "price"}),
            "Correct Item the weight",
            {"about": "the weight"},
        ),
        (
            Call("check_availability", {"product": "boot"}),
            "Correct Query the blue one",
            {"product": "runner"},
        ),
    ],
)
def test_a_correction_goes_where_the_last_call_has_room_for_it(
    last: Call, written: str, then: dict[str, str]
) -> None:
    state = State(shown=(BOOT, RUNNER), last_call=last)
    (tool, arguments), *others = made(written, state)
    assert (tool, others) == (last.tool, [])
    assert arguments == {**last.arguments, **then}


@pytest.mark.parametrize(
    ("written", "brand"),
    [
        ("Similar Item the boots Brand ostmark", "ostmark"),
        ("Similar Item the boots by ostmark", "ostmark"),
        ("Similar Item the boots from the first row", None),
    ],
)
def test_what_is_alike_may_be_wanted_from_another_brand(written: str, brand: str | None) -> None:
    ((tool, arguments),) = made(written, State(shown=(BOOT, RUNNER)))
    assert (tool, arguments.get("brand")) == ("recommend_similar", brand)


def test_several_things_to_remember_are_one_call_and_the_last_said_holds() -> None:
    assert made("Prefer Size 12 Prefer Budget 60 Prefer Size 10", State()) == [
        ("set_preference", {"size": "10", "budget": "60"})
    ]


def test_the_same_question_twice_in_a_breath_is_one_and_two_of_the_same_thing_stay_two() -> None:
    assert made("Policy Topic shipping Cart Policy Topic shipping") == [
        ("get_store_policy", {"topic": "shipping"}),
        ("view_cart", {}),
    ]
    assert len(made("Add Item flat white Add Item flat white")) == 2


def test_it_is_the_product_of_the_last_call_where_a_context_says_nothing_of_it() -> None:
    products = [{"id": "boot", "title": "Tarn Hiking Boot"}, {"id": "runner", "title": "Ridge Runner"}]
    last = {"tool": "add_to_cart", "arguments": {"product": "runner"}}
    state = state_from({"shown": products, "last_call": last})
    assert made("Details Item it About weight", state) == [
        ("get_product_details", {"product": "runner", "about": "weight"})
    ]


def test_a_correction_that_only_points_speaks_of_the_same_product() -> None:
    last = Call("add_to_cart", {"product": "boot"})
    state = State(shown=(BOOT, RUNNER), last_call=last)
    assert made("Correct Item those Quantity 3", state) == [
        ("undo", {}),
        ("add_to_cart", {"product": "boot", "quantity": 3}),
    ]
    gone = State(shown=(RUNNER,), last_call=last)
    assert made("Correct Item it Quantity 2", gone)[1] == ("add_to_cart", {"product": "boot", "quantity": 2})


@pytest.mark.parametrize(
    ("written", "call"),
    [
        ("Search Query boots Change more", ("refine_search", {"change": "more"})),
        ("Refine Change more Query boots", ("refine_search", {"change": "more"})),
        ("Search Query kettles Change more", ("search_products", {"query": "kettles"})),
        ("Refine Change more Query zips", ("refine_search", {"change": "more", "query": "zips"})),
    ],
)
def test_more_of_what_is_shown_are_further_results(written: str, call: tuple[str, dict[str, str]]) -> None:
    assert made(written, State(shown=(BOOT, RUNNER), last_search={"query": "boots"})) == [call]


def test_nothing_is_taken_out_of_an_empty_cart() -> None:
    assert made("Remove Item oil paint") == [("refine_search", {"exclude": ["oil paint"]})]
    assert made("Remove Item the coats Search Query gloves") == [("search_products", {"query": "gloves"})]
    assert made("Remove Item the coats", State()) == [("remove_from_cart", {"product": "the coats"})]


def test_one_thing_cannot_be_compared_with_itself() -> None:
    assert made("Compare Item the boots") == [("compare_products", {"products": ["boot", "runner"]})]


def test_two_bags_are_two_of_what_is_in_them() -> None:
    gravel, fish = ShownProduct("gravel", "Quartz Gravel"), ShownProduct("fish", "Neon Fish")
    state = State(shown=(gravel, fish), focus="fish")
    assert made("Add Item bags With gravel Quantity 2", state) == [
        ("add_to_cart", {"product": "gravel", "quantity": 2})
    ]
    assert made("Add Item bags Quantity 2", replace(state, focus="gravel")) == [
        ("add_to_cart", {"product": "gravel", "quantity": 2})
    ]


def test_a_name_that_only_options_of_what_is_shown_share_is_looked_up_by_the_shop() -> None:
    drinks = tuple(
        ShownProduct(name, name.title(), attributes={"shots": ["espresso", "decaf"]})
        for name in ("latte", "mocha")
    )
    assert made("Add Item espresso", State(shown=drinks)) == [("add_to_cart", {"product": "espresso"})]
    assert understood("Add Item the espresso one", State(shown=drinks)).question is not None


def test_two_that_cannot_be_told_apart_here_are_compared_all_the_same() -> None:
    assert made("Details Item those 2 coats About brand", State()) == [
        ("compare_products", {"products": [], "about": "brand"})
    ]


def test_what_is_named_can_only_be_added_to_an_empty_cart() -> None:
    assert made("Update Item 2 coats Size 8", State()) == [
        ("add_to_cart", {"product": "2 coats", "size": "8"})
    ]


def test_what_is_shown_and_not_in_the_cart_is_added_several_at_once_too() -> None:
    state = replace(SHOWN, cart=(CartEntry("line", ShownProduct("hat", "Felt Hat")),))
    assert [tool for tool, _ in made("Update Item the boot Item the blue one Size 8", state)] == [
        "add_to_cart"
    ] * 2


def test_one_of_those_is_the_product_talked_about_or_is_asked_for() -> None:
    assert made("Add Item those Quantity 1", replace(SHOWN, focus="runner")) == [
        ("add_to_cart", {"product": "runner", "quantity": 1})
    ]
    assert understood("Add Item those Quantity 1").question == "Which one: Tarn Hiking Boot or Ridge Runner?"
    each = made("Add Item each of those Quantity 1")
    assert [arguments["product"] for _, arguments in each] == ["boot", "runner"]


def test_it_is_what_was_talked_about_last_even_where_it_was_not_shown() -> None:
    assert made("Add Item that one", replace(SHOWN, focus="lamp")) == [("add_to_cart", {"product": "lamp"})]


@pytest.mark.parametrize(
    "written", ["Update Item 2 pairs", "Update Item it Size 2 pairs", "Update Item pairs Quantity 2"]
)
def test_packages_are_a_number_and_no_size_or_product(written: str) -> None:
    state = replace(SHOWN, cart=(CartEntry("line", BOOT),), focus="boot")
    assert made(written, state) == [("update_cart", {"product": "boot", "quantity": 2})]
    assert made("Update Item it Size one packet", state) == [
        ("update_cart", {"product": "boot", "quantity": 1})
    ]


def test_a_bound_of_the_price_takes_nothing_out_of_the_cart_again() -> None:
    added = replace(SHOWN, last_call=Call("add_to_cart", {"product": "boot"}))
    assert made("Correct Max 70", added) == [("refine_search", {"max_price": "70"})]


def test_a_yes_to_the_only_product_offered_means_that_one() -> None:
    asked = Pending(
        "Do you mean the Ridge Runner?", "add_to_cart", "product", {"quantity": 2}, ("Ridge Runner",)
    )
    assert made("Yes", replace(SHOWN, pending=asked)) == [
        ("add_to_cart", {"quantity": 2, "product": "Ridge Runner"})
    ]
