"""Sessions: opened, looked at, ended."""

import asyncio

from voice_agent_cli.server.endpoint import Call, Endpoint, as_body
from voice_agent_cli.server.schemas import (
    ContextShape,
    CreatedSession,
    EndedSession,
    MessageShape,
    NewSession,
    SessionDetails,
)
from voice_agent_cli.server.services import Services
from voice_agent_cli.shop.shapes import CartShape, cart_shape
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.storage.analytics import duration_seconds, viewed
from voice_agent_cli.storage.sessions import Message, SessionRecord


async def create_session(call: Call) -> CreatedSession:
    """A new session and its token."""
    call.limit(call.services.limits.sessions, call.address, "new sessions in a minute")
    wanted: NewSession = call.body
    session = await asyncio.to_thread(call.services.writer.start, None, wanted.user_id, dict(wanted.metadata))
    token, expires_at = call.services.tokens.for_session(session.session_id)
    return CreatedSession(session_id=session.session_id, token=token, expires_at=expires_at)


async def get_session(call: Call) -> bytes:
    """What was said in a session, its cart, and what it looked at."""
    return call.services.kept.body(call.session_id, lambda: as_body(_details(call.services, call.session_id)))


def _details(services: Services, session_id: str) -> SessionDetails:
    records = services.sessions
    session = records.get(session_id)
    cart = cart_of(services, session)
    return SessionDetails(
        session_id=session.session_id,
        status=session.status,
        started_at=session.started_at,
        messages=[_message(message) for message in records.messages(session.session_id)],
        context=ContextShape(
            cart_items=cart.lines, viewed_products=list(viewed(records.turns(session.session_id)))
        ),
    )


async def end_session(call: Call) -> EndedSession:
    """End a session; its record stays. Ending it again changes nothing."""
    services = call.services
    services.sessions.get(call.session_id)
    session = await asyncio.to_thread(services.writer.end, call.session_id)
    if connection := services.live.speaker(call.session_id):
        await connection.leave("ended")
    return EndedSession(message="Session ended successfully", duration_seconds=duration_seconds(session))


def cart_of(services: Services, session: SessionRecord) -> CartShape:
    """The cart of a session, at today's prices."""
    return services.counter.look(session.session_id, session.user_id, _cart)


def _cart(shop: Shop) -> CartShape:
    return cart_shape(shop.cart.bill())


def _message(message: Message) -> MessageShape:
    shape = {"role": message.role, "content": message.content, "timestamp": message.timestamp}
    if message.role == "assistant":
        shape["tools_used"] = list(message.tools_used)  # type: ignore[assignment]
    return MessageShape.model_validate(shape)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/sessions",
        "Create a new conversation session.",
        create_session,
        CreatedSession,
        "sessions",
        body=NewSession,
    ),
    Endpoint(
        "GET",
        "/api/sessions/{session_id}",
        "Get session details.",
        get_session,
        SessionDetails,
        "sessions",
        access="session",
    ),
    Endpoint(
        "DELETE",
        "/api/sessions/{session_id}",
        "End a session.",
        end_session,
        EndedSession,
        "sessions",
        access="session",
    ),
)
