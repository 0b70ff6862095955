"""Trips judge rightly: goals that can be reached, carts that are compared exactly, shoppers who react."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from voice_agent_cli.errors import UsageError
from voice_agent_cli.quality.trip_cases import Trip, own_trips, read_trips
from voice_agent_cli.quality.trips import Shops, Walked, rows, transcript, walk_all
from voice_agent_cli.shop.options import select
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.understanding.state import Call, State, Understanding

YARN = next(path for path in own_trips() if path.stem == "yarn")


class ScriptedAgent:
    """A stand-in for the agent: what each sentence means is written down in the test."""

    def __init__(self, script: Mapping[str, Understanding]) -> None:
        self._script = script

    def understand(self, text: str, state: State) -> Understanding:
        if text == "medium" and state.pending:
            return Understanding((Call(state.pending.tool, {**state.pending.arguments, "size": "4 mm"}),))
        return self._script.get(text, Understanding(small_talk="none"))

    def prepare(self, state: State) -> None:
        pass


def walked(tmp_path: Path, trip: dict[str, object], **script: Understanding) -> Walked:
    meant = {sentence.replace("_", " "): understood for sentence, understood in script.items()}
    made = Trip.model_validate({"name": "n", "kind": "k", "shopper": "s", **trip})
    return next(walk_all([(YARN, "yarn", made)], tmp_path, ScriptedAgent(meant)))


def call(tool: str, **arguments: object) -> Understanding:
    return Understanding((Call(tool, arguments),))


SLATE = {"product": "fenwool", "quantity": 2, "options": {"color": "Slate"}}
HAS_MOSS = "unwanted: 2 x fenwool (Moss)"
MOSS = {"product": "fenwool", "quantity": 2, "options": {"color": "Moss"}}
ADD_MOSS = call("add_to_cart", product="fenwool", color="moss", quantity=2)


def test_there_are_at_least_a_hundred_trips_of_five_turns_or_more() -> None:
    trips = [trip for path in own_trips() for trip in read_trips(path)[1]]
    assert len(trips) >= 100
    assert all(len(trip.says) >= 5 for trip in trips)
    assert len({trip.name for trip in trips}) == len(trips)


def test_no_two_shoppers_say_the_same_long_sentence() -> None:
    said = [
        step.say.lower() for path in own_trips() for trip in read_trips(path)[1] for step in trip.says
        if len(step.say.split()) > 6
    ]  # fmt: skip
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("path", own_trips(), ids=lambda path: path.stem)
def test_every_goal_is_a_cart_that_its_shop_can_fill_in_one_way_only(path: Path, shops: Shops) -> None:
    name, trips = read_trips(path)
    with Shop.open(shops.fresh(name, path), "goal") as shop:
        for trip in trips:
            shop.cart.clear()
            for wanted in trip.cart:
                product = shop.catalogue.get(wanted.product)
                assert product, (trip.name, wanted.product)
                # With an option left open this would ask.
                selection = select(product, {**wanted.options, **wanted.modifiers})
                line = shop.cart.add(product, selection, wanted.quantity)
                assert wanted.options.items() <= line.options.items(), trip.name
                assert {m.name: m.value for m in line.modifiers} == wanted.modifiers, trip.name
            if trip.code:
                assert shop.cart.apply_code(trip.code).code == trip.code


@pytest.mark.parametrize("path", own_trips(), ids=lambda path: path.stem)
def test_every_product_that_a_shopper_points_at_is_sold(path: Path, shops: Shops) -> None:
    name, trips = read_trips(path)
    with Shop.open(shops.fresh(name, path), "goal") as shop:
        for trip in trips:
            sentences = [text for step in trip.says for text in (step.say, step.again or "")]
            pointed = {part.split("}")[0] for text in sentences for part in text.split("{nth ")[1:]}
            pointed |= {step.when.split()[-1] for step in trip.says if step.when}
            assert all(shop.catalogue.get(product) for product in pointed), (trip.name, pointed)


def test_a_cart_that_is_just_the_goal_is_right(tmp_path: Path) -> None:
    made = walked(tmp_path, {"says": ["moss"], "cart": [MOSS]}, moss=ADD_MOSS)
    assert made.is_right
    assert rows([made])["all"] == {"trips": 1, "cart_right": 1.0, "turns": 1.0, "repeated": 0.0}


@pytest.mark.parametrize(
    ("goal", "wrong"),
    [
        ([{**MOSS, "quantity": 3}], ("missing: 3 x fenwool (Moss)", HAS_MOSS)),
        ([SLATE], ("missing: 2 x fenwool (Slate)", HAS_MOSS)),
        ([], (HAS_MOSS,)),
        ([MOSS, {"product": "hooks"}], ("missing: 1 x hooks",)),
    ],
)  # fmt: skip
def test_every_difference_from_the_goal_is_told(
    tmp_path: Path, goal: list[dict[str, object]], wrong: tuple[str, ...]
) -> None:
    made = walked(tmp_path, {"says": ["moss"], "cart": goal}, moss=ADD_MOSS)
    assert made.wrong == wrong
    assert "wrong: " + wrong[0] in transcript(made)


def test_a_missing_code_is_wrong(tmp_path: Path) -> None:
    made = walked(tmp_path, {"says": ["moss"], "cart": [MOSS], "code": "PURL5"}, moss=ADD_MOSS)
    assert made.wrong == ("code None instead of PURL5",)


def test_the_shopper_points_at_where_the_product_is_really_shown(tmp_path: Path) -> None:
    says = ["needles", "the {nth circulars} please, number {no circulars}"]
    made = walked(
        tmp_path, {"says": says, "cart": []}, needles=call("search_products", query="circular needles")
    )
    assert made.turns[1].said in {
        f"the {nth} please, number {no}" for nth, no in [("first", 1), ("second", 2)]
    }


def test_a_product_that_is_not_shown_is_not_pointed_at(tmp_path: Path) -> None:
    says = ["nothing", "the {nth bowl}", {"when": "not shown bowl", "say": "the bowl then"}]
    made = walked(tmp_path, {"says": says, "cart": []})
    assert [turn.said for turn in made.turns] == ["nothing", "the bowl then"]


def test_the_shopper_answers_what_is_asked_and_not_more(tmp_path: Path) -> None:
    trip = {
        "says": ["circulars", "bye"],
        "answers": {"size": "medium"},
        "cart": [{"product": "circulars", "options": {"size": "4 mm", "length": "80 cm"}}],
    }
    made = walked(tmp_path, trip, circulars=call("add_to_cart", product="circulars"))
    assert [turn.said for turn in made.turns] == ["circulars", "medium", "bye"]


def test_of_several_answers_the_one_that_is_offered_is_given(tmp_path: Path) -> None:
    trip = {"says": ["needles"], "answers": {"size": ["chunky", "eight millimetres or 8 mm"]}, "cart": []}
    made = walked(tmp_path, trip, needles=call("add_to_cart", product="birch-needles"))
    assert made.turns[1].said == "eight millimetres or 8 mm"


def test_a_product_that_the_shopper_does_not_want_is_not_taken(tmp_path: Path) -> None:
    trip = {"says": ["needles", "bye"], "answers": {"product": "the bowl"}, "cart": []}
    made = walked(tmp_path, trip, needles=call("add_to_cart", product="needles"))
    assert [turn.said for turn in made.turns] == ["needles", "bye"]


def test_what_is_refused_is_said_in_other_words(tmp_path: Path) -> None:
    trip = {"says": [{"say": "pink", "again": "moss"}], "cart": [MOSS]}
    made = walked(tmp_path, trip, pink=call("add_to_cart", product="fenwool", color="pink"), moss=ADD_MOSS)
    assert made.is_right
    assert made.repeated == 1


def test_what_was_done_in_part_is_not_said_again(tmp_path: Path) -> None:
    pink = Call("add_to_cart", {"product": "fenwool", "color": "pink"})
    both = Understanding((pink, *ADD_MOSS.calls))
    made = walked(tmp_path, {"says": [{"say": "both", "again": "both"}], "cart": [MOSS]}, both=both)
    assert made.is_right


def test_other_words_are_used_only_where_the_first_were_not_understood(tmp_path: Path) -> None:
    says = [{"say": "mumble", "again": "moss"}, {"say": "my cart", "again": "never said"}]
    made = walked(tmp_path, {"says": says, "cart": [MOSS]}, moss=ADD_MOSS, my_cart=call("view_cart"))
    assert [turn.said for turn in made.turns] == ["mumble", "moss", "my cart"]
    assert made.repeated == 1


def test_nobody_orders_what_they_did_not_ask_to_order(tmp_path: Path) -> None:
    made = walked(
        tmp_path,
        {"says": ["moss", "hm"], "cart": [MOSS]},
        moss=ADD_MOSS,
        hm=call("checkout"),
        No_=Understanding(small_talk="no"),
    )
    assert made.turns[-1].said == "No."
    assert made.is_right


def test_an_order_is_judged_by_what_was_ordered(tmp_path: Path) -> None:
    trip = {"says": ["moss", "pay"], "answers": {"confirm": "yes"}, "cart": [MOSS], "ordered": True}
    script = {"moss": ADD_MOSS, "pay": call("checkout"), "yes": call("checkout", confirm=True)}
    assert walked(tmp_path / "a", trip, **script).is_right
    unasked = walked(tmp_path / "b", {**trip, "ordered": False}, **script)
    assert "ordered, which nobody asked for" in unasked.wrong


def test_a_checkout_of_one_trip_leaves_the_shop_full_for_the_next(shops: Shops) -> None:
    with Shop.open(shops.fresh("yarn", YARN), "first") as shop:
        product = shop.catalogue.get("hooks")
        assert product
        shop.cart.add(product, select(product, {}), 14)
        shop.orders.place(shop.orders.check().fingerprint)
    with closing(Shop.open(shops.fresh("yarn", YARN), "second")) as shop:
        product = shop.catalogue.get("hooks")
        assert product
        assert shop.cart.add(product, select(product, {}), 14).quantity == 14


def test_a_file_that_holds_no_trips_is_refused_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text('shop = "yarn"\n[[trip]]\nname = "x"\nkind = "k"\nshopper = "s"\nsays = []\ncart = []\n')
    with pytest.raises(UsageError, match=r"broken.toml: trip.0.says"):
        read_trips(file)
