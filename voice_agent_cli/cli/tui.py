"""``voice-agent tui``: the dashboard."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
    from voice_agent_cli.tui.backend import Backend, Ear

app = typer.Typer(add_completion=False)
LOG = "tui.log"
KEY = "VOICE_AGENT_API_KEY"
Flags = dict[str, str | None]


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
    url: Annotated[
        str | None,
        typer.Option(help="A running server, whose conversation this is; its key in the environment."),
    ] = None,
    watch: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="With --url: one more session to watch; repeatable."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="With --url: a file with the API key; else VOICE_AGENT_API_KEY.")
    ] = None,
    shop: Annotated[str | None, typer.Option(help="Which of the imported catalogues is open.")] = None,
    input_device: Annotated[str | None, typer.Option(help="A microphone, as `devices` lists it.")] = None,
    output_device: Annotated[str | None, typer.Option(help="A speaker, as `devices` lists it.")] = None,
) -> None:
    """The dashboard: conversation, products, cart, tool calls and latency, live. ? shows the keys."""
    if text and (demo or push_to_talk):
        raise UsageError("--text types; leave --demo and --push-to-talk away")
    if demo and url is not None:
        raise UsageError("--demo has an engine of its own; leave --url away")
    if url is None and (watch or key_file):
        raise UsageError("--watch and --key-file belong to --url")
    flags: Flags = {
        "shop.name": shop,
        "audio.input_device": input_device,
        "audio.output_device": output_device,
    }
    with ExitStack() as opened:
        loaded = settings.load(flags)
        if demo:
            loaded = _private(loaded, Path(opened.enter_context(tempfile.TemporaryDirectory())))
            flags |= {"data_dir": str(loaded.data_dir), "shop.name": loaded.shop.name}
        opened.enter_context(_screen_of_its_own(loaded.data_dir / LOG))
        ear: Ear = "closed" if push_to_talk else "listening"
        if url is not None:
            key = _api_key(key_file)
            _show(_remote(url, key, flags, session, watched=watch or (), text=text, ear=ear))
        else:
            _show(_local(flags, session, text=text, demo=demo, ear=ear))


def _show(backend: "Backend") -> None:
    os.environ.setdefault("TEXTUAL_FPS", "30")  # read when Textual is imported
    from voice_agent_cli.tui.app import Dashboard

    Dashboard(backend).run()


def _local(flags: Flags, session: str | None, *, text: bool, demo: bool, ear: "Ear") -> "Backend":
    from voice_agent_cli.tui import local

    source = None if text else _shopper if demo else local.open_microphone
    return local.LocalBackend(flags, session, open_source=source, speaks=not text, ear=ear)


def _remote(
    url: str, key: str, flags: Flags, session: str | None, *, watched: Sequence[str], text: bool, ear: "Ear"
) -> "Backend":
    from voice_agent_cli.tui import devices, remote

    return remote.RemoteBackend(
        url,
        key,
        flags,
        session,
        watched=watched,
        open_source=None if text else remote.open_microphone,
        open_sink=devices.no_sink if text else devices.open_speaker,
        ear=ear,
    )


def _api_key(file: Path | None) -> str:
    """The key of the server.

    Raises:
        UsageError: there is none, or its file cannot be read.
    """
    if file is None:
        key = os.environ.get(KEY, "")
    else:
        try:
            key = file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(f"{file}: cannot be read ({error.strerror})", {"field": "key_file"}) from error
    if not key:
        raise UsageError(f"--url needs the server's API key: set {KEY}, or give --key-file FILE")
    return key


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
