"""``voice-agent demo``: a recorded shopper, heard and served by the real engines."""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import NotFoundError

if TYPE_CHECKING:
    from voice_agent_cli.audio.frames import Samples
    from voice_agent_cli.audio.recorder import ConversationRecorder
    from voice_agent_cli.conversation.conversation import Conversation

app = typer.Typer(add_completion=False)

FRAME_S = 0.02
_PAUSE_S = 0.5
_SHOP = "sample"


class Pace:
    """The demo's clock: real time, or with ``fast`` time that jumps over speech and silence.

    What the engines do is never jumped over, so that the times shown stay true.
    """

    def __init__(self, fast: bool) -> None:
        self._fast = fast
        self._jumped = 0.0
        self._due = time.monotonic()

    def clock(self) -> float:
        return time.monotonic() + self._jumped

    async def frame(self, works: bool) -> None:
        """Wait for the next frame; ``works`` while the engines are at work."""
        if self._fast and not works:
            self._jumped += FRAME_S
            await asyncio.sleep(0)
            return
        if self._due < time.monotonic() - FRAME_S:
            self._due = time.monotonic()  # time that was jumped over is not owed
        self._due += FRAME_S
        await asyncio.sleep(max(self._due - time.monotonic(), 0.0))


@app.command("demo", epilog="Examples: voice-agent demo  |  voice-agent demo --fast --json")
def demo(
    output: Annotated[Path, typer.Option(metavar="FILE.wav", help="Where both sides are recorded.")] = Path(
        "voice-agent-demo.wav"
    ),
    play: Annotated[bool, typer.Option("--play", help="Also play both sides on the speaker.")] = False,
    fast: Annotated[bool, typer.Option("--fast", help="Do not wait while somebody speaks.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One event a line, for a program to read.")] = False,
) -> None:
    """Watch a recorded shopper find, compare, add, change and check out: no microphone, no network."""
    from voice_agent_cli.audio.recorder import ConversationRecorder

    loaded = settings.load({"shop.name": _SHOP})
    turns = recordings(settings.shipped("config/demo"))
    with ExitStack() as opened:
        recorder = ConversationRecorder(output)
        opened.callback(recorder.close)
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        try:
            asyncio.run(_show(_private(loaded, folder), turns, recorder, Pace(fast), as_json))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
    typer.echo(f"Both sides are in {output}", err=True)
    if play:
        _play(output)


def recordings(folder: Path) -> list[Path]:
    """The shopper's turns in order.

    Raises:
        NotFoundError: they did not come with this installation.
    """
    found = sorted(folder.glob("*.flac"))
    if not found:
        raise NotFoundError(f"{folder} holds no recordings; type: scripts/record_shopper")
    return found


def _private(loaded: settings.Settings, folder: Path) -> settings.Settings:
    """The settings with a data directory of its own: a demo must not sell out the user's shop."""
    from voice_agent_cli.shop.shops import ensure_shop, shop_path

    source = ensure_shop(loaded.data_dir, loaded.shop.name)
    private = settings.load({"shop.name": _SHOP, "data_dir": str(folder)})
    target = shop_path(private.data_dir, private.shop.name)
    target.parent.mkdir(parents=True)
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target)) as copy:
        ours.backup(copy)
    return private


async def _show(
    private: settings.Settings, turns: list[Path], recorder: "ConversationRecorder", pace: Pace, as_json: bool
) -> None:
    from rich.console import Console

    from voice_agent_cli.cli.screen.json_lines import JsonLines
    from voice_agent_cli.cli.screen.player import AnswerRecorder
    from voice_agent_cli.cli.screen.terminal import Terminal
    from voice_agent_cli.conversation.engines import Engines

    console = Console(stderr=as_json, highlight=False)
    with console.status("Getting ready…") if console.is_terminal else ExitStack():
        engines: Engines = await asyncio.to_thread(Engines, private)
    with Terminal(console, listens=not as_json) as screen:
        screen.say(engines.hearing)
        conversation = engines.open(metadata={"source": "demo"}, clock=pace.clock)
        conversation.subscribe(JsonLines(sys.stdout) if as_json else screen)
        conversation.subscribe(AnswerRecorder(recorder))
        async with conversation:
            await conversation.greet()
            await conversation.listen(_shopper(conversation, turns, recorder, pace))
    engines.close()


async def _shopper(
    conversation: "Conversation", turns: list[Path], recorder: "ConversationRecorder", pace: Pace
) -> "AsyncIterator[Samples]":
    """The recordings, each after the answer to the one before was heard; silence between them."""
    import numpy as np

    from voice_agent_cli.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, Framer
    from voice_agent_cli.audio.source import FileSource

    silence = np.zeros(FRAME_SAMPLES, np.int16)
    for turn in [*turns, None]:
        waited = 0.0
        while waited < _PAUSE_S:
            waited = 0.0 if conversation.is_busy or conversation.is_hearing else waited + FRAME_S
            await pace.frame(conversation.is_answering)
            yield silence
        if turn is None:
            return
        samples = np.concatenate(list(FileSource(turn).blocks()))
        recorder.add("shopper", samples, SAMPLE_RATE, conversation.elapsed_s)
        framer = Framer()
        for frame in (*framer.add(samples), *framer.flush()):
            await pace.frame(conversation.is_answering)
            yield frame


def _play(path: Path) -> None:
    import numpy as np
    import soundfile

    from voice_agent_cli.cli.screen.player import play

    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    # One side is silent while the other speaks: their sum is both.
    asyncio.run(play(np.clip(samples.sum(axis=1), -32768, 32767).astype(np.int16), rate))
