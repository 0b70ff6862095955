"""From what the model wrote to calls with arguments: references, numbers and answers, by plain code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from .language import ANSWER, CORRECT, NO, SLOTS, TOOL_WORDS, YES, Kind, Phrase, Slot
from .references import Reference, mentioned, resolve
from .state import Call, Pending, ShownProduct, State, Understanding

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
IN_CART = frozenset({"update_cart", "remove_from_cart"})
ABOUT_ITSELF = frozenset({"color", "size"})
ARGUMENTS = frozenset(slot.argument for slot in SLOTS.values())
"""What an answer can fill in; anything else that was asked for is an option of the product."""
INDIFFERENT = frozenset({"any", "either", "whatever", "all"})
MOST_PRODUCTS = 4
_CONTAINERS = re.compile(
    r"^(bottle|box|pack|packet|tin|can|jar|bag|roll|sheet|slice|pot|tube|loaf|loave|pair|cop|copy|carton|tub|cup|"
    r"glass|bar|bunch|punnet|set)(s|es|ies)? of (the )?"
)
"""What something comes in is no part of its name: "two bottles of still water"."""


@dataclass(frozen=True)
class _Question:
    """Raised to the top of the translation when the shopper has to be asked."""

    text: str
    pending: Pending


def translate(phrases: Sequence[Phrase], state: State, confidence: Sequence[float]) -> Understanding:
    """The calls that some phrases mean in a state, or the question to ask first.

    Args:
        phrases: What the model wrote.
        state: The conversation as it stands.
        confidence: The model's for each phrase, 0 to 1.
    """
    calls: list[Call] = []
    for phrase, sure in zip(phrases, confidence, strict=True):
        if phrase.head in TOOL_WORDS:
            made: list[Call] | _Question = _tool_calls(TOOL_WORDS[phrase.head], phrase, state, sure)
        elif phrase.head == CORRECT:
            made = _correction(phrase, state, sure)
        elif phrase.head in (ANSWER, YES) and state.pending:
            made = _answer(phrase, state.pending, state, sure)
        elif phrase.head == NO:
            return Understanding(small_talk="no")
        else:
            return Understanding(small_talk=phrase.head.lower())
        if isinstance(made, _Question):
            return Understanding(tuple(calls), question=made.text, pending=made.pending)
        calls.extend(made)
    return Understanding(tuple(_side_by_side(calls)))


def _side_by_side(calls: Sequence[Call]) -> Iterator[Call]:
    """The same asked of several products ("what do the first two cost") is one comparison."""
    for (tool, about), group in groupby(calls, key=lambda call: (call.tool, call.arguments.get("about"))):
        asked = list(group)
        products = list(dict.fromkeys(call.arguments.get("product") for call in asked))
        if tool != "get_product_details" or not about or not 1 < len(products) <= MOST_PRODUCTS:
            yield from asked
            continue
        sure = min(call.confidence for call in asked)
        yield Call("compare_products", {"products": products, "about": about}, sure, "model+code")


def _tool_calls(tool: str, phrase: Phrase, state: State, sure: float) -> "list[Call] | _Question":
    arguments = _plain_arguments(phrase, tool)
    if tool not in ONE_PRODUCT | MANY_PRODUCTS:
        return [Call(tool, arguments, sure)]
    items = phrase.values("Item")
    brand = " ".join(phrase.values("Brand"))
    found = _products(items, brand, arguments, tool, state)
    if isinstance(found, _Question):
        return found
    products, by_code = found
    decided = "model+code" if by_code else "model"
    if tool in MANY_PRODUCTS:
        return [_comparison(tool, products, by_code, arguments, state, sure)]
    if not products:
        return [Call(tool, arguments, sure)]
    return [
        Call(tool, {"product": product, **_counted(arguments, product, state)}, sure, decided)  # type: ignore[arg-type]
        for product in products[:MOST_PRODUCTS]
    ]


def _comparison(
    tool: str,
    products: Sequence[str],
    by_code: bool,
    arguments: Mapping[str, Any],
    state: State,
    sure: float,
) -> Call:
    """Of the products named, or those a single phrase speaks of, or all that is shown."""
    if not by_code and len(products) < 2:
        said = mentioned(" ".join(products), state.shown)
        products = said if len(said) > 1 else [product.id for product in state.shown]
        by_code = True
    chosen = list(products[:MOST_PRODUCTS])
    return Call(tool, {"products": chosen, **arguments}, sure, "model+code" if by_code else "model")


def _plain_arguments(phrase: Phrase, tool: str) -> dict[str, Any]:
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
        return values[0].replace(" ", "")
    match slot.kind:
        case Kind.FLAG:
            return True
        case Kind.CHOICE:
            return slot.choices[values[0]]
        case Kind.NUMBER:
            return re.sub(r"[^\d.]", "", values[0])
        case Kind.COUNT:
            return _count(values[0])
        case Kind.WORDS:
            return values[0]


def _count(written: str) -> int | str:
    """A quantity; a change of quantity ("+1") stays text until the cart's line is known."""
    if written[0] in "+-":
        return written
    digits = re.match(r"\d+", written)
    return int(digits.group()) if digits else 1


def _counted(arguments: Mapping[str, Any], product: str, state: State) -> dict[str, Any]:
    """The arguments with "+1" made the new quantity of the product's line in the cart."""
    change = arguments.get("quantity")
    if not isinstance(change, str):
        return dict(arguments)
    held = next((entry.quantity for entry in state.cart if entry.product.id == product), 0)
    return {**arguments, "quantity": max(held + int(change), 0) or 1}


def _products(
    items: Sequence[str], brand: str, arguments: Mapping[str, Any], tool: str, state: State
) -> "tuple[tuple[str, ...], bool] | _Question":
    """The products that the references mean, and whether code found them; names stay as said."""
    if not items and not brand:
        return _unsaid(tool, state), bool(_unsaid(tool, state))
    hint = " ".join(str(arguments[name]) for name in ABOUT_ITSELF if arguments.get(name))
    products: list[str] = []
    by_code = False
    for item in items or (brand,):
        said = item if brand in item else f"{brand} {item}"
        reference = _looked_up(said, hint, tool, state)
        if reference.ambiguous and tool not in MANY_PRODUCTS:
            return _which(reference, tool, arguments, state)
        by_code = by_code or bool(reference.ids)
        products.extend(reference.ids or (_CONTAINERS.sub("", said),))
    return tuple(dict.fromkeys(products)), by_code


def _looked_up(said: str, hint: str, tool: str, state: State) -> Reference:
    """In the cart alone for what changes the cart, else in what was shown and then in the cart."""
    in_cart = tuple(entry.product for entry in state.cart)
    places = (in_cart,) if tool in IN_CART else (state.shown, in_cart)
    focus = None if tool in MANY_PRODUCTS else state.focus
    ambiguous = Reference()
    for candidates in places:
        reference = resolve(said, candidates, focus, hint)
        if reference.ids and not reference.ambiguous:
            return reference
        ambiguous = ambiguous if ambiguous.ids else reference
    return ambiguous


def _unsaid(tool: str, state: State) -> tuple[str, ...]:
    """The product meant when none is named: the only candidate, or the one last talked about."""
    candidates = (
        [entry.product.id for entry in state.cart] if tool in IN_CART else [p.id for p in state.shown]
    )
    if state.focus in candidates:
        return (str(state.focus),)
    return tuple(candidates) if len(candidates) == 1 else ()


def _which(reference: Reference, tool: str, arguments: Mapping[str, Any], state: State) -> _Question:
    titles = _titles(reference.ids, state)
    listed = ", ".join(titles[:-1]) + f" or {titles[-1]}"
    text = f"Which one: {listed}?" if len(titles) <= 3 else "Which one do you mean?"
    return _Question(text, Pending(text, tool, "product", dict(arguments), titles))


def _titles(ids: Sequence[str], state: State) -> tuple[str, ...]:
    known: dict[str, ShownProduct] = {
        p.id: p for p in (*state.shown, *(entry.product for entry in state.cart))
    }
    return tuple(known[i].title for i in ids if i in known)


def _answer(phrase: Phrase, pending: Pending, state: State, sure: float) -> "list[Call] | _Question":
    """The call that was waiting, with the answer in its place."""
    if phrase.head == YES:
        if pending.missing != "confirm":
            return _Question(pending.question, pending)
        return [Call(pending.tool, {**pending.arguments, "confirm": True}, sure, "model+code")]
    if pending.missing == "confirm":
        return _Question(pending.question, pending)
    said = " ".join(phrase.values("Value"))
    arguments = {**pending.arguments, **_plain_arguments(phrase, pending.tool)}
    if pending.missing == "product":
        return _answered_product(said, pending, arguments, state, sure)
    if pending.missing in ARGUMENTS:
        arguments[pending.missing] = _answered_value(said, pending)
    else:
        held = arguments.get("options") or {}
        arguments["options"] = {**held, pending.missing: said}
    return [Call(pending.tool, arguments, sure, "model+code")]


def _answered_product(
    said: str, pending: Pending, arguments: dict[str, Any], state: State, sure: float
) -> "list[Call] | _Question":
    everything = {p.id: p for p in (*state.shown, *(entry.product for entry in state.cart))}
    asked = [product for product in everything.values() if product.title in pending.choices]
    reference = resolve(said, asked, state.focus)
    if not reference.ids:
        reference = _looked_up(said, "", pending.tool, state)
    if reference.ambiguous:
        return _which(reference, pending.tool, arguments, state)
    products = reference.ids or (said,)
    decided = "model+code"
    return [Call(pending.tool, {**arguments, "product": product}, sure, decided) for product in products]  # type: ignore[arg-type]


def _answered_value(said: str, pending: Pending) -> Any:
    if pending.missing == "quantity":
        return _count(said)
    if said in INDIFFERENT and pending.choices:
        return pending.choices[0]
    if pending.missing == "options":
        return {"unnamed": said}
    return said.replace(" ", "") if pending.missing == "code" else said


def _correction(phrase: Phrase, state: State, sure: float) -> "list[Call] | _Question":
    """The last call again with what was said otherwise; what it did to the cart is taken back first."""
    last = state.last_call
    if last is None:
        tool = "refine_search" if state.last_search else "search_products"
        if phrase.values("Item"):
            text = "What would you like me to do with it?"
            return _Question(text, Pending(text, "get_product_details", "product"))
        return [Call(tool, _plain_arguments(phrase, tool), sure)]
    made = _tool_calls(last.tool, phrase, replace(state, focus=_other_than(last, state)), sure)
    if isinstance(made, _Question):
        return made
    merged = [
        replace(call, arguments={**_kept(last, call), **call.arguments}, decided_by="model+code")
        for call in made
    ]
    return merged if state.last_refused else list(_taken_back(last, merged))


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
