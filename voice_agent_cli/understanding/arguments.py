"""From the slots of a phrase to the arguments of a tool: numbers, sizes, codes and choices, by plain code."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .language import SLOTS, Kind, Phrase, Slot
from .state import State

MANY_PRODUCTS = frozenset({"compare_products"})
ONE_PRODUCT = frozenset(
    {
        "get_product_details",
        "check_availability",
        "recommend_similar",
        "add_to_cart",
        "update_cart",
        "remove_from_cart",
    }
)
_SIZE_OF = re.compile(r"^(in )?(an? |the )?(size |sz )?(an? )?")
"""What is said before a size: "size 10", "a 10", "in a size 10"."""
_SPOKEN_DIGITS = {"one": "1", "oh": "0"}
_AS_IN = re.compile(r"\b([a-z]) (?:as in|like|for) \1\w+")
"""How letters are told apart over the telephone: "b as in bravo"."""


def plain_arguments(phrase: Phrase, tool: str) -> dict[str, Any]:
    """Every slot but the products themselves, as the tools' schemas want them."""
    elsewhere = {"Item", "Value"} | ({"Brand"} if tool in ONE_PRODUCT | MANY_PRODUCTS else set())
    names = dict.fromkeys(slot for slot, _ in phrase.slots if slot not in elsewhere)
    return {SLOTS[name].argument: _argument(SLOTS[name], phrase.values(name)) for name in names}


def _argument(slot: Slot, values: Sequence[str]) -> Any:
    """A slot's values as its argument."""
    if slot.argument == "query":
        return " ".join(values)
    if slot.argument == "exclude":
        return list(values)
    if slot.argument == "options":
        return {"unnamed": " | ".join(values)}
    if slot.argument in ("code", "order"):
        return spelt(values[0])
    match slot.kind:
        case Kind.FLAG:
            return True
        case Kind.CHOICE:
            return slot.choices[values[0]]
        case Kind.NUMBER:
            return re.sub(r"[^\d.]", "", values[0])
        case Kind.COUNT:
            return count(values[0])
        case Kind.WORDS:
            return _size(values[0]) if slot.argument == "size" else values[0]


def _size(said: str) -> str:
    """A size without what is said before it; several "mediums" are of one size."""
    size = _SIZE_OF.sub("", said) or said
    return size.removesuffix("s") if size in ("smalls", "mediums", "larges") else size


def spelt(said: str) -> str:
    """A code or number without its spaces: "one" and "oh" are digits in it, "number" before it is no part."""
    letters = _AS_IN.sub(r"\1", re.sub(r"^(the )?(order |code )?(number |code )?", "", said) or said)
    return "".join(_SPOKEN_DIGITS.get(word, word) for word in letters.split())


def count(written: str) -> int | str:
    """A quantity; a change of quantity ("+1") stays text until the cart's line is known."""
    if written[0] in "+-":
        return written
    digits = re.match(r"\d+", written)
    said = int(digits.group()) if digits else 1
    if re.search(r"\bdozen\b", written):
        return 6 if written.startswith("half") else 12 * said
    return 2 if re.search(r"\b(couple|pair|both)\b", written) else said


def counted(arguments: Mapping[str, Any], product: str, state: State) -> dict[str, Any]:
    """The arguments with "+1" made the new quantity of the product's line in the cart."""
    change = arguments.get("quantity")
    if not isinstance(change, str):
        return dict(arguments)
    return {**arguments, "quantity": max(in_all(change, product, state), 0) or 1}


def in_all(change: str, product: object, state: State) -> int:
    """How many pieces of a product the cart would hold after a change of "+1" or "-2"."""
    held = next((entry.quantity for entry in state.cart if entry.product.id == product), 0)
    return held + int(change)
