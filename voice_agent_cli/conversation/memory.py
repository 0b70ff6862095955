"""What the agent must know of the conversation: the shop's own state, and the open question."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from voice_agent_cli.shop.products import Product
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.storage.sessions import Sessions
from voice_agent_cli.understanding.state import Call, CartEntry, Pending, ShownProduct, State, Understanding


class Memory:
    """One conversation's memory. What the shop does not keep itself is kept with the session."""

    def __init__(self, shop: Shop, sessions: Sessions, session_id: str) -> None:
        self._shop = shop
        self._sessions = sessions
        self._session_id = session_id
        kept = sessions.recall(session_id)
        self.pending = _pending(kept.get("pending"))
        self.last_call = _call(kept.get("last_call"))
        self.last_refused = bool(kept.get("last_refused"))
        self.waiting: tuple[Call, ...] = tuple(Call(**call) for call in kept.get("waiting", ()))

    def state(self) -> State:
        """This moment, as the agent reads it."""
        get = self._shop.catalogue.get
        shown = [product for product_id in self._shop.shown if (product := get(product_id))]
        lines = self._shop.cart.contents.lines
        return State(
            shown=tuple(shown_product(product) for product in shown),
            cart=tuple(
                CartEntry(line.id, _with_options(shown_product(product), line.options), line.quantity)
                for line in lines
                if (product := get(line.product_id))
            ),
            last_search=self._shop.last_search,
            pending=self.pending,
            focus=self._shop.focus,
            last_call=self.last_call,
            last_refused=self.last_refused,
        )

    def calls_of(self, understanding: Understanding) -> tuple[Call, ...]:
        """The calls to run: with an answer to the open question, those that waited for it too."""
        calls = understanding.calls
        answers = self.pending is not None and any(call.tool == self.pending.tool for call in calls)
        return (*calls, *self.waiting) if answers else calls

    def keep(
        self, pending: Pending | None, last: Call | None, refused: bool = False, waiting: Sequence[Call] = ()
    ) -> None:
        """Remember the question now open (or none), what ran last, and what waits for the answer."""
        self.pending = pending
        self.waiting = tuple(waiting) if pending else ()
        if last:
            self.last_call, self.last_refused = last, refused
        self._sessions.remember(
            self._session_id,
            {
                "pending": asdict(pending) if pending else None,
                "last_call": _plain(self.last_call) if self.last_call else None,
                "last_refused": self.last_refused,
                "waiting": [_plain(call) for call in self.waiting],
            },
        )


def shown_product(product: Product) -> ShownProduct:
    """A product as references see it: its options and attributes by lower-case name."""
    values: dict[str, Any] = {name.lower(): list(options) for name, options in product.options.items()}
    values |= {name.lower(): value for name, value in product.attributes.items()}
    for one, many in (("size", "sizes"), ("color", "colors")):
        if one in values:
            values[many] = values[one]
    if len(values.get("color", ())) == 1:
        values["color"] = values["color"][0]
    return ShownProduct(
        id=product.id,
        title=product.title,
        price=product.price,
        brand=product.vendor,
        category=product.category,
        attributes=values,
    )


def _with_options(product: ShownProduct, options: Mapping[str, str]) -> ShownProduct:
    chosen = {name.lower(): value for name, value in options.items()}
    return ShownProduct(
        product.id,
        product.title,
        product.price,
        product.brand,
        product.category,
        {**product.attributes, **chosen},
    )


def _plain(call: Call) -> dict[str, Any]:
    return {**asdict(call), "arguments": dict(call.arguments)}


def _pending(kept: Mapping[str, Any] | None) -> Pending | None:
    return Pending(**{**kept, "choices": tuple(kept["choices"])}) if kept else None


def _call(kept: Mapping[str, Any] | None) -> Call | None:
    return Call(**kept) if kept else None
