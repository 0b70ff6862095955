"""A session's cart: every change is one transaction that can be taken back."""

from collections.abc import Callable
from dataclasses import replace

from sqlite_utils import Database

from voice_agent_cli.errors import ToolError
from voice_agent_cli.shop.catalogue import Catalogue
from voice_agent_cli.shop.contents import Contents, Line, decode, encode, same_line, without
from voice_agent_cli.shop.discounts import Discounts
from voice_agent_cli.shop.journal import Journal
from voice_agent_cli.shop.options import Selection
from voice_agent_cli.shop.pricing import Bill, discount_facts, find_variant, price, stock, unit_price
from voice_agent_cli.shop.products import Product
from voice_agent_cli.storage.database import transaction

MOST_PER_LINE = 99
MOST_LINES = 100
_WHY_NOT = {
    "not_started": "is not valid yet",
    "expired": "has expired",
    "minimum": "needs a larger order",
}


class Cart:
    """The cart of one session, in the shop's database. A refused change leaves it as it was."""

    def __init__(self, db: Database, session_id: str, catalogue: Catalogue, discounts: Discounts) -> None:
        self._db = db
        self._session_id = session_id
        self._catalogue = catalogue
        self._discounts = discounts
        self._journal = Journal(db, session_id)

    @property
    def contents(self) -> Contents:
        return self._load()[0]

    @property
    def version(self) -> int:
        """How often the cart was changed; an order remembers it."""
        return self._load()[1]

    def bill(self) -> Bill:
        """What the cart costs now, with notices of what has changed since."""
        contents = self.contents
        discount = self._discounts.find(contents.code) if contents.code else None
        return price(contents, self._catalogue.get, discount, self._catalogue.now())

    def add(self, product: Product, selection: Selection, quantity: int) -> Line:
        """Put ``quantity`` pieces in; the same thing again adds to its line.

        Raises:
            ToolError: more than is in stock or than a line may hold, another currency, or a full cart.
        """

        def change(contents: Contents) -> Contents:
            _check_currency(contents, product)
            same = same_line(contents, product.id, selection)
            quantity_now = quantity + (same.quantity if same else 0)
            line = _new_line(contents, product, selection, quantity_now)
            line = replace(line, id=same.id) if same else line
            return _with_line(contents, line, selection)

        return self._changed_line("add", change)

    def change(
        self, line: Line, product: Product, quantity: int | None = None, selection: Selection | None = None
    ) -> Line:
        """Set a line's quantity, options or both; a line that becomes equal to another joins it.

        Raises:
            ToolError: as ``add``, or the line is no longer there.
        """

        def change(contents: Contents) -> Contents:
            wanted = selection or self.selection(line, product)
            before = _existing(contents, line.id)
            changed = _new_line(contents, product, wanted, quantity or before.quantity)
            same = same_line(contents, product.id, wanted)
            if same and same.id != line.id:
                contents = without(contents, same.id)
                changed = replace(changed, quantity=changed.quantity + same.quantity)
            return _with_line(contents, replace(changed, id=line.id), wanted)

        return self._changed_line("update", change)

    def remove(self, line_id: str, quantity: int | None = None) -> Contents:
        """Take ``quantity`` pieces out, or the whole line.

        Raises:
            ToolError: the line holds fewer pieces, or is no longer there.
        """

        def change(contents: Contents) -> Contents:
            line = _existing(contents, line_id)
            if quantity is not None and quantity > line.quantity:
                raise ToolError(
                    f"There are only {line.quantity} of {line.title} in the cart",
                    {"field": "quantity", "in_cart": line.quantity},
                )
            if quantity is None or quantity == line.quantity:
                return without(contents, line_id)
            left = replace(line, quantity=line.quantity - quantity)
            lines = tuple(left if entry.id == line_id else entry for entry in contents.lines)
            return replace(contents, lines=lines, last_line=line_id)

        return self._change("remove", change)

    def clear(self) -> Contents:
        """Take everything out; a discount code goes too."""
        return self._change("clear", lambda before: Contents(next_number=before.next_number))

    def apply_code(self, code: str) -> Bill:
        """Use a discount code from now on, in place of another.

        Raises:
            ToolError: no such code, or it does not apply; ``details["reason"]`` says why.
        """

        def change(contents: Contents) -> Contents:
            discount = self._discounts.find(code)
            if discount is None:
                raise ToolError(
                    f"There is no discount code “{code}”",
                    {"field": "code", "code": code, "reason": "unknown"},
                )
            if not contents.lines:
                raise ToolError(
                    "The cart is empty; put something in before using a code",
                    {"field": "code", "code": discount.code, "reason": "empty"},
                )
            now = self._catalogue.now()
            subtotal = price(contents, self._catalogue.get, None, now).subtotal
            if reason := discount.reason_against(subtotal, now):
                least = f" (from {discount.minimum})" if reason == "minimum" else ""
                raise ToolError(
                    f"The code {discount.code} {_WHY_NOT[reason]}{least}",
                    {
                        "field": "code",
                        "subtotal": str(subtotal),
                        **discount_facts(discount.code, reason, discount),
                    },
                )
            return replace(contents, code=discount.code)

        self._change("discount", change)
        return self.bill()

    def undo(self) -> str:
        """Take back the last change; returns what it was: add, update, remove, clear or discount.

        Raises:
            ToolError: nothing is left to take back.
        """
        with transaction(self._db):
            last = self._journal.pop()
            if last is None:
                raise ToolError("There is nothing to take back", {"reason": "nothing_to_undo"})
            action, before = last
            # A line put in later must not get the id of one that is gone.
            contents = replace(decode(before), next_number=self.contents.next_number)
            self._save(contents, self.version + 1)
        return action

    def put_back(self, before: Contents) -> None:
        """Make the cart again what it was before :meth:`undo` took an addition back."""
        self._change("add", lambda now: replace(before, next_number=now.next_number))

    def close(self) -> None:
        """Empty the cart after its order, in the order's transaction; that cannot be taken back."""
        contents, version = self._load()
        self._journal.clear()
        self._save(Contents(next_number=contents.next_number), version)

    def selection(self, line: Line, product: Product) -> Selection:
        """What the line holds, as a selection of the product as it is now.

        Raises:
            ToolError: its variant is no longer sold.
        """
        variant = find_variant(product, line.variant_id)
        if variant is None:
            raise ToolError(
                f"{line.title} is no longer sold like that; remove it and choose again",
                {"field": "product", "line_id": line.id, "reason": "gone"},
            )
        return Selection(variant, line.modifiers)

    def _changed_line(self, action: str, change: Callable[[Contents], Contents]) -> Line:
        contents = self._change(action, change)
        return _existing(contents, contents.last_line or "")

    def _change(self, action: str, change: Callable[[Contents], Contents]) -> Contents:
        with transaction(self._db):
            before, version = self._load()
            after = change(before)
            self._journal.push(action, encode(before))
            self._save(after, version + 1)
        return after

    def _load(self) -> tuple[Contents, int]:
        row = self._db.execute(
            "SELECT content, version FROM carts WHERE session_id = ?", [self._session_id]
        ).fetchone()
        return (decode(row[0]), int(row[1])) if row else (Contents(), 0)

    def _save(self, contents: Contents, version: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO carts (session_id, version, content) VALUES (?, ?, ?)",
            [self._session_id, version, encode(contents)],
        )


def _new_line(contents: Contents, product: Product, selection: Selection, quantity: int) -> Line:
    return Line(
        id=f"line-{contents.next_number}",
        product_id=product.id,
        variant_id=selection.variant.id,
        title=product.title,
        quantity=quantity,
        unit_price=unit_price(product, selection.variant, selection.modifiers),
        currency=product.currency,
        options=dict(selection.variant.options),
        modifiers=selection.modifiers,
    )


def _with_line(contents: Contents, line: Line, selection: Selection) -> Contents:
    """``contents`` with ``line`` put in or in the place of the one of its id, if there is enough in stock."""
    if line.quantity > MOST_PER_LINE:
        raise ToolError(
            f"A cart takes at most {MOST_PER_LINE} of one thing",
            {"field": "quantity", "maximum": MOST_PER_LINE, "wanted": line.quantity},
        )
    known = contents.line(line.id)
    if known is None and len(contents.lines) >= MOST_LINES:
        raise ToolError(f"The cart is full: {MOST_LINES} lines", {"field": "product", "maximum": MOST_LINES})
    lines = tuple(line if entry.id == line.id else entry for entry in contents.lines)
    number = contents.next_number
    if known is None:
        lines, number = (*lines, line), number + 1
    after = replace(contents, lines=lines, last_line=line.id, next_number=number)
    _check_stock(contents, after, line, selection)
    return after


def _check_stock(before: Contents, after: Contents, line: Line, selection: Selection) -> None:
    in_stock = stock(selection.variant)
    wanted = after.quantity_of(line.product_id, line.variant_id)
    # Asking for less is always allowed, even when the shop's stock has fallen below it.
    if (
        in_stock is None
        or wanted <= in_stock
        or wanted < before.quantity_of(line.product_id, line.variant_id)
    ):
        return
    in_cart = before.quantity_of(line.product_id, line.variant_id)
    has = f"only {in_stock} of {line.title} in stock" if in_stock else f"{line.title} is sold out"
    already = f", {in_cart} of them in the cart" if in_cart and in_stock else ""
    raise ToolError(
        f"{has[0].upper()}{has[1:]}{already}",
        {
            "field": "quantity",
            "reason": "out_of_stock",
            "available": in_stock,
            "in_cart": in_cart,
            "wanted": wanted,
        },
    )


def _check_currency(contents: Contents, product: Product) -> None:
    for line in contents.lines:
        if line.currency != product.currency:
            raise ToolError(
                f"{product.title} is sold in {product.currency}, the cart is in {line.currency}",
                {"field": "product", "reason": "currency", "currency": product.currency},
            )


def _existing(contents: Contents, line_id: str) -> Line:
    line = contents.line(line_id)
    if line is None:
        raise ToolError(f"There is no line {line_id} in the cart", {"field": "product"})
    return line
