"""The short form in which the model writes calls.

A token costs a model on a CPU ten milliseconds, so calls are written in few words:
``Add Item the second one Size 10 Cart`` is two calls. Key words are capitalised and
what the shopper said is lower case, so that neither can be taken for the other.
Values are copied from the utterance, never invented: see grammar.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """How the value of a slot is written."""

    WORDS = "words said"
    NUMBER = "a number said"
    COUNT = "a number said, or implied as in 'a couple'"
    CHOICE = "one of a fixed set"
    FLAG = "nothing"


@dataclass(frozen=True)
class Slot:
    """A slot of the short form.

    Attributes:
        name: Its key word.
        argument: The tools' argument that it fills.
        kind: How its value is written.
        choices: For ``CHOICE``: the written word -> the argument's value.
        repeatable: Whether it may be written several times in one call.
    """

    name: str
    argument: str
    kind: Kind = Kind.WORDS
    choices: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False


TOOL_WORDS: Mapping[str, str] = {
    "Search": "search_products",
    "Refine": "refine_search",
    "Details": "get_product_details",
    "Available": "check_availability",
    "Compare": "compare_products",
    "Similar": "recommend_similar",
    "Add": "add_to_cart",
    "Update": "update_cart",
    "Remove": "remove_from_cart",
    "Cart": "view_cart",
    "Clear": "clear_cart",
    "Undo": "undo",
    "Discount": "apply_discount",
    "Checkout": "checkout",
    "Track": "track_order",
    "Policy": "get_store_policy",
    "Prefer": "set_preference",
}
"""The key word of every tool."""

CHANGES_SOMETHING = frozenset(
    {"add_to_cart", "update_cart", "remove_from_cart", "clear_cart", "checkout", "undo", "apply_discount"}
)
"""The tools that touch the cart or an order."""

ANSWER, CORRECT, YES, NO = "Answer", "Correct", "Yes", "No"
ASIDES = ("Hello", "Thanks", "Bye", "Help", "Repeat", "Unable", "None")
"""Utterances that are no order: each stands alone."""

SLOTS: Mapping[str, Slot] = {
    slot.name: slot
    for slot in (
        Slot("Query", "query", repeatable=True),
        Slot("Category", "category"),
        Slot("Brand", "brand"),
        Slot("Color", "color"),
        Slot("Size", "size"),
        Slot("With", "options", repeatable=True),
        Slot("Not", "exclude", repeatable=True),
        Slot("Min", "min_price", Kind.NUMBER),
        Slot("Max", "max_price", Kind.NUMBER),
        Slot("Sale", "on_sale", Kind.FLAG),
        Slot("Stock", "in_stock", Kind.FLAG),
        Slot(
            "Sort",
            "sort",
            Kind.CHOICE,
            {
                "cheap": "price_asc",
                "expensive": "price_desc",
                "new": "newest",
                "rated": "rating",
                "discount": "discount",
            },
        ),
        Slot("Limit", "limit", Kind.COUNT),
        Slot(
            "Change",
            "change",
            Kind.CHOICE,
            {"cheaper": "cheaper", "pricier": "pricier", "more": "more", "back": "previous"},
        ),
        Slot("Item", "product", repeatable=True),
        Slot("Quantity", "quantity", Kind.COUNT),
        Slot("About", "about"),
        Slot("Code", "code"),
        Slot("Order", "order"),
        Slot(
            "Topic",
            "topic",
            Kind.CHOICE,
            {
                "shipping": "shipping",
                "returns": "returns",
                "payment": "payment",
                "hours": "opening_hours",
                "other": "other",
            },
        ),
        Slot("Budget", "budget", Kind.NUMBER),
        Slot("Value", "value"),
    )
}
"""Every slot by its key word."""

SLOT_OF_ARGUMENT: Mapping[str, str] = {slot.argument: slot.name for slot in SLOTS.values()} | {
    "products": "Item"
}
"""The slot that fills an argument of a tool's schema."""


@dataclass(frozen=True)
class Phrase:
    """One call as the model wrote it: the key word, and the slots in the order written.

    A slot's value is the words written behind it, joined by spaces; empty for a flag.
    """

    head: str
    slots: tuple[tuple[str, str], ...] = ()

    def values(self, slot: str) -> tuple[str, ...]:
        """All the values written for ``slot``, in order."""
        return tuple(value for name, value in self.slots if name == slot)


HEADS = frozenset((*TOOL_WORDS, ANSWER, CORRECT, YES, NO, *ASIDES))


def write(phrases: Sequence[Phrase]) -> str:
    """The short form of some calls, as the model is trained to write it."""
    words: list[str] = []
    for phrase in phrases:
        words.append(phrase.head)
        for slot, value in phrase.slots:
            words.append(slot)
            words.extend(value.split())
    return " ".join(words)


def parse(text: str) -> tuple[Phrase, ...]:
    """Read the short form back; words outside any slot are left out.

    The inverse of :func:`write` for everything the grammar admits.
    """
    phrases: list[tuple[str, list[tuple[str, list[str]]]]] = []
    for word in text.split():
        if word in HEADS:
            phrases.append((word, []))
        elif word in SLOTS and phrases:
            phrases[-1][1].append((word, []))
        elif phrases and phrases[-1][1]:
            phrases[-1][1][-1][1].append(word)
    return tuple(
        Phrase(head, tuple((slot, " ".join(words)) for slot, words in slots)) for head, slots in phrases
    )
