"""From a phrase that names a tool to its calls: which products are meant, or the question which."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice_agent_cli.shop.words import words

from .arguments import MANY_PRODUCTS, ONE_PRODUCT, counted, plain_arguments
from .describing import describes, name_and_kind
from .language import Phrase
from .references import Reference, is_only_pointed_at, mentioned, points, resolve
from .state import Call, Pending, ShownProduct, State

IN_CART = frozenset({"update_cart", "remove_from_cart"})
COUNTED = frozenset({"add_to_cart", "update_cart", "remove_from_cart"})
ABOUT_ITSELF = frozenset({"color", "size"})
MOST_PRODUCTS = 4
_CONTAINERS = re.compile(
    r"^(bottle|box|pack|packet|tin|can|jar|bag|roll|sheet|slice|pot|tube|loaf|loave|pair|cop|copy|carton|tub|cup|"
    r"glass|bar|bunch|punnet|set)(s|es|ies)? of (the )?"
)
_FROM = re.compile(
    r"(?P<item>.+) (?:from|by) (?P<brand>(?!(?:the|my|your|an?|this|that|here|earlier|before)\b).+)"
)
"""A name behind "from" or "by" is somebody who makes things."""
_SEVERAL = re.compile(r"\b([2-4]|both)\b")
"""Said of products, it asks for them side by side: "the brands of those two"."""
_EACH = re.compile(r"\b(each|every|both|all|and|[2-9])\b")
_PACK = "bag|pair|pack|packet|bottle|tin|piece"
_PACKED = re.compile(rf"(?P<count>\d+|one) (({_PACK})s?|box(es)?)( of)?|(({_PACK})s|boxes)( of)?")
"""Packages alone, with their number: "two packs" are a quantity, no size and no product."""


@dataclass(frozen=True)
class Question:
    """Raised to the top of the translation when the shopper has to be asked."""

    text: str
    pending: Pending


def tool_calls(tool: str, phrase: Phrase, state: State, sure: float) -> "list[Call] | Question":
    """The calls of a tool, one for each product meant, or the question which of several is.

    Args:
        tool: The tool that the phrase names.
        phrase: What the model wrote of it.
        state: The conversation as it stands.
        sure: The model's confidence, 0 to 1.
    """
    phrase = _unpacked(phrase, tool, state)
    items = phrase.values("Item")
    tool = _as_it_can_be_meant(tool, items, phrase, state)
    arguments = plain_arguments(phrase, tool)
    if arguments.get("query") and arguments.get("change") == "more":
        return [_more(tool, arguments, state, sure)]
    if tool not in ONE_PRODUCT | MANY_PRODUCTS:
        return [Call(tool, arguments, sure)]
    brand = " ".join(phrase.values("Brand"))
    if tool == "recommend_similar" and len(items) == 1:
        like, brand, wanted = _from_another(items[0], brand, state)
        items = (like,)
        arguments |= {"brand": wanted} if wanted else {}
    found = _products(items, brand, arguments, tool, state)
    if isinstance(found, Question):
        return found
    products, by_code = found
    if tool == "get_product_details" and not by_code and _SEVERAL.search(" ".join(items)):
        tool = "compare_products"
    decided = "model+code" if by_code else "model"
    if tool in MANY_PRODUCTS:
        return [_comparison(tool, products, by_code, arguments, state, sure)]
    if not products:
        return [Call(tool, arguments, sure)]
    return [
        Call(tool, {"product": product, **counted(arguments, product, state)}, sure, decided)  # type: ignore[arg-type]
        for product in products[:MOST_PRODUCTS]
    ]


def _more(tool: str, arguments: Mapping[str, Any], state: State, sure: float) -> Call:
    """ "More lamps": further results where lamps are shown, else a search for them."""
    sought = str((state.last_search or {}).get("query", ""))
    known = {word for text in (sought, *map(name_and_kind, state.shown)) for word in words(text)}
    if state.last_search and set(words(str(arguments["query"]))) <= known:
        others = {name: value for name, value in arguments.items() if name != "query"}
        return Call("refine_search", others, sure, "model+code")
    if tool == "search_products":
        return Call(tool, {name: value for name, value in arguments.items() if name != "change"}, sure)
    return Call(tool, arguments, sure)


def _from_another(item: str, brand: str, state: State) -> tuple[str, str, str]:
    """ "Like the kettle, but by Ostmark": the reference, the brand that is part of it, the brand wanted."""
    named = None if brand else _FROM.fullmatch(item)
    like, maker = (named["item"], named["brand"]) if named else (item, brand)
    found = resolve(like, state.known, state.focus)
    own = [product for product in state.known if product.id in found.ids]
    if not maker or not own or found.ambiguous:
        return item, brand, ""
    if any(describes(word, product) for word in maker.split() for product in own):
        return item, brand, ""
    return like, "", maker


def _unpacked(phrase: Phrase, tool: str, state: State) -> Phrase:
    """ "Two bags", "two bags, white gravel": what is in them is meant, or the product last talked about."""
    if tool not in COUNTED:
        return phrase
    phrase = _counted_in_packs(phrase, "Size")
    if not _PACKED.fullmatch(" ".join(phrase.values("Item"))):
        return phrase
    inside = next(iter(phrase.values("With")), "")
    if not inside and not _unsaid(tool, state):
        return phrase
    named = [("Item", inside)] if inside else []
    kept = [slot for slot in _counted_in_packs(phrase, "Item").slots if slot != ("With", inside)]
    return Phrase(phrase.head, (*named, *(slot for slot in kept if slot[0] != "Item")))


def _counted_in_packs(phrase: Phrase, slot: str) -> Phrase:
    """The phrase with a slot that only counts packages as the quantity, unless that was said, too."""
    packed = _PACKED.fullmatch(" ".join(phrase.values(slot)))
    if not packed or not packed["count"]:
        return phrase
    others = tuple(entry for entry in phrase.slots if entry[0] != slot)
    said = phrase.values("Quantity")
    return Phrase(phrase.head, others if said else (*others, ("Quantity", packed["count"])))


def _as_it_can_be_meant(tool: str, items: Sequence[str], phrase: Phrase, state: State) -> str:
    """What is shown and not in the cart can only be added; what is only in the cart, changed or paid for."""
    if tool == "update_cart" and items and _is_new(items, state):
        return "add_to_cart"
    if tool != "add_to_cart" or len(items) != 1:
        return tool
    if resolve(items[0], state.shown, state.focus).ids or not resolve(items[0], state.held, state.focus).ids:
        return tool
    if items[0] in ("these", "those", "all of these", "all of those") and not state.shown:
        return "checkout"
    changed = any(phrase.values(slot) for slot in ("Size", "Color", "With"))
    return "update_cart" if changed and points(items[0]) else tool


def _is_new(items: Sequence[str], state: State) -> bool:
    """Whether nothing that is named can be in the cart: it is empty, or each is shown and not there."""
    if not state.cart:
        return all(not points(item) or _names_one_shown(item, state) for item in items)
    return all(
        resolve(item, state.shown, state.focus).ids and not resolve(item, state.held, state.focus).ids
        for item in items
    )


def _names_one_shown(item: str, state: State) -> bool:
    found = resolve(item, state.shown, state.focus)
    return len(found.ids) == 1 and not found.ambiguous and not is_only_pointed_at(item)


def _comparison(
    tool: str,
    products: Sequence[str],
    by_code: bool,
    arguments: Mapping[str, Any],
    state: State,
    sure: float,
) -> Call:
    """Of the products named, or those a single phrase speaks of, or all that is shown."""
    if len(products) < 2:
        said = mentioned(" ".join(products), state.shown)
        products = said if len(said) > 1 else [product.id for product in state.shown]
        by_code = True
    chosen = list(products[:MOST_PRODUCTS])
    return Call(tool, {"products": chosen, **arguments}, sure, "model+code" if by_code else "model")


def _products(
    items: Sequence[str], brand: str, arguments: Mapping[str, Any], tool: str, state: State
) -> "tuple[tuple[str, ...], bool] | Question":
    """The products that the references mean, and whether code found them; names stay as said."""
    if not items and not brand:
        return _unsaid(tool, state), bool(_unsaid(tool, state))
    hint = " ".join(str(arguments[name]) for name in ABOUT_ITSELF if arguments.get(name))
    products: list[str] = []
    by_code = False
    for item in items or (brand,):
        said = item if brand in item else f"{brand} {item}"
        reference = looked_up(said, hint, tool, state)
        if reference.ambiguous and tool == "add_to_cart" and _is_a_name(said, reference, state):
            reference = Reference()
        if tool == "add_to_cart" and arguments.get("quantity") == 1:
            reference = _only_one(said, reference, state)
        if reference.ambiguous and tool not in MANY_PRODUCTS:
            return which(reference, tool, arguments, state)
        by_code = by_code or bool(reference.ids)
        products.extend(reference.ids or (uncontained(said),))
    return tuple(dict.fromkeys(products)), by_code


def _is_a_name(said: str, reference: Reference, state: State) -> bool:
    """Whether "a small espresso" is something else than the drinks shown that only have espresso in them."""
    titles = [ShownProduct(p.id, p.title) for p in state.shown if p.id in reference.ids]
    return not points(said) and not mentioned(said, titles)


def _only_one(said: str, reference: Reference, state: State) -> Reference:
    """ "One of those" is the product last talked about, or has to be asked for; "one each" is all of them."""
    if len(reference.ids) < 2 or _EACH.search(said):
        return reference
    if state.focus in reference.ids:
        return Reference((str(state.focus),))
    return Reference(reference.ids, ambiguous=True)


def looked_up(said: str, hint: str, tool: str, state: State) -> Reference:
    """In the cart alone for what changes the cart, else in what was shown and then in the cart."""
    places = (state.held,) if tool in IN_CART else (state.shown, state.held)
    if state.focus and tool not in IN_CART and is_only_pointed_at(said):
        return Reference((state.focus,))
    if tool == "add_to_cart" and not points(said):
        # "Strawberry jam" is something new, whatever lies in the cart.
        places = (state.shown,)
    focus = None if tool in MANY_PRODUCTS else state.focus
    ambiguous = Reference()
    for candidates in places:
        reference = resolve(said, candidates, focus, hint)
        if reference.ids and (tool in MANY_PRODUCTS or not reference.ambiguous):
            return reference
        ambiguous = ambiguous if ambiguous.ids else reference
    if not ambiguous.ids and tool != "add_to_cart":
        named = mentioned(said, places[0])
        return Reference(named) if len(named) == 1 and (tool in IN_CART or points(said)) else ambiguous
    return ambiguous


def _unsaid(tool: str, state: State) -> tuple[str, ...]:
    """The product meant when none is named: the only candidate, or the one last talked about."""
    candidates = [product.id for product in (state.held if tool in IN_CART else state.shown)]
    if state.focus in candidates:
        return (str(state.focus),)
    return tuple(candidates) if len(candidates) == 1 else ()


def uncontained(name: str) -> str:
    """What something comes in is no part of its name: "bottle of still water"."""
    return _CONTAINERS.sub("", name)


def which(reference: Reference, tool: str, arguments: Mapping[str, Any], state: State) -> Question:
    """The question which of the products of an ambiguous reference is meant."""
    titles = _titles(reference.ids, state)
    listed = ", ".join(titles[:-1]) + f" or {titles[-1]}"
    text = f"Which one: {listed}?" if len(titles) <= 3 else "Which one do you mean?"
    return Question(text, Pending(text, tool, "product", dict(arguments), titles))


def _titles(ids: Sequence[str], state: State) -> tuple[str, ...]:
    known = {product.id: product.title for product in state.known}
    return tuple(known[i] for i in ids if i in known)
