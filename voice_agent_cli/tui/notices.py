"""What a dashboard is told besides the events of a conversation: models, microphone, server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from voice_agent_cli.events import Event


@dataclass(frozen=True)
class Loaded:
    """How far a part of the engine is; ``detail`` is its name, or what is wrong with it."""

    part: str
    state: Literal["loading", "ready", "off", "failed"]
    detail: str = ""


@dataclass(frozen=True)
class Microphone:
    """``listening`` all the time, ``open`` or ``closed`` by the key, ``off`` (there is none), or ``lost``."""

    state: Literal["off", "listening", "open", "closed", "lost"]
    detail: str = ""


@dataclass(frozen=True)
class Link:
    """The way to the engine: its own (``here``), or a server's."""

    state: Literal["here", "connecting", "connected", "lost"]
    detail: str = ""


@dataclass(frozen=True)
class Resumed:
    """The session that is shown from now on, and what was said in it before: ``role``, ``content``."""

    session_id: str
    messages: tuple[Mapping[str, Any], ...] = ()


Notice = Event | Loaded | Microphone | Link | Resumed
