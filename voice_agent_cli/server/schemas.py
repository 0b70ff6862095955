"""The bodies of the REST API: the same models validate, answer, and document."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from voice_agent_cli.shop.finding import Sort
from voice_agent_cli.shop.shapes import LineShape, OptionValues, Price, ProductShape, Query, Text

# No control characters, and none of the marks that a terminal obeys.
_PLAIN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$"
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN)]


def _finite(value: dict[str, Any]) -> dict[str, Any]:
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, float) and not math.isfinite(one):
            raise ValueError("holds a number too large to keep")
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
    return value


FreeForm = Annotated[dict[str, JsonValue], AfterValidator(_finite)]


class Body(BaseModel):
    """What a client sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What the server sends. A field that is not set is left out."""


class ErrorShape(Answer):
    code: str = Field(description="Machine-readable, such as “NOT_FOUND”.")
    message: str = Field(description="One line for a person.")
    details: dict[str, Any] = Field(description="More about it; “field” names what is wrong in a request.")


class ErrorAnswer(Answer):
    """The form of every error."""

    error: ErrorShape


class Health(Answer):
    """Whether the service works. A part that is not configured hurts nothing."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    checks: dict[str, Literal["healthy", "loading", "unhealthy", "not_configured"]]


class NewSession(Body):
    user_id: Identifier | None = Field(None, description="Who shops; preferences and orders are theirs.")
    metadata: FreeForm = Field(default_factory=dict, description="Kept with the session as it is.")


class CreatedSession(Answer):
    session_id: str
    token: str = Field(description="A JWT that opens this session, and no other.")
    expires_at: str = Field(description="When the token expires: UTC, with a Z.")


class MessageShape(Answer):
    role: Literal["user", "assistant"]
    content: str
    timestamp: str
    tools_used: list[str] | None = Field(None, description="Of the assistant's messages.")


class ContextShape(Answer):
    cart_items: list[LineShape]
    viewed_products: list[str] = Field(description="The ids of the products shown, in order.")


class SessionDetails(Answer):
    session_id: str
    status: Literal["active", "ended", "expired"]
    started_at: str
    messages: list[MessageShape]
    context: ContextShape


class EndedSession(Answer):
    message: str
    duration_seconds: int


class PriceRange(Body):
    min: Price | None = Field(None, description="At least this; not above max.")
    max: Price | None = None


class Filters(Body):
    """The filters of ``search_products``; each is exact."""

    category: Text | None = None
    price_range: PriceRange | None = None
    size: Text | None = None
    color: Text | None = None
    brand: Text | None = None
    options: OptionValues = Field(default_factory=dict, description="Other options by name.")
    exclude: list[Text] = Field(default_factory=list, max_length=20, description="What is not wanted.")
    on_sale: bool = False
    in_stock: bool = False


class ProductSearch(Body):
    query: Query | None = Field(None, description="What is looked for; without it the filters alone count.")
    filters: Filters = Field(default_factory=Filters)
    sort: Sort = "relevance"
    limit: int = Field(10, ge=1, le=50)
    offset: int = Field(0, ge=0, le=100_000, description="How many to leave out: the next page.")


class FoundProducts(Answer):
    products: list[ProductShape]
    total_count: int
    has_more: bool


class NewEvent(Body):
    session_id: Identifier
    event_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.\-]{0,99}$")]
    data: FreeForm = Field(default_factory=dict)


class TrackedEventShape(Answer):
    event_id: str
    timestamp: str


class SessionMetrics(Answer):
    duration_seconds: int
    messages_count: int
    tools_executed: int
    products_viewed: int
    cart_value: float


class StageLatency(Answer):
    median_ms: float
    longest_ms: float
    turns: int


class SessionAnalytics(Answer):
    session_id: str
    metrics: SessionMetrics
    tool_usage: dict[str, int]
    intents: list[str]
    latency: dict[str, StageLatency] = Field(description="How long each stage of a turn took.")


class ToolOutcomeShape(Answer):
    """What a tool answered: ``result`` where ``success``, else ``error``."""

    tool: str
    arguments: dict[str, Any]
    success: bool
    result: dict[str, Any] | None = None
    error: ErrorShape | None = None
    duration_ms: float


def options_of(filters: Filters) -> Mapping[str, Any]:
    """The filters by the names of ``SearchRequest``; what is not asked is left out."""
    asked = {name: getattr(filters, name) for name in filters.model_fields_set - {"price_range"}}
    prices = filters.price_range or PriceRange(min=None, max=None)
    asked |= {"min_price": prices.min, "max_price": prices.max}
    if "exclude" in asked:
        asked["exclude"] = tuple(asked["exclude"])
    return {name: value for name, value in asked.items() if value is not None}
