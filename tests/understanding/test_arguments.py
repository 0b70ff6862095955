"""What was said of a slot becomes the tools' argument."""

import pytest

from voice_agent_cli.understanding.arguments import spelt
from voice_agent_cli.understanding.completing import completed
from voice_agent_cli.understanding.language import parse
from voice_agent_cli.understanding.numbers import read


@pytest.mark.parametrize(
    ("said", "written", "code"),
    [
        ("apply orion 20", "Discount Code 20", "orion 20"),
        ("use the code 20", "Discount Code 20", "20"),
        ("take 10 off with cosy 10", "Discount Code 10", "cosy 10"),
        ("take 10 off with cosy 15", "Discount Code 15", "cosy 15"),
        ("spring 20 please", "Discount Code spring 20", "spring 20"),
        ("20", "Discount Code 20", "20"),
        ("Use SUN-5-B, please", "Discount Code 5", "sun 5 b"),
    ],
)
def test_a_code_that_ends_in_a_number_keeps_its_word(said: str, written: str, code: str) -> None:
    (phrase,) = completed(parse(written), read(said))
    assert phrase.values("Code") == (code,)


@pytest.mark.parametrize(
    ("said", "written", "whole"),
    [
        ("a gift 10 to 15 pounds", "Search Max 15 Query gift", "Search Max 15 Query gift Min 10"),
        ("hats from 10 to 15", "Search Query hats Min 10", "Search Query hats Min 10 Max 15"),
        ("hats under 15 and 2 scarves", "Search Query hats Max 15", "Search Query hats Max 15"),
        ("a toy for ages 3 to 5", "Search Query toy Max 5", "Search Query toy Max 5"),
        ("romper 3 to 6 months under 20", "Search Query romper Max 20", "Search Query romper Max 20"),
    ],
)
def test_both_ends_of_a_price_range_hold(said: str, written: str, whole: str) -> None:
    assert completed(parse(written), read(said)) == parse(whole)


@pytest.mark.parametrize(
    ("said", "written", "whole"),
    [
        ("take a plate off", "Remove Item plate", "Remove Item plate Quantity 1"),
        ("drop one scone", "Remove Item one scone", "Remove Item one scone Quantity 1"),
        ("take off one scone", "Remove Item scone", "Remove Item scone Quantity 1"),
        ("only the one scone take one off", "Remove Item scone", "Remove Item scone Quantity 1"),
        ("lose one of the scones", "Remove Item the scones", "Remove Item the scones Quantity 1"),
        ("one fewer scone", "Remove Item scone", "Remove Item scone Quantity 1"),
        ("one scone less", "Remove Item scone", "Remove Item scone Quantity 1"),
        ("take a couple of mugs off", "Remove Item a couple of mugs", "Remove Item a couple of mugs"),
        ("take a mug and the cup out", "Remove Item a mug Item the cup", "Remove Item a mug Item the cup"),
        ("remove the mug i need one mug", "Remove Item the mug", "Remove Item the mug"),
        ("drop the blue one", "Remove Item the blue one", "Remove Item the blue one"),
        ("take the plates out", "Remove Item the plates", "Remove Item the plates"),
        ("2 plates out", "Remove Quantity 2 Item plates", "Remove Quantity 2 Item plates"),
    ],
)
def test_taking_one_out_leaves_the_others(said: str, written: str, whole: str) -> None:
    assert completed(parse(written), read(said)) == parse(whole)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("order number b as in bravo one 0 5 5", "b1055"),
        ("m for mike 4 s like sierra", "m4s"),
        ("7 oh 3 9", "7039"),
        ("4 for 40", "4for40"),
        ("thanks 4 waiting", "thanks4waiting"),
    ],
)
def test_letters_told_by_a_word_are_letters(said: str, code: str) -> None:
    assert spelt(said) == code


@pytest.mark.parametrize(
    ("said", "written", "whole"),
    [
        ("another bottle of the red", "Update Item the red", "Update Item the red Quantity +1"),
        ("one plate is plenty", "Update Item plate", "Update Item plate Quantity 1"),
        ("make the red one large", "Update Item the red one", "Update Item the red one"),
        ("one more of those", "Update Item those", "Update Item those Quantity +1"),
        ("the red in another size", "Update Item the red Size 9", "Update Item the red Size 9"),
        ("put the mug in another colour", "Update Item the mug", "Update Item the mug"),
        ("one more thing change the hat", "Update Item the hat", "Update Item the hat"),
    ],
)
def test_another_of_what_is_in_the_cart_is_one_more(said: str, written: str, whole: str) -> None:
    assert completed(parse(written), read(said)) == parse(whole)


@pytest.mark.parametrize(
    ("said", "head"),
    [
        ("fifty dollars no way", "No"),
        ("what that much never mind", "No"),
        ("nah go ahead it's fine", "Yes"),
        ("stop asking me and place it", "Yes"),
        ("why wouldn't i", "Yes"),
    ],
)
def test_a_clear_refusal_is_never_taken_for_a_yes(said: str, head: str) -> None:
    assert completed(parse("Yes"), read(said)) == parse(head)


@pytest.mark.parametrize(
    ("said", "written", "about"),
    [
        ("how much does the case weigh", "Details About much Item the case", "weigh"),
        ("how long will it keep", "Details About long", "keep"),
        ("how much does the case cost", "Details About much Item the case", "much"),
        ("how long is the chain", "Details About long Item the chain", "long"),
        ("how much are they", "Details About much Item they", "much"),
        ("how much does it usually cost", "Details About much Item it", "much"),
    ],
)
def test_a_verb_says_what_is_asked(said: str, written: str, about: str) -> None:
    (phrase,) = completed(parse(written), read(said))
    assert phrase.values("About") == (about,)


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("what's new in kettles", "Search Sort new Query kettles"),
        ("what's new in the kettles section", "Search Sort new Category kettles"),
    ],
)
def test_a_department_is_named_as_one(said: str, whole: str) -> None:
    assert completed(parse("Search Sort new Category kettles"), read(said)) == parse(whole)


def test_an_order_number_is_its_own() -> None:
    (phrase,) = completed(parse("Track Order 1042"), read("the status of 1042"))
    assert phrase.values("Order") == ("1042",)
    (phrase,) = completed(parse("Track Order 1042"), read("where is AB-1042"))
    assert phrase.values("Order") == ("ab 1042",)


@pytest.mark.parametrize(
    ("said", "written", "quantity"),
    [
        ("half a dozen oranges", "Add Item oranges", ("half a dozen",)),
        ("a couple of those lamps", "Add Item lamps", ("a couple",)),
        ("a dozen eggs and 2 oranges", "Add Item oranges Quantity 2", ("2",)),
        ("a pair of boots", "Add Item boots", ()),
        ("alright one of those", "Add Item those", ("1",)),
        ("i'll have those", "Add Item those", ()),
    ],
)
def test_dozens_and_couples_are_a_quantity(said: str, written: str, quantity: tuple[str, ...]) -> None:
    (phrase,) = completed(parse(written), read(said))
    assert phrase.values("Quantity") == quantity


@pytest.mark.parametrize(
    ("said", "written", "whole"),
    [
        ("is there a costlier one", "Refine Change cheaper", "Refine Change pricier"),
        ("i could go for something more expensive", "Refine Change cheaper", "Refine Change pricier"),
        ("nothing more expensive than that", "Refine Change cheaper", "Refine Change cheaper"),
        ("too fancy anything cheaper", "Refine Change cheaper", "Refine Change cheaper"),
        ("show more lamps", "Search Query lamps", "Search Query lamps Change more"),
        ("a more comfortable chair", "Search Query chair", "Search Query chair"),
    ],
)
def test_more_says_which_way(said: str, written: str, whole: str) -> None:
    assert completed(parse(written), read(said)) == parse(whole)


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("mat or roller which is better for the bus", ("bus",)),
        ("mat or roller as a gift", ("gift",)),
        ("compare mat and roller for me", ()),
        ("for the bus the mat or the roller", ("bus",)),
        ("mat or roller for a five year old", ("5 year old",)),
        ("which of the mat and the roller is going to last longer", ("last",)),
        ("the mat or the roller for you", ()),
    ],
)
def test_things_are_compared_for_a_purpose(said: str, about: tuple[str, ...]) -> None:
    (phrase,) = completed(parse("Compare Item mat Item roller"), read(said))
    assert phrase.values("About") == about


def test_what_things_are_compared_for_is_part_of_no_name() -> None:
    (phrase,) = completed(
        parse("Compare Item the mat Item the roller for travel"), read("is the mat or the roller for travel")
    )
    assert phrase == parse("Compare Item the mat Item the roller About travel")[0]


@pytest.mark.parametrize(
    ("said", "written", "whole"),
    [
        (
            "a mat like that but longer",
            "Similar Item that Query longer",
            "Similar Item that mat Query longer",
        ),
        ("another mat like this", "Similar Item mat Item this", "Similar Item this mat"),
        ("a mat like that blue one", "Similar Item that blue one", "Similar Item that blue one"),
        ("a thing like that", "Similar Item that", "Similar Item that"),
    ],
)
def test_a_mat_like_that_is_like_the_mat(said: str, written: str, whole: str) -> None:
    assert completed(parse(written), read(said)) == parse(whole)


@pytest.mark.parametrize(
    ("said", "written", "whole"),
    [
        ("a bell a brass bell", "Add Item bell Add Item brass bell", "Add Item brass bell"),
        (
            "milk two pints of milk",
            "Add Item milk Quantity 2 Item pints of milk",
            "Add Quantity 2 Item pints of milk",
        ),
        (
            "two bags white gravel",
            "Add Quantity 2 Item bags Item gravel Color white",
            "Add Quantity 2 Item gravel Color white",
        ),
        ("bags and gravel", "Add Item bags Add Item gravel", "Add Item bags Add Item gravel"),
        ("a tea and a green tea", "Add Item tea Add Item green tea", "Add Item tea Add Item green tea"),
    ],
)
def test_what_is_said_again_more_exactly_is_one_thing(said: str, written: str, whole: str) -> None:
    assert completed(parse(written), read(said)) == parse(whole)


@pytest.mark.parametrize(
    ("said", "written", "head"),
    [
        ("and another mocha a large one", "Update Item mocha Size large", "Add"),
        ("make the mocha a large one", "Update Item the mocha Size large", "Update"),
        ("the mocha in another size a large", "Update Item the mocha Size large", "Update"),
    ],
)
def test_another_of_another_kind_changes_nothing_in_the_cart(said: str, written: str, head: str) -> None:
    (phrase,) = completed(parse(written), read(said))
    assert phrase.head == head
