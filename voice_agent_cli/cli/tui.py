"""``voice-agent tui``: the dashboard."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import UsageError

if TYPE_CHECKING:
    from voice_agent_cli.audio.source import AudioSource
    from voice_agent_cli.conversation.conversation import Conversation
    from voice_agent_cli.settings import Settings
    from voice_agent_cli.tui.backend import Backend

app = typer.Typer(add_completion=False)
LOG = "tui.log"


@app.command(
    "tui",
    epilog="Examples: voice-agent tui  |  voice-agent tui --demo  |  voice-agent tui --url http://localhost:8000",
)
def tui(
    text: Annotated[
        bool, typer.Option("--text", help="Type instead of speaking; nothing is said aloud.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="A recorded shopper speaks, in a data directory of its own.")
    ] = False,
    push_to_talk: Annotated[
        bool, typer.Option("--push-to-talk", help="Hear only between a press of space and the next.")
    ] = False,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Go on with this session.")] = None,
    shop: Annotated[str | None, typer.Option(help="Which of the imported catalogues is open.")] = None,
    input_device: Annotated[str | None, typer.Option(help="A microphone, as `devices` lists it.")] = None,
    output_device: Annotated[str | None, typer.Option(help="A speaker, as `devices` lists it.")] = None,
) -> None:
    """The dashboard: conversation, products, cart, tool calls and latency, live. ? shows the keys."""
    if text and (demo or push_to_talk):
        raise UsageError("--text types; leave --demo and --push-to-talk away")
    flags = {"shop.name": shop, "audio.input_device": input_device, "audio.output_device": output_device}
    with ExitStack() as opened:
        loaded = settings.load(flags)
        if demo:
            loaded = _private(loaded, Path(opened.enter_context(tempfile.TemporaryDirectory())))
            flags |= {"data_dir": str(loaded.data_dir), "shop.name": loaded.shop.name}
        opened.enter_context(_screen_of_its_own(loaded.data_dir / LOG))
        _show(_backend(flags, session, text, demo, push_to_talk))


def _show(backend: "Backend") -> None:
    os.environ.setdefault("TEXTUAL_FPS", "30")  # read when Textual is imported
    from voice_agent_cli.tui.app import Dashboard

    Dashboard(backend).run()


def _backend(
    flags: dict[str, str | None], session: str | None, text: bool, demo: bool, push_to_talk: bool
) -> "Backend":
    from voice_agent_cli.tui import local

    source = None if text else _shopper if demo else local.open_microphone
    return local.LocalBackend(
        flags, session, open_source=source, speaks=not text, ear="closed" if push_to_talk else "listening"
    )


def _shopper(_: "Settings", conversation: "Conversation") -> "AudioSource":
    from voice_agent_cli.conversation.rehearsal import Pace, recordings, shopper

    return shopper(conversation, recordings(settings.shipped("config/demo")), Pace())


def _private(loaded: "Settings", folder: Path) -> "Settings":
    from voice_agent_cli.conversation.rehearsal import private_settings

    return private_settings(loaded, folder)


@contextmanager
def _screen_of_its_own(log: Path) -> Iterator[None]:
    """Keep what engines and audio libraries print on standard error, where Textual draws, off the screen.

    The screen gets a copy of the terminal's descriptor, and the descriptor itself leads to a log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    before = sys.__stderr__
    with open(kept, "w", encoding="utf-8") as screen, log.open("ab") as sink:
        os.dup2(sink.fileno(), 2)
        sys.__stderr__ = screen  # type: ignore[misc]
        try:
            yield
        finally:
            screen.flush()
            os.dup2(kept, 2)
            sys.__stderr__ = before  # type: ignore[misc]
