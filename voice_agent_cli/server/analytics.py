"""Analytics: events that clients report, and what a session came to."""

import asyncio

from voice_agent_cli.server.endpoint import Call, Endpoint
from voice_agent_cli.server.schemas import (
    NewEvent,
    SessionAnalytics,
    SessionMetrics,
    StageLatency,
    TrackedEventShape,
)
from voice_agent_cli.server.sessions import cart_of
from voice_agent_cli.storage.analytics import summarize


async def track_event(call: Call) -> TrackedEventShape:
    """Keep an event of a session; it is on the disk when this answers."""
    event: NewEvent = call.body
    call.holder.check_opens(event.session_id)
    call.services.sessions.get(event.session_id)
    tracked = await asyncio.to_thread(
        call.services.analytics.track, event.session_id, event.event_type, dict(event.data)
    )
    return TrackedEventShape(event_id=tracked.event_id, timestamp=tracked.timestamp)


async def get_session_analytics(call: Call) -> SessionAnalytics:
    """The numbers of a session, counted from its record."""
    services = call.services
    session = services.sessions.get(call.session_id)
    turns = services.sessions.turns(session.session_id)
    summary = summarize(session, turns, services.analytics.tools_reported(session.session_id))
    cart = cart_of(services, session)
    return SessionAnalytics(
        session_id=session.session_id,
        metrics=SessionMetrics(
            duration_seconds=summary.duration_seconds,
            messages_count=session.message_count,
            tools_executed=sum(summary.tool_usage.values()),
            products_viewed=len(summary.products),
            cart_value=float(cart.total),
        ),
        tool_usage=dict(summary.tool_usage),
        intents=list(summary.intents),
        latency={
            stage: StageLatency(median_ms=took.median, longest_ms=took.longest, turns=took.turns)
            for stage, took in summary.latency.items()
        },
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/analytics/events",
        "Track user interactions.",
        track_event,
        TrackedEventShape,
        "analytics",
        body=NewEvent,
        access="session",
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/api/analytics/sessions/{session_id}",
        "Get session analytics.",
        get_session_analytics,
        SessionAnalytics,
        "analytics",
        access="session",
    ),
)
