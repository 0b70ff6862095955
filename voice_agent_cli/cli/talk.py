"""``voice-agent talk``: shop by voice, or by typing, in this terminal."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import UsageError

if TYPE_CHECKING:
    from voice_agent_cli.audio.frames import Samples
    from voice_agent_cli.audio.sink import AudioSink
    from voice_agent_cli.audio.source import AudioSource
    from voice_agent_cli.cli.screen.terminal import Terminal
    from voice_agent_cli.conversation.conversation import Conversation
    from voice_agent_cli.conversation.engines import Engines
    from voice_agent_cli.conversation.pacing import Pace

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Options:
    """How to talk, as the command line gave it."""

    input: str | None
    output: str | None
    is_typed: bool
    push_to_talk: bool
    as_json: bool
    session: str | None
    settings: settings.Settings

    @property
    def is_recorded(self) -> bool:
        return self.input is not None

    @property
    def is_live(self) -> bool:
        """Whether somebody speaks or listens now, so that the conversation takes the time that it takes."""
        return self.input in (None, "-") or self.output == "-"

    @property
    def speaks(self) -> bool:
        return not self.is_typed or self.output is not None


@app.command("talk", epilog="Examples: voice-agent talk  |  voice-agent talk --input question.wav --json")
def talk(
    input_: Annotated[
        str | None,
        typer.Option(
            "--input", metavar="FILE", help="Hear a file, no slower than need be; - is PCM16 16 kHz on stdin."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="FILE.wav", help="Speak into a file; - is PCM16 16 kHz on stdout."),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Type instead of speaking.")] = False,
    push_to_talk: Annotated[
        bool, typer.Option("--push-to-talk", help="Enter begins and ends a turn.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One event a line, for a program to read.")] = False,
    session: Annotated[str | None, typer.Option(metavar="ID", help="Go on with this session.")] = None,
    barge_in: Annotated[
        bool | None, typer.Option("--barge-in/--no-barge-in", help="Whether speaking stops the answer.")
    ] = None,
    input_device: Annotated[str | None, typer.Option(help="A microphone, as `devices` lists it.")] = None,
    output_device: Annotated[str | None, typer.Option(help="A speaker, as `devices` lists it.")] = None,
) -> None:
    """The conversation: microphone and speaker, or files in their place. Ctrl-C ends it; the cart stays."""
    loaded = settings.load(
        {"audio.barge_in": barge_in, "audio.input_device": input_device, "audio.output_device": output_device}
    )
    options = Options(input_, output, text, push_to_talk, as_json, session, loaded)
    _check(options)
    from voice_agent_cli.conversation.pacing import Pace

    pace = Pace(fast=not options.is_live)
    with ExitStack() as opened:
        sink = _open_sink(options, pace)
        source = _open_source(options)
        if sink is not None:
            opened.callback(sink.close)
        try:
            asyncio.run(_talk(options, source, sink, pace))
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _check(options: Options) -> None:
    if options.is_typed and options.is_recorded:
        raise UsageError("--text types and --input hears a file; choose one")
    if options.push_to_talk and (options.is_recorded or options.is_typed):
        raise UsageError("--push-to-talk needs the microphone; leave --input and --text away")
    if options.as_json and options.output == "-":
        raise UsageError("--json and --output - both write to standard output; give --output a file")


def _open_source(options: Options) -> "AudioSource | None":
    """Opened before any model is loaded: what is absent is told at once."""
    if options.is_typed:
        return None
    from voice_agent_cli.audio.source import FileSource, RawSource

    if options.input == "-":
        return RawSource()
    if options.input is not None:
        return FileSource(Path(options.input))
    from voice_agent_cli.audio.microphone import MicrophoneSource

    return MicrophoneSource(options.settings.audio.input_device)


def _open_sink(options: Options, pace: "Pace") -> "AudioSink | None":
    if not options.speaks:
        return None
    from voice_agent_cli.audio.sink import NullSink, RawSink, WavSink

    if options.output == "-":
        return RawSink(real_time=True)
    if options.output is not None:
        return WavSink(Path(options.output), real_time=True, clock=pace.clock)
    if options.is_recorded:
        return NullSink(real_time=True, clock=pace.clock)
    from voice_agent_cli.audio.speaker import SpeakerSink

    return SpeakerSink(options.settings.audio.output_device)


async def _talk(
    options: Options, source: "AudioSource | None", sink: "AudioSink | None", pace: "Pace"
) -> None:
    from rich.console import Console

    from voice_agent_cli.cli.screen.terminal import Terminal
    from voice_agent_cli.conversation.engines import Engines

    console = Console(stderr=options.as_json or options.output == "-", highlight=False)
    with console.status("Getting ready…") if console.is_terminal else ExitStack():
        engines = await asyncio.to_thread(
            Engines, options.settings, hears=not options.is_typed, speaks=options.speaks
        )
    progress = _progress_of(source)
    with Terminal(console, listens=source is not None, progress=progress) as screen:
        if engines.hearing:
            screen.say(engines.hearing)
        await _converse(options, engines, screen, source, sink, pace)
    engines.close()


def _progress_of(source: "AudioSource | None") -> "Callable[[], tuple[float, float]] | None":
    """How many seconds of a recording were heard, of how many."""
    from voice_agent_cli.audio.source import FileSource

    return (lambda: (source.given_s, source.seconds)) if isinstance(source, FileSource) else None


async def _converse(
    options: Options,
    engines: "Engines",
    screen: "Terminal",
    source: "AudioSource | None",
    sink: "AudioSink | None",
    pace: "Pace",
) -> None:
    from voice_agent_cli.cli.screen.json_lines import JsonLines
    from voice_agent_cli.cli.screen.player import Player

    conversation = engines.open(
        options.session,
        metadata={"source": "talk"},
        barge_in=options.settings.audio.barge_in,
        clock=pace.clock,
    )
    conversation.subscribe(JsonLines(sys.stdout) if options.as_json else screen)
    if sink is not None:
        conversation.subscribe(Player(sink, conversation.publish))
    try:
        async with conversation:
            await _talk_through(conversation, options, source, sink, pace)
    finally:
        if not options.as_json:
            screen.say(f"\nSession kept; resume it with --session {conversation.session_id}")


async def _talk_through(
    conversation: "Conversation",
    options: Options,
    source: "AudioSource | None",
    sink: "AudioSink | None",
    pace: "Pace",
) -> None:
    """Until the shopper has gone, or the recording is over and answered."""
    if source is None:
        await _type(conversation, options)
        return
    if not options.is_recorded:
        await conversation.greet()
    await conversation.listen(_frames(conversation, source, options, pace))
    await conversation.quiet()
    if sink is not None:
        await sink.drain()


async def _type(conversation: "Conversation", options: Options) -> None:
    """Typed lines until the end of the input, or a goodbye."""
    from voice_agent_cli.conversation.pacing import in_daemon

    prompt = "> " if sys.stdin.isatty() and not options.as_json else ""
    while line := await in_daemon(lambda: _read_line(prompt)):
        if not line.strip():
            continue
        response = await conversation.say(line.strip())
        if response is not None and response.intent == "goodbye":
            return
    await conversation.quiet()


def _read_line(prompt: str) -> str:
    if prompt:
        sys.stderr.write(prompt)
        sys.stderr.flush()
    return sys.stdin.readline()


def _frames(
    conversation: "Conversation", source: "AudioSource", options: Options, pace: "Pace"
) -> "AsyncIterator[Samples]":
    from voice_agent_cli.conversation import pacing

    if options.is_recorded:
        return pacing.recorded(source, conversation, pace, waits=not options.settings.audio.barge_in)
    if options.push_to_talk:
        return pacing.pushed(source, conversation, _read_enter)
    return aiter(source)


def _read_enter() -> bool:
    """Wait for the Enter key; False at the end of the input."""
    return bool(sys.stdin.readline())
