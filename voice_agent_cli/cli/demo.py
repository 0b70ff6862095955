"""``voice-agent demo``: a recorded shopper, heard and served by the real engines."""

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent_cli import settings

if TYPE_CHECKING:
    from voice_agent_cli.audio.frames import Samples
    from voice_agent_cli.audio.recorder import ConversationRecorder
    from voice_agent_cli.conversation.rehearsal import Pace

app = typer.Typer(add_completion=False)


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
    from voice_agent_cli.conversation.rehearsal import Pace, private_settings, recordings

    loaded = settings.load()
    turns = recordings(settings.shipped("config/demo"))
    with ExitStack() as opened:
        recorder = ConversationRecorder(output)
        opened.callback(recorder.close)
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        try:
            asyncio.run(_show(private_settings(loaded, folder), turns, recorder, Pace(fast), as_json))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
    typer.echo(f"Both sides are in {output}", err=True)
    if play:
        _play(output)


async def _show(
    private: settings.Settings,
    turns: list[Path],
    recorder: "ConversationRecorder",
    pace: "Pace",
    as_json: bool,
) -> None:
    from rich.console import Console

    from voice_agent_cli.audio.frames import SAMPLE_RATE
    from voice_agent_cli.cli.screen.json_lines import JsonLines
    from voice_agent_cli.cli.screen.player import AnswerRecorder
    from voice_agent_cli.cli.screen.terminal import Terminal
    from voice_agent_cli.conversation.engines import Engines
    from voice_agent_cli.conversation.rehearsal import shopper

    console = Console(stderr=as_json, highlight=False)
    with console.status("Getting ready…") if console.is_terminal else ExitStack():
        engines: Engines = await asyncio.to_thread(Engines, private)
    with Terminal(console, listens=not as_json) as screen:
        screen.say(engines.hearing)
        conversation = engines.open(metadata={"source": "demo"}, clock=pace.clock)
        conversation.subscribe(JsonLines(sys.stdout) if as_json else screen)
        conversation.subscribe(AnswerRecorder(recorder))

        def spoken(samples: "Samples") -> None:
            recorder.add("shopper", samples, SAMPLE_RATE, conversation.elapsed_s)

        async with conversation:
            await conversation.greet()
            await conversation.listen(shopper(conversation, turns, pace, spoken))
    engines.close()


def _play(path: Path) -> None:
    import numpy as np
    import soundfile

    from voice_agent_cli.cli.screen.player import play

    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    # One side is silent while the other speaks: their sum is both.
    asyncio.run(play(np.clip(samples.sum(axis=1), -32768, 32767).astype(np.int16), rate))
