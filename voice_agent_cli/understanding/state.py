"""What the agent knows of the conversation when it reads an utterance, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal


@dataclass(frozen=True)
class ShownProduct:
    """A product that was read out or shown, in the order shown.

    ``attributes`` holds whatever else is known by name: color, brand, sizes, material.
    """

    id: str
    title: str
    price: Decimal | None = None
    brand: str = ""
    category: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CartEntry:
    """A line of the cart as references see it."""

    line_id: str
    product: ShownProduct
    quantity: int = 1


@dataclass(frozen=True)
class Pending:
    """A question that was asked and not yet answered.

    ``missing`` names the argument of ``tool`` that the answer fills in; ``confirm``
    when a yes or a no is wanted. ``arguments`` are the ones already known.
    """

    question: str
    tool: str
    missing: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """One moment of a conversation.

    ``focus`` is the product last talked about; ``last_refused`` says that the last call changed nothing.
    """

    shown: tuple[ShownProduct, ...] = ()
    cart: tuple[CartEntry, ...] = ()
    last_search: Mapping[str, Any] | None = None
    pending: Pending | None = None
    focus: str | None = None
    last_call: "Call | None" = None
    last_refused: bool = False

    @property
    def held(self) -> tuple[ShownProduct, ...]:
        """The products in the cart, in its order."""
        return tuple(entry.product for entry in self.cart)

    @property
    def known(self) -> tuple[ShownProduct, ...]:
        """The products that can be spoken of: those shown, then those in the cart."""
        return (*self.shown, *self.held)


DecidedBy = Literal["model", "code", "model+code"]


@dataclass(frozen=True)
class Call:
    """One tool call. ``decided_by`` says who chose the tool and its arguments."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0
    decided_by: DecidedBy = "model"


@dataclass(frozen=True)
class Understanding:
    """Calls in the order to run them, or a question back, or neither (no order).

    ``pending`` is what an answer to ``question`` will fill in.
    """

    calls: tuple[Call, ...] = ()
    question: str | None = None
    pending: Pending | None = None
    small_talk: str | None = None
    latency_ms: float = 0.0
