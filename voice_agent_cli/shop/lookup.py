"""Which product, or which line of the cart, a tool was asked about."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.contents import Line
from voice_agent_cli.shop.matching import near_word
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.values import plain
from voice_agent_cli.shop.words import content_words, words

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
    if plain(text) in _ITSELF and shop.focus and (product := shop.catalogue.get(shop.focus)):
        return product
    if " " not in text and _ID_MARKS.search(text):
        raise ToolError(
            f"This shop has no product with the id {text}",
            {"field": field, "reason": "unknown_id", "id": text},
        )
    known = shop.catalogue.get_many(dict.fromkeys((*shop.shown, *_in_cart(shop))))
    found = named(text, known, _spoken_forms) or shop.catalogue.by_title(text)
    return _only(found or _searched(shop, text, field), text, field)


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
    if reference is None or plain(reference) in _ITSELF:
        return _last_line(shop, field)
    if line := contents.line(reference):
        return line
    lines = _lines_of(contents.lines, reference)
    if position := _POSITION.match(reference):
        lines = _lines_at(shop, int(position[1]), field)
    lines = lines or named(reference, contents.lines, _line_forms)
    if not lines:
        raise ToolError(
            f"There is no “{reference[:60]}” in the cart",
            {"field": field, "reason": "not_in_cart", "in_cart": [label(line) for line in contents.lines]},
        )
    if len(lines) > 1:
        raise _choice([label(line) for line in lines], reference, field)
    return lines[0]


def label(line: Line) -> str:
    """A line as it can be told from the others: title, options and modifiers."""
    parts = [*line.options.values(), *(m.value for m in line.modifiers)]
    return f"{line.title} ({', '.join(parts)})" if parts else line.title


def named(
    reference: str, things: Iterable[Thing], forms: Callable[[Thing], Sequence[str]]
) -> tuple[Thing, ...]:
    """The ``things`` that ``reference`` names: wholly, else in part, else nearly in spelling or sound.

    Args:
        forms: What a thing may be called, each form holding the words of the one before.
    """
    candidates = list(things)
    for form in (0, -1):
        if exact := tuple(t for t in candidates if plain(forms(t)[form]) == plain(reference)):
            return exact
    asked = content_words(reference) or words(reference)
    if not asked:
        return ()
    called = {index: [set(words(form)) for form in forms(t)] for index, t in enumerate(candidates)}
    for nearly in (False, True):
        for form in range(max(map(len, called.values()), default=0)):
            found = tuple(
                t for i, t in enumerate(candidates) if _holds(called[i][form], asked, nearly=nearly)
            )
            if found:
                return found
    return ()


def _holds(own: set[str], asked: Sequence[str], *, nearly: bool) -> bool:
    return all(word in own or (nearly and any(near_word(word, mine) for mine in own)) for word in asked)


def _spoken_forms(product: Product) -> tuple[str, str, str]:
    branded = f"{product.title} {product.vendor}"
    values = [v for values in product.options.values() for v in values]
    attributes = product.attributes.values() if len(product.attributes) < 20 else ()
    return product.title, branded, " ".join((branded, product.category, *values, *attributes))


def _line_forms(line: Line) -> tuple[str, str]:
    return line.title, label(line)


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
    if found := named(text, hits, lambda product: _spoken_forms(product)[:2]):
        asked = set(content_words(text))
        whole = tuple(p for p in found if set(words(p.title)) == asked)
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
