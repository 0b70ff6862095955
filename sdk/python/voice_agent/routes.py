"""The REST routes as data: what is sent, and what the answer is read as. Both clients send these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from voice_agent import shapes
from voice_agent.errors import ServerError, from_answer
from voice_agent.reading import read

Answer = TypeVar("Answer")
Price = Decimal | int | float | str


@dataclass(frozen=True)
class Route(Generic[Answer]):
    """One request. ``may_fail``: the body is read as the answer whatever the status."""

    method: str
    path: str
    answer: type[Answer]
    body: Mapping[str, Any] | None = None
    may_fail: bool = False

    def read(self, response: httpx.Response) -> Answer:
        """The answer.

        Raises:
            VoiceAgentError: the server refused, or sent something else.
        """
        try:
            body = response.json()
        except ValueError as error:
            if response.is_success:
                raise ServerError("UNEXPECTED_ANSWER", "the server's answer is no JSON") from error
            body = None
        if response.is_success or (self.may_fail and isinstance(body, dict) and "error" not in body):
            return read(self.answer, body)
        raise from_answer(response.status_code, body)


def health() -> Route[shapes.Health]:
    return Route("GET", "/health", shapes.Health, may_fail=True)


def create_session(user_id: str | None, metadata: Mapping[str, Any] | None) -> Route[shapes.Session]:
    return Route("POST", "/api/sessions", shapes.Session, _given(user_id=user_id, metadata=metadata))


def get_session(session_id: str) -> Route[shapes.SessionDetails]:
    return Route("GET", f"/api/sessions/{quote(session_id, safe='')}", shapes.SessionDetails)


def end_session(session_id: str) -> Route[shapes.EndedSession]:
    return Route("DELETE", f"/api/sessions/{quote(session_id, safe='')}", shapes.EndedSession)


def search_products(
    query: str | None,
    *,
    category: str | None = None,
    min_price: Price | None = None,
    max_price: Price | None = None,
    size: str | None = None,
    color: str | None = None,
    brand: str | None = None,
    options: Mapping[str, str] | None = None,
    exclude: Sequence[str] | None = None,
    on_sale: bool | None = None,
    in_stock: bool | None = None,
    sort: str | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> Route[shapes.FoundProducts]:
    prices = _given(min=_number(min_price), max=_number(max_price))
    filters = _given(
        category=category,
        price_range=prices or None,
        size=size,
        color=color,
        brand=brand,
        options=dict(options) if options else None,
        exclude=list(exclude) if exclude else None,
        on_sale=on_sale,
        in_stock=in_stock,
    )
    body = _given(query=query, filters=filters or None, sort=sort, limit=limit, offset=offset)
    return Route("POST", "/api/products/search", shapes.FoundProducts, body)


def track_event(
    session_id: str, event_type: str, data: Mapping[str, Any] | None
) -> Route[shapes.TrackedEvent]:
    body = {"session_id": session_id, "event_type": event_type, **_given(data=data)}
    return Route("POST", "/api/analytics/events", shapes.TrackedEvent, body)


def get_session_analytics(session_id: str) -> Route[shapes.SessionAnalytics]:
    return Route("GET", f"/api/analytics/sessions/{quote(session_id, safe='')}", shapes.SessionAnalytics)


def execute_tool(tool: str, parameters: Mapping[str, Any]) -> Route[shapes.ToolOutcome]:
    return Route(
        "POST",
        "/api/test/tool-execution",
        shapes.ToolOutcome,
        {"tool": tool, "parameters": dict(parameters)},
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _number(price: Price | None) -> float | None:
    return None if price is None else float(price)
