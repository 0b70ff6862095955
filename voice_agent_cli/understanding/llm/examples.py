"""Examples for a model that was not trained for this: the short form, shown rather than explained.

They stand before the prompt, so that a model's cache holds them from the first turn on.
"""

END = "\n"
"""What ends an answer; an instruct model has seen it end each of these lines."""

_SHELF = "shown: brass bird bath; cedar bench; clay fire bowl"
_SHOWN: tuple[tuple[str, str, str], ...] = (
    ("shown: nothing", "i need snow boots under 90 dollars", "Search Query snow boots Max 90"),
    (
        "shown: nothing",
        "anything in purple by marlowe that's on sale",
        "Search Brand marlowe Color purple Sale",
    ),
    ("shown: nothing", "which is your best rated kettle", "Search Query kettle Sort rated"),
    ("shown: nothing", "a lamp but no plastic", "Search Query lamp Not plastic"),
    (_SHELF, "only the ones in stock please", "Refine Stock"),
    (_SHELF, "got anything less expensive", "Refine Change cheaper"),
    (_SHELF, "next ones", "Refine Change more"),
    (_SHELF, "how heavy is the bench", "Details Item the bench About heavy"),
    (_SHELF, "can i get the second one in large", "Available Item the second one Size large"),
    (_SHELF, "which is better the bird bath or the last one", "Compare Item the bird bath Item the last one"),
    (_SHELF, "something like the fire bowl", "Similar Item the fire bowl"),
    (_SHELF, "i'd like 2 of the third", "Add Item the third Quantity 2"),
    (_SHELF, "put the bench in my cart in green", "Add Item the bench Color green"),
    ("shown: nothing", "a small flat white with oat milk", "Add Item flat white Size small With oat milk"),
    (f"{_SHELF}\ncart: cedar bench", "make it 4", "Update Quantity 4"),
    (f"{_SHELF}\ncart: cedar bench", "i don't want the bench any more", "Remove Item the bench"),
    (f"{_SHELF}\ncart: cedar bench", "what's in the basket", "Cart"),
    (f"{_SHELF}\ncart: cedar bench", "throw everything out", "Clear"),
    (f"{_SHELF}\ncart: cedar bench", "take that back", "Undo"),
    (f"{_SHELF}\ncart: cedar bench", "use the voucher plum30", "Discount Code plum30"),
    (f"{_SHELF}\ncart: cedar bench", "i want to pay", "Checkout"),
    ("shown: nothing", "where's my parcel 5518", "Track Order 5518"),
    ("shown: nothing", "do you ship abroad", "Policy Topic shipping"),
    ("shown: nothing", "remember that i wear a 42", "Prefer Size 42"),
    (f"{_SHELF}\nasked: size", "the medium", "Answer Value medium"),
    (f"{_SHELF}\ncart: cedar bench\nasked: confirm", "go ahead", "Yes"),
    (f"{_SHELF}\ncart: cedar bench\nasked: confirm", "better not", "No"),
    (_SHELF, "i meant the clay one", "Correct Item the clay one"),
    (_SHELF, "call my brother", "Unable"),
    (_SHELF, "you've been very kind", "Thanks"),
    (_SHELF, "no she's still upstairs", "None"),
)


def examples() -> str:
    """The text to put before a prompt."""
    shown = (f"{before}\nsaid: {said}\n {calls}{END}" for before, said, calls in _SHOWN)
    return "What shoppers said, and the calls they meant.\n\n" + "\n".join(shown) + "\n"
