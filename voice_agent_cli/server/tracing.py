"""OpenTelemetry traces, where OpenTelemetry is installed: one span a request, one a turn and its stages.

Where they go is OpenTelemetry's own matter: ``opentelemetry-instrument`` and the ``OTEL_*`` variables.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from voice_agent_cli.events import Event, TurnMetrics, Understood

_NS_PER_MS = 1_000_000


@contextmanager
def request_span(method: str, route: str, headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """A span around a request, part of its sender's trace; what is put into the dict becomes its facts."""
    facts: dict[str, Any] = {}
    api = _opentelemetry()
    if api is None:
        yield facts
        return
    from opentelemetry.propagate import extract

    with api.get_tracer(__name__).start_as_current_span(
        f"{method} {route}",
        context=extract(headers),
        kind=api.SpanKind.SERVER,
        attributes={"http.request.method": method, "http.route": route},
    ) as span:
        yield facts
        span.set_attributes(facts)


class TurnSpans:
    """The spans of one conversation's turns, made when a turn is over from the times it was measured with."""

    def __init__(self) -> None:
        self._understood: dict[str, int] = {}

    def see(self, event: Event) -> None:
        """Take an event of the conversation."""
        api = _opentelemetry()
        if api is None:
            return
        if isinstance(event, Understood):
            self._understood = {event.turn_id: time.time_ns()}
        elif isinstance(event, TurnMetrics) and (at := self._understood.pop(event.turn_id, 0)):
            _trace_turn(api, event, at - round(event.understood_ms * _NS_PER_MS))


def _trace_turn(api: Any, turn: TurnMetrics, began: int) -> None:
    tracer = api.get_tracer(__name__)
    whole = tracer.start_span("turn", start_time=began, attributes={"turn.id": turn.turn_id})
    inside, at = api.set_span_in_context(whole), began
    for stage, took_ms in turn.stages.items():
        span = tracer.start_span(stage, context=inside, start_time=at)
        at += round(took_ms * _NS_PER_MS)
        span.end(end_time=at)
    whole.end(end_time=at)


def _opentelemetry() -> Any | None:
    """Its interface, where somebody has told it where traces go."""
    api = _interface()
    if api is None or isinstance(api.get_tracer_provider(), api.ProxyTracerProvider):
        return None
    return api


@cache
def _interface() -> Any | None:
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace
