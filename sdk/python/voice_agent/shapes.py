"""What the server knows: sessions, products, carts, analytics. Money is ``Decimal``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Variant:
    """One thing that can be bought. ``inventory_quantity`` is None where stock is not counted."""

    id: str
    available: bool
    size: str | None = None
    color: str | None = None
    inventory_quantity: int | None = None
    price: Money | None = None
    compare_at_price: Money | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """A product. ``price`` is the lowest of what can be bought."""

    id: str
    title: str
    price: Money
    description: str = ""
    images: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    vendor: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FoundProducts:
    products: tuple[Product, ...]
    total_count: int
    has_more: bool


@dataclass(frozen=True)
class CartLine:
    line_id: str
    product_id: str
    title: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    currency: str
    options: Mapping[str, str] = field(default_factory=dict)
    modifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cart:
    lines: tuple[CartLine, ...]
    subtotal: Decimal
    discount: Decimal
    total: Decimal
    currency: str
    count: int
    discount_code: str | None = None


@dataclass(frozen=True)
class Session:
    """A new session. ``token`` opens this session, and no other, until ``expires_at`` (UTC)."""

    session_id: str
    token: str = field(repr=False)
    expires_at: str = ""


@dataclass(frozen=True)
class SessionMessage:
    role: str
    content: str
    timestamp: str
    tools_used: tuple[str, ...] = ()


@dataclass(frozen=True)
class SessionContext:
    cart_items: tuple[CartLine, ...] = ()
    viewed_products: tuple[str, ...] = ()


@dataclass(frozen=True)
class SessionDetails:
    """``status``: active, ended or expired."""

    session_id: str
    status: str
    started_at: str
    messages: tuple[SessionMessage, ...]
    context: SessionContext


@dataclass(frozen=True)
class EndedSession:
    message: str
    duration_seconds: int


@dataclass(frozen=True)
class TrackedEvent:
    event_id: str
    timestamp: str


@dataclass(frozen=True)
class SessionMetrics:
    duration_seconds: int
    messages_count: int
    tools_executed: int
    products_viewed: int
    cart_value: float


@dataclass(frozen=True)
class SessionAnalytics:
    session_id: str
    metrics: SessionMetrics
    tool_usage: Mapping[str, int]
    intents: tuple[str, ...]


@dataclass(frozen=True)
class ToolOutcome:
    """``result`` where ``success``, else ``error`` with code, message and details."""

    tool: str
    arguments: Mapping[str, Any]
    success: bool
    duration_ms: float
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Health:
    """``status``: healthy, degraded or unhealthy."""

    status: str
    version: str
    checks: Mapping[str, str]
