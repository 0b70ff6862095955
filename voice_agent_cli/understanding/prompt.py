"""What the model reads: what is on show and in the cart, what was asked, what was said.

The part that is known before the shopper speaks comes first, so that it is in the
model's cache by the time the last word is heard.
"""

from .numbers import Utterance, read
from .state import Pending, ShownProduct, State

MAX_SHOWN = 5
MAX_HELD = 4
MAX_TITLE_WORDS = 6


def before_speech(state: State) -> str:
    """The prompt up to the utterance: it depends on the state alone."""
    shown = "; ".join(_product_line(product) for product in state.shown[:MAX_SHOWN]) or "nothing"
    held = "; ".join(_product_line(entry.product) for entry in state.cart[:MAX_HELD])
    cart = f"cart: {held}\n" if held else ""
    asked = f"asked: {_question_word(state.pending)}\n" if state.pending else ""
    return f"shown: {shown}\n{cart}{asked}said:"


def utterance_part(utterance: Utterance) -> str:
    """The prompt from the utterance to where the calls begin."""
    return f" {utterance}\n"


def _product_line(product: ShownProduct) -> str:
    words = [word.text for word in read(product.title).words[:MAX_TITLE_WORDS]]
    color = product.attributes.get("color")
    if isinstance(color, str):
        words += [word.text for word in read(color).words[:3] if word.text not in words]
    return " ".join(words)


def _question_word(pending: Pending) -> str:
    """The kind of question, in the few words the model was trained on."""
    known = {"size", "color", "product", "confirm", "quantity", "code"}
    return pending.missing if pending.missing in known else "option"
