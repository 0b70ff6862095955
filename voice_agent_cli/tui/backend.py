"""What a dashboard needs of whoever holds the conversation: an engine of its own, or a server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from voice_agent_cli.audio.frames import Samples
from voice_agent_cli.settings import Settings
from voice_agent_cli.tui.notices import Notice
from voice_agent_cli.tui.recordings import Recordings

Ear = Literal["listening", "open", "closed"]
Post = Callable[[Notice], None]


class Records(Protocol):
    """Sessions past and present. Every method raises ``VoiceAgentError`` where they cannot be reached."""

    async def recent(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """The sessions last used first: ``session_id, status, started_at, last_seen_at, message_count``."""
        ...

    async def export(self, session_id: str) -> Mapping[str, Any]:
        """A whole record: the session's facts, ``messages`` and ``turns``."""
        ...

    async def find(self, words: str) -> Mapping[str, str]:
        """The sessions in which something was said: id to the line where the words are."""
        ...

    async def delete(self, session_id: str) -> None: ...


class Backend(Protocol):
    """Wishes go in and return at once; what comes of them is posted as notices.

    Attributes:
        where: What it talks to, for the head of the screen.
        records: The sessions it knows.
        recordings: The sound of the turns of this session.
        settings: The settings in force.
        look_every_s: How often the records may be read to watch sessions.
        can_switch: Whether catalogue, voice and model can be changed from here.
    """

    where: str
    records: Records
    recordings: Recordings
    settings: Settings
    look_every_s: float
    can_switch: bool

    def start(self, post: Post) -> None:
        """Begin, in a thread of its own; ``post`` is called from there."""
        ...

    def close(self) -> None:
        """End the conversation; its session is kept. Waits a few seconds at most."""
        ...

    def say(self, text: str) -> None: ...

    def interrupt(self) -> None:
        """Let the assistant fall silent."""
        ...

    def listen(self, ear: Ear) -> None:
        """Hear all the time, or from ``open`` to ``closed``, which ends the turn."""
        ...

    def switch(self, flags: Mapping[str, object], session_id: str | None = None) -> None:
        """Go on with other settings (dotted keys) or in another session."""
        ...

    def play(self, samples: Samples) -> None:
        """Play mono int16 at 16 kHz."""
        ...

    async def run_tool(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a tool by hand: the answer as ``voice-agent tool NAME --json`` prints it."""
        ...

    async def change_line(self, line: Mapping[str, Any], quantity: int) -> None:
        """Let a line of the cart have so many pieces; 0 takes it out."""
        ...
