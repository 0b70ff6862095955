"""What was ordered, where the words came cut at the wrong place.

"A large dark roast" may reach a tool as a product called "dark roast", or "triple shot"
as a size: what is a name and what an option only the catalogue knows. The words are
taken together, the longest title among them is the product, and what is left over has
to be options of that product, every bit of it.
"""

from collections.abc import Iterable, Mapping, Sequence

from voice_agent_cli.errors import ChoiceNeeded, ToolError
from voice_agent_cli.shop.asked import SEPARATOR, UNNAMED
from voice_agent_cli.shop.lookup import is_pronoun
from voice_agent_cli.shop.options import Selection, select
from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.search import SearchRequest
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.words import words

MOST_TITLES = 50


def reread(shop: Shop, name: str, asked: Mapping[str, str]) -> tuple[Product, Selection] | None:
    """The product and its options in all the words together; ``None`` where they do not come out even.

    Args:
        name: What was taken for the product's name.
        asked: What was taken for its options, as for ``options.select``.

    Raises:
        ChoiceNeeded: They do, and an option is still open.
    """
    named = () if is_pronoun(name) else (name,)
    pieces = [*named, *(piece.strip() for value in asked.values() for piece in value.split(SEPARATOR))]
    product = _longest_title(shop, pieces)
    if product is None:
        return None
    left = f" {SEPARATOR} ".join(_without(pieces, words(product.title)))
    options = {UNNAMED: left} if left else {}
    try:
        return product, select(product, options, shop.preferences.all())
    except ChoiceNeeded as open_still:
        open_still.understood = {"product": product.id, "size": None, "color": None, "options": options}
        raise
    except ToolError:
        return None


def _longest_title(shop: Shop, pieces: Sequence[str]) -> Product | None:
    """The only product whose whole title is said and has the most words."""
    said = {word for piece in pieces for word in words(piece)}
    found: dict[str, Product] = {}
    for piece in dict.fromkeys((" ".join(pieces), *pieces)):
        for hit in shop.search.find(SearchRequest(query=piece, limit=MOST_TITLES)).hits:
            found[hit.product.id] = hit.product
    titled = [product for product in found.values() if said.issuperset(words(product.title))]
    longest = max((len(words(product.title)) for product in titled), default=0)
    best = [product for product in titled if len(words(product.title)) == longest]
    return best[0] if len(best) == 1 else None


def _without(pieces: Iterable[str], title: Sequence[str]) -> list[str]:
    """The pieces without the words of the title, each taken out once."""
    wanted = list(title)
    left = []
    for piece in pieces:
        kept = []
        for word in piece.split():
            form = words(word)
            if len(form) == 1 and form[0] in wanted:
                wanted.remove(form[0])
            else:
                kept.append(word)
        if kept:
            left.append(" ".join(kept))
    return left
