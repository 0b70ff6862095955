"""What is asked back, where the model is not sure that a change is meant: a yes then makes it."""

from collections.abc import Mapping, Sequence

from .state import Call, Pending, State

UNSURE = "Sorry, I'm not sure I got that. Could you say it again?"
_WHETHER: Mapping[str, str] = {
    "add_to_cart": "Shall I add {what} to your cart?",
    "remove_from_cart": "Shall I take {what} out of your cart?",
    "update_cart": "Shall I change {what} in your cart?",
    "apply_discount": "Shall I use the code {code}?",
    "undo": "Shall I undo the last change?",
}
"""Paying and emptying the cart are left out: they ask before they do anything, and are asked for again."""


def whether(calls: Sequence[Call], state: State) -> tuple[str, Pending | None]:
    """The question whether some calls are meant, and what a yes does; several have to be said again."""
    if len(calls) != 1 or calls[0].tool not in _WHETHER:
        return UNSURE, None
    call = calls[0]
    text = _WHETHER[call.tool].format(what=_named(call, state), code=call.arguments.get("code", ""))
    return text, Pending(text, call.tool, "confirm", call.arguments)


def _named(call: Call, state: State) -> str:
    """The product with its number and what was said of it: "2 of Ridge Runner in 9"."""
    product = str(call.arguments.get("product") or "it")
    name = next((one.title for one in state.known if one.id == product), product)
    quantity = call.arguments.get("quantity", 1)
    details = [str(call.arguments[part]) for part in ("size", "color") if call.arguments.get(part)]
    return (f"{quantity} of {name}" if quantity != 1 else name) + (
        f" in {', '.join(details)}" if details else ""
    )
