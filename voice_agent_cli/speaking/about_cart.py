"""Words for the cart, its changes, and orders."""

from collections.abc import Callable, Mapping
from typing import Any

from voice_agent_cli.speaking.phrases import (
    MOST_SAID,
    clean,
    counted,
    listed,
    money,
    pick,
    sentence,
    title_of,
    with_options,
)
from voice_agent_cli.speaking.said import Said

Result = Mapping[str, Any]
_UNDONE = {
    "add": "What you put in last is out again.",
    "update": "That is as it was before.",
    "remove": "It is back in the cart.",
    "clear": "Your cart is back as it was.",
    "discount": "The code is off again.",
}


def added(result: Result) -> Said:
    line, count = result["line"], result["added"]
    many = f"{count} of " if count > 1 else ""
    opening = pick(("Done.", "It's in your cart.", "Got it."), line["title"] + line["line_id"])
    notes = [f"I took {clean(value, 40)}, as you like it." for value in result["assumed"].values()]
    notes += _left_out(result)
    told = sentence(f"{many}the {with_options(line)}")
    return Said((opening, told, *notes), cart=result["cart"], changed_cart=True)


def updated(result: Result) -> Said:
    line = result["line"]
    count = f"{line['quantity']} of " if str(line["quantity"]) != result["before"].get("quantity") else ""
    told = sentence(f"now it's {count}the {with_options(line)}")
    return Said(("Changed.", told, *_left_out(result)), cart=result["cart"], changed_cart=True)


def _left_out(result: Result) -> list[str]:
    return [f"I can't say how much, so I left out {clean(value, 40)}." for value in result["ignored"]]


def removed(result: Result) -> Said:
    gone = result["removed"]
    left = f"There {'is' if gone['left'] == 1 else 'are'} {gone['left']} left." if gone["left"] else ""
    told = sentence(f"the {title_of(gone)} is out of your cart") if not left else "I took some out."
    return Said(tuple(filter(None, (told, left))), cart=result["cart"], changed_cart=True)


def viewed(result: Result) -> Said:
    cart = result["cart"]
    if not cart["lines"]:
        return Said(("Your cart is empty.",), cart=cart)
    return Said((_sum(cart), *_lines(cart), *notices(cart)), cart=cart)


def _sum(cart: Result) -> str:
    return f"You have {counted(cart['count'], 'item')} for {money(cart['total'], cart['currency'])}."


def _lines(cart: Result) -> tuple[str, ...]:
    lines = cart["lines"]
    told = [f"{line['quantity']} {with_options(line)}" for line in lines[:MOST_SAID]]
    if len(lines) > MOST_SAID:
        told.append(f"{len(lines) - MOST_SAID} more")
    code = f"The code {clean(cart['discount_code'], 30)} is applied." if cart["discount_code"] else ""
    return tuple(filter(None, (sentence("; ".join(told)), code)))


def notices(cart: Result) -> tuple[str, ...]:
    """What has changed about the cart since the shopper last heard of it."""
    titles = {line["line_id"]: title_of(line) for line in cart["lines"]}
    words = {
        "gone": "{} is no longer sold.",
        "modifier_gone": "an extra of {} is no longer offered.",
        "stock": "there are not enough of {} left.",
        "price_changed": "the price of {} has changed.",
        "discount": "The discount code does not apply now.",
    }
    told = [
        words[n["kind"]].format(titles.get(n["line_id"], "it")) for n in cart["notices"] if n["kind"] in words
    ]
    return tuple(dict.fromkeys(sentence(text) for text in told))


def cleared(result: Result) -> Said:
    return Said(("Your cart is empty now.", "Say undo if you want it back."), cart=result["cart"])


def undone(result: Result) -> Said:
    return Said(("Taken back.", _UNDONE[result["undone"]]), cart=result["cart"], changed_cart=True)


def discounted(result: Result) -> Said:
    cart = result["cart"]
    saved = money(cart["discount"], cart["currency"])
    replaced = f" in place of {clean(result['replaced'], 30)}" if result["replaced"] else ""
    told = f"It takes off {saved}."
    return Said(
        (f"The code {clean(result['code'], 30)} works{replaced}.", told), cart=cart, changed_cart=True
    )


def ordered(result: Result) -> Said:
    order = result["order"]
    opening = "That order is placed already." if result["already_placed"] else "Thank you, it is ordered."
    told = f"It is order number {order['number']}, {money(order['total'], order['currency'])} in all."
    return Said((opening, told))


def tracked(result: Result) -> Said:
    order = result["order"]
    lines = listed([f"{line['quantity']} {title_of(line)}" for line in order["lines"][:MOST_SAID]])
    opening = f"Order number {order['number']} is {clean(order['status'], 60)}."
    return Said((opening, sentence(f"{lines}, {money(order['total'], order['currency'])} in all")))


def total(cart: Result) -> str:
    """The last sentence after changes of the cart."""
    if not cart["lines"]:
        return "Your cart is empty now."
    return f"Your total is {money(cart['total'], cart['currency'])}."


def confirming(tool: str, cart: Result) -> tuple[str, str]:
    """The cart said back, and the question before it is ordered or emptied."""
    question = {"checkout": "Shall I place the order?", "clear_cart": "Shall I empty it?"}
    return _sum(cart), question.get(tool, "Shall I go ahead?")


WORDS: Mapping[str, Callable[[Result], Said]] = {
    "add_to_cart": added,
    "update_cart": updated,
    "remove_from_cart": removed,
    "view_cart": viewed,
    "clear_cart": cleared,
    "undo": undone,
    "apply_discount": discounted,
    "checkout": ordered,
    "track_order": tracked,
}
