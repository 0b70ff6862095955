"""From an answer to a question, or a correction of the last call, to the call that it completes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .arguments import MANY_PRODUCTS, ONE_PRODUCT, count, counted, plain_arguments, spelt
from .language import ANSWER, SLOTS, YES, Phrase
from .numbers import read
from .references import Reference, is_only_pointed_at, mentioned, resolve
from .state import Call, Pending, ShownProduct, State
from .tool_calls import COUNTED, Question, looked_up, tool_calls, which

ARGUMENTS = frozenset(slot.argument for slot in SLOTS.values())
"""What an answer can fill in; anything else that was asked for is an option of the product."""
CONFIRMED = frozenset({"checkout", "clear_cart"})
"""The tools that want to hear that they were confirmed."""
_AROUND_AN_ANSWER = re.compile(r"^(?:just |only )?(?:in )?(?:the |an? )?(?:size )?(?P<value>.+?)(?: ones?)?$")
"""What is said around a value: "just a single", "the brown one"."""
INDIFFERENT = frozenset({"any", "either", "whatever", "all"})


def answered(phrase: Phrase, pending: Pending, state: State, sure: float) -> "list[Call] | Question":
    """The call that was waiting, with the answer in its place."""
    if phrase.head == YES:
        if pending.missing == "product" and len(pending.choices) == 1:
            meant = {**pending.arguments, "product": pending.choices[0]}
            return [Call(pending.tool, meant, sure, "model+code")]
        if pending.missing != "confirm":
            return Question(pending.question, pending)
        confirmed = {"confirm": True} if pending.tool in CONFIRMED else {}
        return [Call(pending.tool, {**pending.arguments, **confirmed}, sure, "model+code")]
    if pending.missing == "confirm":
        return Question(pending.question, pending)
    said = " ".join(phrase.values("Value"))
    arguments = {**pending.arguments, **plain_arguments(phrase, pending.tool)}
    if pending.missing == "product":
        return _answered_product(said, pending, arguments, state, sure)
    if pending.missing in ARGUMENTS:
        arguments[pending.missing] = _answered_value(said, pending)
    else:
        held = arguments.get("options") or {}
        arguments["options"] = {**held, pending.missing: _bare(said)}
    return [Call(pending.tool, arguments, sure, "model+code")]


def answers_nothing(phrase: Phrase, state: State) -> bool:
    """Whether an answer names none of what was asked about: then it may be no answer.

    "Which one?" was asked, and none of those is named; or "which colour?", and it is the
    name of something else that was shown.
    """
    pending = state.pending
    if phrase.head != ANSWER or not pending:
        return False
    said = " ".join(phrase.values("Value"))
    if pending.missing == "product":
        specific = bool(pending.choices) and said not in INDIFFERENT
        return specific and not _chosen_product(said, pending, state).ids
    if pending.missing in ("confirm", "quantity", "code") or _chosen(said, pending.choices):
        return False
    return _names_another(said, pending, state)


def _names_another(said: str, pending: Pending, state: State) -> bool:
    """Whether the words are out of the titles of products shown, and not of the one in question."""
    asked_of = pending.arguments.get("product") or state.focus
    by_title = [ShownProduct(product.id, product.title) for product in state.shown]
    named = mentioned(said, by_title)
    return bool(named) and asked_of not in named


def _chosen_product(said: str, pending: Pending, state: State) -> Reference:
    """Among those asked about, or else among all that can be spoken of."""
    everything = {product.id: product for product in state.known}
    asked = [product for product in everything.values() if product.title in pending.choices]
    reference = resolve(said, asked, state.focus)
    return reference if reference.ids else looked_up(said, "", pending.tool, state)


def _answered_product(
    said: str, pending: Pending, arguments: dict[str, Any], state: State, sure: float
) -> "list[Call] | Question":
    reference = _chosen_product(said, pending, state)
    if reference.ambiguous:
        return which(reference, pending.tool, arguments, state)
    products = reference.ids or (said,)
    decided = "model+code"
    return [Call(pending.tool, {**arguments, "product": product}, sure, decided) for product in products]  # type: ignore[arg-type]


def _answered_value(said: str, pending: Pending) -> Any:
    if pending.missing == "quantity":
        return count(said)
    if said in INDIFFERENT and pending.choices:
        return pending.choices[0]
    if pending.missing == "options":
        return {"unnamed": _bare(said)}
    if pending.missing == "code":
        return spelt(said)
    return _chosen(said, pending.choices) or _bare(said)


def _bare(said: str) -> str:
    """An answer's value without the small words around it."""
    around = _AROUND_AN_ANSWER.match(said)
    return around["value"].removesuffix("'s") if around else said


def _chosen(said: str, choices: Sequence[str]) -> str | None:
    """The one choice that is named in an answer: "just a single", "regular's fine"."""
    spoken = " ".join(word.text.removesuffix("'s") for word in read(said).words)
    named = [choice for choice in choices if f" {read(choice)} " in f" {spoken} "]
    longest = [c for c in named if not any(c != o and c.lower() in o.lower() for o in named)]
    return longest[0] if len(longest) == 1 else None


def corrected(phrase: Phrase, state: State, sure: float) -> "list[Call] | Question":
    """The last call again with what was said otherwise; what it did to the cart is taken back first."""
    last = state.last_call
    if last is None and state.cart and phrase.values("Item"):
        return tool_calls("update_cart", phrase, state, sure)
    if last is None:
        tool = "refine_search" if state.last_search else "search_products"
        if phrase.values("Item"):
            text = "What would you like me to do with it?"
            return Question(text, Pending(text, "get_product_details", "product"))
        return [Call(tool, plain_arguments(phrase, tool), sure)]
    if (
        last.tool in COUNTED
        and phrase.slots
        and not any(slot not in ("Max", "Min") for slot, _ in phrase.slots)
    ):
        # Nothing in a cart has a bound of its price: what is looked for is meant, and nothing is taken back.
        return [Call("refine_search", plain_arguments(phrase, "refine_search"), sure, "model+code")]
    phrase = _as_the_last_call_has_it(phrase, last, state)
    made = _made_anew(phrase, last, state, sure)
    if isinstance(made, Question):
        return made
    merged = [
        replace(call, arguments={**_kept(last, call), **call.arguments}, decided_by="model+code")
        for call in made
    ]
    return merged if state.last_refused else list(_taken_back(last, merged))


def _as_the_last_call_has_it(phrase: Phrase, last: Call, state: State) -> Phrase:
    """What was said otherwise, under the slot that the call has for it: "no, 4471" is an order's number."""
    for tool, slot in (("apply_discount", "Code"), ("track_order", "Order")):
        if last.tool == tool and phrase.slots:
            return Phrase(phrase.head, ((slot, phrase.slots[0][1]),))
    if last.tool in ONE_PRODUCT and not phrase.values("Item"):
        phrase = _renamed(phrase, "Query", "Item")
    if last.tool not in ONE_PRODUCT | MANY_PRODUCTS:
        phrase = _renamed(phrase, "Item", "Query")
    if last.arguments.get("about") and not any(phrase.values(name) for name in ("About", "Color", "Size")):
        phrase = _renamed(phrase, "Item", "About", lambda value: not resolve(value, state.known).ids)
    if str(last.arguments.get("size", ""))[:1].isdigit() and "quantity" not in last.arguments:
        phrase = _renamed(phrase, "Quantity", "Size")
    return phrase


def _made_anew(phrase: Phrase, last: Call, state: State, sure: float) -> "list[Call] | Question":
    """The call with what was said now; "i wanted three of those" speaks of the product that it had."""
    product = last.arguments.get("product")
    if product and len(phrase.slots) > 1 and any(map(_is_the_same, phrase.values("Item"))):
        rest = Phrase(phrase.head, tuple(slot for slot in phrase.slots if slot[0] != "Item"))
        arguments = counted(plain_arguments(rest, last.tool), str(product), state)
        return [Call(last.tool, {"product": product, **arguments}, sure, "model+code")]
    return tool_calls(last.tool, phrase, replace(state, focus=_other_than(last, state)), sure)


def _is_the_same(item: str) -> bool:
    """Whether only the product that the call is about can be meant."""
    return is_only_pointed_at(item) or item in ("those", "these", "them", "of those", "of these", "of them")


def _renamed(
    phrase: Phrase, slot: str, new: str, where: Callable[[str], bool] = lambda _value: True
) -> Phrase:
    """The phrase with the values of one slot, where they fit, under another."""
    slots = ((new if name == slot and where(value) else name, value) for name, value in phrase.slots)
    return Phrase(phrase.head, tuple(slots))


def _other_than(last: Call, state: State) -> str | None:
    """ "The other one" is any but the product of the call being corrected."""
    product = last.arguments.get("product")
    return str(product) if product else state.focus


def _kept(last: Call, call: Call) -> Mapping[str, Any]:
    """The arguments of the last call that still hold; another product drops its size and colour."""
    if call.arguments.get("product", last.arguments.get("product")) == last.arguments.get("product"):
        return last.arguments
    return {name: value for name, value in last.arguments.items() if name in ("quantity", "size", "about")}


def _taken_back(last: Call, calls: Sequence[Call]) -> Iterator[Call]:
    if last.tool == "add_to_cart":
        yield Call("undo", {}, min(call.confidence for call in calls), "code")
    yield from calls
