"""The dialogue states in which the patterns are said: what is shown, what is in the cart, what was asked."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voice_agent_cli.understanding.state import CartEntry, Pending, ShownProduct, State

OPEN_QUESTIONS = ("size", "color", "product", "option", "quantity", "confirm", "code")
SELF_CONTAINED = frozenset(
    {"Search", "Cart", "Policy", "Details", "Compare", "Track", "Similar", "Checkout", "Discount", "Undo"}
)


@dataclass(frozen=True)
class Pattern:
    """One hand-written line: the state it is said in, and its text with mark-up."""

    source: str
    state: str
    text: str


@dataclass(frozen=True)
class Scene:
    """A state, and the products that the sentence said in it may speak of."""

    state: State
    shown: list[dict[str, str]] = field(default_factory=list)
    held: list[dict[str, str]] = field(default_factory=list)


def some_products(
    dice: random.Random, shop: Mapping[str, list], counts: tuple[int, ...] = (1, 2, 3, 3, 3, 4, 5)
) -> list[dict[str, str]]:
    """Two to five products as they might have just been read out."""
    products = []
    same = dice.choice(shop["things"])[0]
    for _ in range(dice.choice(counts)):
        thing = same if dice.random() < 0.6 else dice.choice(shop["things"])[0]
        brand, color = dice.choice(shop["brands"]), dice.choice(shop["colors"])
        shape = dice.random()
        if shape < 0.4:
            title = dice.choice(shop["titles"])
        elif shape < 0.65:
            title = f"{brand} {thing}"
        elif shape < 0.8:
            title = f"{dice.choice(shop['materials'])} {thing}"
        else:
            title = f"{color} {thing}"
        products.append(
            {"title": title, "thing": thing, "brand": brand, "color": color if dice.random() < 0.5 else ""}
        )
    return products


def scene_for(
    patterns: Sequence[Pattern], shop: Mapping[str, list], shops: list, dice: random.Random
) -> tuple[Scene, list[Pattern]]:
    """A dialogue state in which patterns of one section may be said, and those that may be said in it."""
    kind = patterns[0].state
    asked = kind.startswith("asked")
    speaks_of_shown = (kind == "shown" and dice.random() < 0.9) or (asked and dice.random() < 0.8)
    shown: list[dict[str, str]] = []
    if speaks_of_shown or (kind in ("any", "cart") and dice.random() < 0.5):
        shown = some_products(dice, shop)
    elif kind == "nothing" and dice.random() < 0.25:
        shown = some_products(dice, dice.choice(shops))
    held: list[dict[str, str]] = []
    if kind == "cart" or dice.random() < 0.25:
        held = some_products(dice, shop, (1, 1, 2, 2, 3, 4))
    question = kind.removeprefix("asked").strip() if asked else ""
    speakers = list(patterns)
    clear = [p for p in patterns if p.text.startswith(tuple(f"<{head}>" for head in SELF_CONTAINED))]
    if clear and not asked and dice.random() < 0.05:
        # A question is open, and the shopper asks for something else that is clear in itself.
        speakers, question = clear, dice.choice(OPEN_QUESTIONS)
    state = State(
        shown=tuple(map(_shown_product, shown)),
        cart=tuple(CartEntry("", _shown_product(product)) for product in held),
        pending=Pending("", "", question) if question else None,
    )
    may_speak_of_shown = speaks_of_shown or kind in ("any", "cart")
    return Scene(state, shown if may_speak_of_shown else [], held), speakers


def _shown_product(product: dict[str, str]) -> ShownProduct:
    return ShownProduct(
        "", product["title"], attributes={"color": product["color"]} if product["color"] else {}
    )
