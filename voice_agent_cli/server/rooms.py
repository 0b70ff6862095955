"""Where a session's audio travels: the server itself carries it, in a room of its own."""

from dataclasses import dataclass

from voice_agent_cli.server.auth import Tokens


@dataclass(frozen=True)
class Room:
    """A room's name, and the token that proves its holder belongs in it."""

    name: str
    token: str


def local_room(session_id: str, tokens: Tokens) -> Room:
    """The room of a session that this server carries."""
    name = f"local-{session_id}"
    return Room(name, tokens.for_room(session_id, name))
