"""A state of the conversation, and what was understood, as programs write and read them in JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice_agent_cli.errors import UsageError

from .state import Call, CartEntry, Pending, ShownProduct, State, Understanding


class ProductIn(BaseModel):
    """A product that was shown; every further field is an attribute of it."""

    model_config = ConfigDict(extra="allow")
    id: str
    title: str = ""
    price: Decimal | dict[str, Any] | None = None
    brand: str = ""
    category: str = ""

    def shown(self) -> ShownProduct:
        """As the agent knows it."""
        price = self.price.get("amount") if isinstance(self.price, dict) else self.price
        known = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        amount = None if price is None else Decimal(str(price))
        return ShownProduct(self.id, self.title, amount, self.brand, self.category, known)


class CartLineIn(BaseModel):
    """A line of the cart: ``product`` or, flat, the product's own fields beside the quantity."""

    model_config = ConfigDict(extra="allow")
    line_id: str = ""
    quantity: int = 1
    product: ProductIn | None = None

    def entry(self) -> CartEntry:
        """As the agent knows it."""
        flat = {"id": self.line_id, **(self.model_extra or {})}
        product = (self.product or ProductIn.model_validate(flat)).shown()
        return CartEntry(self.line_id or product.id, product, self.quantity)


class PendingIn(BaseModel):
    """A question that was asked."""

    question: str = ""
    tool: str
    missing: str = "confirm"
    arguments: dict[str, Any] = Field(default_factory=dict)
    choices: list[str] = Field(default_factory=list)

    def asked(self) -> Pending:
        """As the agent knows it."""
        missing = self.missing.removeprefix("options.")
        return Pending(self.question, self.tool, missing, self.arguments, tuple(self.choices))


class CallIn(BaseModel):
    """A call that was made."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class StateIn(BaseModel):
    """Every part may be left out."""

    model_config = ConfigDict(extra="forbid")
    shown: list[ProductIn] = Field(default_factory=list)
    cart: list[CartLineIn] = Field(default_factory=list)
    last_search: dict[str, Any] | None = None
    pending: PendingIn | None = None
    focus: str | None = None
    last_call: CallIn | None = None


def state_from(data: Mapping[str, Any] | None) -> State:
    """Read a state.

    Raises:
        UsageError: A part of it has another shape; the field is named.
    """
    try:
        given = StateIn.model_validate(data or {})
    except ValidationError as error:
        first = error.errors()[0]
        field = "state." + ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{field}: {first['msg'].lower()}", {"field": field}) from error
    last = given.last_call
    last_named = last.arguments.get("product") if last else None
    return State(
        shown=tuple(product.shown() for product in given.shown),
        cart=tuple(line.entry() for line in given.cart),
        last_search=given.last_search,
        pending=given.pending.asked() if given.pending else None,
        focus=given.focus or (last_named if isinstance(last_named, str) else None),
        last_call=Call(last.tool, last.arguments) if last else None,
    )


def understanding_to(understanding: Understanding, explain: bool = False) -> dict[str, Any]:
    """What was understood; ``explain`` adds who decided each call and how sure the model was."""
    calls: list[dict[str, Any]] = []
    for call in understanding.calls:
        calls.append({"tool": call.tool, "arguments": dict(call.arguments)})
        if explain:
            calls[-1] |= {"decided_by": call.decided_by, "confidence": round(call.confidence, 3)}
    return {
        "calls": calls,
        "reply": understanding.question,
        "latency_ms": round(understanding.latency_ms, 1),
    }
