"""Which product, or which line of the cart, a tool was asked about."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.contents import Line
from voice_agent_cli.shop.matching import content_words, near_word
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.values import plain
from voice_agent_cli.shop.words import words

Thing = TypeVar("Thing")

MOST_CHOICES = 4
_POSITION = re.compile(r"^#?\s*(\d{1,3})$")
_ID_MARKS = re.compile(r"[_:/]")
_ITSELF = frozenset({"it", "this", "that", "this one", "that one"})


def find_product(shop: Shop, reference: str, field: str = "product") -> Product:
    """The product that ``reference`` names: its id, its position in what was shown, (part of) its title.

    What was shown, and what is in the cart, come before the rest of the shop.

    Raises:
        ChoiceNeeded: several products are meant equally well; up to four titles as choices.
        ToolError: none is meant, or the id is of no product of this shop.
    """
    text = reference.strip()
    if product := shop.catalogue.get(text):
        return product
    if position := _POSITION.match(text):
        return _at_position(shop, int(position[1]), field)
    if is_pronoun(text) and shop.focus and (product := shop.catalogue.get(shop.focus)):
        return product
    if " " not in text and _ID_MARKS.search(text):
        raise ToolError(
            f"This shop has no product with the id {text}",
            {"field": field, "reason": "unknown_id", "id": text},
        )
    return _only(_near_at_hand(shop, text) or _searched(shop, text, field), text, field)


def find_line(shop: Shop, reference: str | None, field: str = "product") -> Line:
    """The line of the cart that ``reference`` names; the one changed last, or the only one, for ``None``.

    A number is a position in what was shown where that product is in the cart,
    else a position in the cart.

    Raises:
        ChoiceNeeded: several lines are meant equally well.
        ToolError: none is, or the cart is empty.
    """
    contents = shop.cart.contents
    if not contents.lines:
        raise ToolError("The cart is empty", {"field": field, "reason": "empty"})
    if reference is None or is_pronoun(reference):
        return _last_line(shop, field)
    if line := contents.line(reference):
        return line
    lines = _lines_of(contents.lines, reference)
    if position := _POSITION.match(reference):
        lines = _lines_at(shop, int(position[1]), field)
    for nearly in (False, True):
        for form in (_line_title, label):
            lines = lines or named(reference, contents.lines, form, nearly=nearly)
    if not lines:
        raise ToolError(
            f"There is no “{reference[:60]}” in the cart",
            {"field": field, "reason": "not_in_cart", "in_cart": [label(line) for line in contents.lines]},
        )
    if len(lines) > 1:
        raise _choice([label(line) for line in lines], reference, field)
    return lines[0]


def is_pronoun(reference: str) -> bool:
    """Whether a reference only points: "it", "that one"."""
    return plain(reference) in _ITSELF


def label(line: Line) -> str:
    """A line as it can be told from the others: title, options and modifiers."""
    parts = [*line.options.values(), *(m.value for m in line.modifiers)]
    return f"{line.title} ({', '.join(parts)})" if parts else line.title


def named(
    reference: str, things: Iterable[Thing], form: Callable[[Thing], str], *, nearly: bool = False
) -> tuple[Thing, ...]:
    """The ``things`` whose ``form`` is, or else holds, all the words of ``reference``.

    Args:
        nearly: whether near spelling and sound will do.
    """
    candidates = list(things)
    if exact := tuple(t for t in candidates if plain(form(t)) == plain(reference)):
        return exact
    asked = content_words(reference) or words(reference)
    if not asked:
        return ()
    return tuple(t for t in candidates if _holds(words(form(t)), asked, nearly=nearly))


def _holds(own: Sequence[str], asked: Sequence[str], *, nearly: bool) -> bool:
    return all(word in own or (nearly and any(near_word(word, mine) for mine in own)) for word in asked)


def _near_at_hand(shop: Shop, text: str) -> tuple[Product, ...]:
    """What was shown or is in the cart; a whole title of the shop comes before a part of one."""
    known = shop.catalogue.get_many(dict.fromkeys((*shop.shown, *_in_cart(shop))))
    titled = shop.catalogue.by_title(text)
    return (
        tuple(product for product in titled if product in known)
        or titled
        or named(text, known, _title)
        or named(text, known, _branded)
        or named(text, known, _described)
        or named(text, known, _title, nearly=True)
    )


def _title(product: Product) -> str:
    return product.title


def _branded(product: Product) -> str:
    return f"{product.title} {product.vendor}"


def _described(product: Product) -> str:
    values = [value for values in product.options.values() for value in values]
    return " ".join((_branded(product), product.category, *values, *product.attributes.values()))


def _line_title(line: Line) -> str:
    return line.title


def _at_position(shop: Shop, position: int, field: str) -> Product:
    shown = shop.shown
    if not 1 <= position <= len(shown):
        told = f"only {len(shown)} products were shown" if shown else "no products were shown yet"
        raise ToolError(
            f"There is no number {position}: {told}",
            {"field": field, "reason": "no_such_position", "shown": len(shown)},
        )
    product = shop.catalogue.get(shown[position - 1])
    if product is None:
        raise ToolError("That product is no longer sold", {"field": field, "reason": "gone"})
    return product


def _searched(shop: Shop, text: str, field: str) -> tuple[Product, ...]:
    """Products of the whole shop whose names hold all the words; what is only akin is offered as a choice."""
    hits = [hit.product for hit in shop.search.find(SearchRequest(query=text, limit=20)).hits]
    ways = ((_title, False), (_branded, False), (_described, False), (_title, True), (_branded, True))
    for form, nearly in ways:
        if found := named(text, hits, form, nearly=nearly):
            asked = content_words(text)
            whole = tuple(p for p in found if _holds(asked, words(p.title), nearly=nearly))
            return whole if len(whole) == 1 else found
    if not hits:
        raise ToolError(
            f"There is nothing like “{text[:60]}” in this shop", {"field": field, "reason": "not_found"}
        )
    titles = tuple(dict.fromkeys(p.title for p in hits))[:MOST_CHOICES]
    raise ChoiceNeeded(f"There is no “{text[:60]}”; did you mean {' or '.join(titles)}?", field, titles)


def _only(found: Sequence[Product], reference: str, field: str) -> Product:
    if len(found) == 1:
        return found[0]
    titles = [p.title for p in found]
    repeated = {title for title in titles if titles.count(title) > 1}
    # Products of one title are told apart by brand, or in the end only by their id.
    branded = [f"{p.title} {p.vendor}".strip() if p.title in repeated else p.title for p in found]
    distinct = branded if len(set(branded)) == len(branded) else [p.id for p in found]
    raise _choice(distinct, reference, field)


def _choice(choices: Sequence[str], reference: str, field: str) -> ChoiceNeeded:
    offered = tuple(choices[:MOST_CHOICES])
    return ChoiceNeeded(f"Which “{reference[:60]}”: {' or '.join(offered)}?", field, offered)


def _in_cart(shop: Shop) -> tuple[str, ...]:
    return tuple(line.product_id for line in shop.cart.contents.lines)


def _last_line(shop: Shop, field: str) -> Line:
    contents = shop.cart.contents
    if line := contents.line(contents.last_line or ""):
        return line
    if len(contents.lines) == 1:
        return contents.lines[0]
    raise _choice([label(line) for line in contents.lines], "one", field)


def _lines_of(lines: Iterable[Line], product_id: str) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.product_id == product_id)


def _lines_at(shop: Shop, position: int, field: str) -> tuple[Line, ...]:
    lines = shop.cart.contents.lines
    shown = shop.shown
    if 1 <= position <= len(shown) and (found := _lines_of(lines, shown[position - 1])):
        return found
    if not 1 <= position <= len(lines):
        raise ToolError(
            f"There is no number {position} in the cart",
            {"field": field, "reason": "no_such_position", "lines": len(lines)},
        )
    return (lines[position - 1],)
