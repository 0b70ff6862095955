"""The conversation: a row a turn, with what was understood of it in between where there is no other place."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from textual.content import Content

from voice_agent_cli.events import ToolFinished
from voice_agent_cli.tui.drawing import ACCENT, MUTED, argument_list, milliseconds, sides, text
from voice_agent_cli.tui.ledger import Ledger, Part, Turn
from voice_agent_cli.tui.panels.rows import Rows

_UNSURE = 0.6


class TalkPanel(Rows):
    """Newest below. Enter explains the turn under the cursor."""

    shows: frozenset[Part] = frozenset({"turns"})
    EMPTY = (
        "Nothing was said yet.\n\n"
        "Press or hold space and speak, or press t and type:\n"
        "show me rain jackets under 200 dollars"
    )

    def __init__(self) -> None:
        super().__init__("talk", "conversation", self.EMPTY)
        self.shows_calls = True
        self._last = ""

    def show(self, ledger: Ledger) -> None:
        """Draw the turns; in the common case only the last one has changed."""
        turns = ledger.turns
        keys = f"{len(turns)} {self.shows_calls}"
        if keys == self._last and turns:
            newest = len(turns) - 1
            self.redraw_row(str(newest), partial(self._turn, turns[newest]))
            if self.highlighted == newest:
                self.scroll_end(animate=False)
            return
        self._last = keys
        self.show_rows(
            [(str(n), partial(self._turn, turn)) for n, turn in enumerate(turns)],
            follow=True,
        )

    def _turn(self, turn: Turn, width: int) -> Content:
        lines = list(_you(turn, width))
        if self.shows_calls or turn.is_by_hand:
            lines += [_call(call, width) for call in turn.calls]
            if turn.is_by_hand:
                lines += [_by_hand(tool, width) for tool in turn.tools]
        lines += [_error(tool.error, width) for tool in turn.tools if tool.error and not turn.reply]
        if turn.running or (turn.words and not turn.understood_ms and not turn.reply):
            lines.append(text(f"    {turn.running or 'understanding'} …", MUTED))
        if turn.reply:
            lines += _paragraph(turn.reply, width, "$foreground")
        if turn.interrupted is not None:
            lines.append(_cut_off(turn.interrupted, width))
        lines += [_error({"message": message}, width) for message in turn.errors]
        return Content("\n").join(lines or [Content("…")])


def _you(turn: Turn, width: int) -> list[Content]:
    if not turn.words:
        return []
    style = f"{ACCENT} bold" if turn.confidence is None or turn.confidence >= _UNSURE else "$warning bold"
    right = Content()
    if turn.metrics is not None:
        right = Content.styled(milliseconds(turn.metrics.first_audio_ms), MUTED)
    if turn.confidence is not None and turn.confidence < 1:
        right = Content.assemble(Content.styled(f"{turn.confidence:.0%}  ", MUTED), right)
    mark = "› " if turn.is_typed else "❯ "
    said = Content.assemble((mark, style), text(turn.words, style)).wrap(max(width - 14, 12))
    return [sides(said[0], right, width), *(line.rstrip().pad_left(2) for line in said[1:])]


def _call(call: Mapping[str, Any], width: int) -> Content:
    told = Content.assemble(
        ("  ↳ ", MUTED),
        text(call["tool"], MUTED),
        " ",
        text(argument_list(call["arguments"]), "$foreground 70%"),
    )
    return told.truncate(width, ellipsis=True)


def _by_hand(tool: ToolFinished, width: int) -> Content:
    told = Content.assemble(
        ("✎ ", ACCENT), text(tool.tool), " ", text(argument_list(tool.arguments), "$foreground 70%")
    )
    return sides(told, Content.styled(milliseconds(tool.duration_ms), MUTED), width)


def _cut_off(heard: str, width: int) -> Content:
    """The last words that were heard of an answer."""
    if not heard:
        return text("  ⊘ cut off before a word", "$warning")
    room = max(width - 20, 8)
    tail = heard if len(heard) <= room else "…" + heard[-room:]
    return text(f"  ⊘ cut off at “{tail}”", "$warning").truncate(width, ellipsis=True)


def _error(error: Mapping[str, Any], width: int) -> Content:
    return text(f"  ! {error['message']}", "$error").truncate(width, ellipsis=True)


def _paragraph(words: str, width: int, style: str) -> list[Content]:
    wrapped = text(words, style, longest=1200).wrap(max(width - 2, 10))
    return [line.rstrip().pad_left(2) for line in wrapped]
