"""Which session a voice connection may have, and its conversation."""

from voice_agent_cli.errors import NotFoundError, UsageError
from voice_agent_cli.server.auth import Caller
from voice_agent_cli.server.conversations import Visit
from voice_agent_cli.server.faults import ForbiddenError
from voice_agent_cli.server.live import Connection
from voice_agent_cli.server.messages import StartData
from voice_agent_cli.server.services import Services
from voice_agent_cli.storage.sessions import SessionRecord, Sessions


def open_session(sessions: Sessions, caller: Caller, data: StartData) -> SessionRecord:
    """The session that a client asks for: its own, a known one, or a new one.

    Raises:
        ForbiddenError: it is another's.
        NotFoundError: there is none of that id, or it is over.
    """
    wanted = data.session_id
    if caller.kind == "session":
        wanted = wanted or caller.ident
        caller.check_opens(wanted)
    if wanted is None:
        store = {"store_id": data.context.store_id} if data.context.store_id else {}
        return sessions.start(None, data.user_id, store)
    session = sessions.get(wanted)
    if session.status != "active":
        raise NotFoundError(
            f"the session is over ({session.status}); create a new one", {"field": "session_id"}
        )
    if data.user_id and session.user_id and data.user_id != session.user_id:
        raise ForbiddenError("the session belongs to another user", {"field": "user_id"})
    # A shopper's own token must not make them somebody else, whose orders they would see.
    return sessions.start(wanted, data.user_id if caller.kind == "key" else None)


async def take_over(services: Services, session: SessionRecord, connection: Connection) -> Visit:
    """A conversation of ``session``, which from now on is this connection's.

    Raises:
        VoiceAgentError: a model or the shop cannot be used.
        UsageError: yet another connection came in between.
    """
    live = services.live
    other = live.speaker(session.session_id)
    live.claim(session.session_id, connection)
    try:
        if other is not None:
            await other.leave("taken_over")
        visit = await services.conversations.open(session)
    except BaseException:
        live.release(connection)
        raise
    if live.speaker(session.session_id) is not connection:
        await visit.end("taken_over", "active")
        raise UsageError("another connection has taken this session over", {"field": "session_id"})
    return visit
