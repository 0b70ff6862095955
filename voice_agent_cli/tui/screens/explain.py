"""The way of one turn: sound, words, calls, result, reply, speech, each with its moment."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples
from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.tui.drawing import (
    ACCENT,
    MUTED,
    STAGE_STYLES,
    STRONG,
    milliseconds,
    sides,
    sparkline,
    stage_glyphs,
    text,
)
from voice_agent_cli.tui.ledger import Turn
from voice_agent_cli.tui.panels.understood import call_lines, outcome_line
from voice_agent_cli.tui.recordings import TurnSound

if TYPE_CHECKING:
    from voice_agent_cli.tui.app import Dashboard

_STAGES = {
    "end_point": "waited for the end of speech",
    "recognize": "recognized the words",
    "understand": "decided on calls",
    "tools": "ran the tools",
    "speak": "composed and made the first sound",
}
_SURE = 0.6


class ExplainScreen(Screen[None]):
    """Read top to bottom, it is the way a word goes through the engine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,e,q", "app.pop_screen", "Back", key_display="esc"),
        Binding("r", "replay", "Replay"),
        Binding("f", "save", "Save as WAV"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, turn: Turn, sound: TurnSound | None) -> None:
        super().__init__()
        self._turn, self._sound = turn, sound

    def compose(self) -> ComposeResult:
        yield Static(classes="page-head", id="explain-head")
        with VerticalScroll(classes="page", id="explain"):
            yield Static(id="explain-way")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one("#explain").focus()

    def on_resize(self, event: events.Resize) -> None:
        width = min(event.size.width - 4, 150)
        head = Content.assemble(("explain this turn  ", MUTED), text(self._turn.words or "by hand", STRONG))
        self.query_one("#explain-head", Static).update(head)
        lines = list(way(self._turn, self._sound, max(width, 40)))
        self.query_one("#explain-way", Static).update(Content("\n").join(lines))

    def action_scroll(self, by: int) -> None:
        self.query_one("#explain").scroll_relative(y=by, animate=False)

    def action_replay(self) -> None:
        cast("Dashboard", self.app).replay(self._turn)

    def action_save(self) -> None:
        """Write the turn's sound into the folder the dashboard was started in."""
        if self._sound is None:
            self.notify("this turn has no recording")
            return
        path = Path(f"turn-{datetime.now():%H%M%S}.wav")
        try:
            cast("Dashboard", self.app).backend.recordings.save(self._turn.turn_id, path)
        except VoiceAgentError as error:
            self.notify(error.message, severity="error")
        else:
            self.notify(f"saved as {path.absolute()}")


def way(turn: Turn, sound: TurnSound | None, width: int) -> Iterator[Content]:
    """The lines of the screen, a section a stage; times count from the end of the words, as heard."""
    start = turn.heard_ms or turn.at_ms
    yield from _times(turn, width)
    yield from _section("1 sound", "", width)
    yield from _sound(turn, sound, width)
    yield from _section("2 words", _moment(turn.heard_ms, start), width)
    yield from _words(turn, width)
    yield from _section("3 calls", _moment(turn.understood_ms, start), width)
    if turn.latency_ms:
        yield text(f"  the agent took {milliseconds(turn.latency_ms)}", MUTED)
    for call in turn.calls:
        yield from (line.pad_left(2) for line in call_lines(call, width - 2))
    if turn.question:
        yield text(f"  asked back: {turn.question}", "$warning")
    if not turn.calls and not turn.question:
        yield text("  none: nothing was asked of the shop", MUTED)
    yield from _section("4 results", _moment(turn.tools[-1].at_ms if turn.tools else 0.0, start), width)
    for tool in turn.tools:
        yield text(f"  {tool.tool}", ACCENT)
        yield outcome_line(tool, width)
        yield from _facts(tool.result or (tool.error or {}).get("details") or {}, width)
    yield from _section("5 reply", _moment(turn.replied_ms, start), width)
    yield from (line.rstrip().pad_left(2) for line in text(turn.reply, longest=1200).wrap(width - 4))
    yield from _section("6 speech", "", width)
    yield from _speech(turn, start, width)


def _section(name: str, moment: str, width: int) -> Iterator[Content]:
    yield Content()
    yield sides(Content.styled(name, f"{ACCENT} bold"), Content.styled(moment, MUTED), width)


def _moment(at_ms: float, start_ms: float) -> str:
    return f"+{at_ms - start_ms:.0f} ms" if at_ms >= start_ms > 0 else ""


def _times(turn: Turn, width: int) -> Iterator[Content]:
    """A line a stage on one scale, from the last voiced sample to the first sound."""
    if turn.metrics is None:
        return
    room, passed = max(width - 48, 10), 0.0
    full = max(sum(turn.metrics.stages.values()), 1.0)
    for stage, glyph in stage_glyphs(is_plain=True).items():
        took = turn.metrics.stages.get(stage, 0.0)
        before, after = round(passed / full * room), round((passed + took) / full * room)
        bar = Content.assemble(
            " " * before, (glyph * max(after - before, 1 if took else 0), STAGE_STYLES[stage])
        )
        name = text(f"{_STAGES[stage]:34}", MUTED)
        yield sides(Content.assemble("  ", name, bar), text(milliseconds(took)), width)
        passed += took
    total = Content.assemble("  ", (f"{'silence to first sound':34}", MUTED))
    yield sides(total, text(milliseconds(turn.metrics.first_audio_ms), STRONG), width)


def _sound(turn: Turn, sound: TurnSound | None, width: int) -> Iterator[Content]:
    if turn.is_typed:
        yield text("  none: it was typed", MUTED)
    elif sound is None or not len(sound.shopper):
        yield text("  no recording is kept of it", MUTED)
    else:
        seconds = text(f"{len(sound.shopper) / SAMPLE_RATE:.1f} s", MUTED)
        yield sides(Content.styled("  " + envelope(sound.shopper, width - 12), ACCENT), seconds, width)


def envelope(samples: Samples, width: int) -> str:
    """The loudness of mono int16 samples over time, a block a piece."""
    pieces = np.array_split(samples.astype(np.float64), max(width, 1))
    return sparkline([float(np.sqrt(np.mean(piece**2))) if len(piece) else 0.0 for piece in pieces], width)


def _words(turn: Turn, width: int) -> Iterator[Content]:
    if not turn.heard:
        yield text(f"  {turn.words}")
        return
    for word in turn.heard:
        sure = "$foreground" if word.confidence >= _SURE else "$warning"
        bar = "━" * round(word.confidence * 20)
        line = Content.assemble(
            text(f"  {word.word:16}", sure),
            Content.styled(f"{word.start:5.2f}-{word.end:5.2f} s  ", MUTED),
            Content.styled(f"{bar:20} ", ACCENT if word.confidence >= _SURE else "$warning"),
            Content.styled(f"{word.confidence:.0%}", MUTED),
        )
        yield line.truncate(width)
    if turn.confidence is not None:
        yield text(f"  as a whole {turn.confidence:.0%}", MUTED)


def _facts(result: object, width: int) -> Iterator[Content]:
    """The result's own fields, one a line, as deep as a reader wants them."""
    if not isinstance(result, dict):
        return
    for name, value in result.items():
        if isinstance(value, list):
            told = ", ".join(
                str(one.get("title") or one.get("name") or one) if isinstance(one, dict) else str(one)
                for one in value
            )
            told = f"{len(value)}: {told}" if value else "none"
        elif isinstance(value, dict):
            told = ", ".join(
                f"{key} {inner}" for key, inner in value.items() if isinstance(inner, str | int | float)
            )
        else:
            told = str(value)
        yield Content.assemble(text(f"    {name:14} ", MUTED), text(told, longest=600)).truncate(
            width, ellipsis=True
        )


def _speech(turn: Turn, start: float, width: int) -> Iterator[Content]:
    for piece in turn.spoken:
        moment = Content.styled(f"{_moment(piece.at_ms, start)}  {piece.duration_ms / 1000:.1f} s", MUTED)
        yield sides(text(f"  {piece.text}"), moment, width)
    if not turn.spoken:
        yield text("  nothing was said aloud", MUTED)
    if turn.interrupted is not None:
        yield text(f"  cut off; heard: {turn.interrupted or 'nothing'}", "$warning")
