"""Several sessions at once, for an operator: what each shopper said last, and how fast they were answered."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ItemGrid, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.tui.backend import Records
from voice_agent_cli.tui.drawing import ACCENT, MUTED, milliseconds, sides, sparkline, text

_MOST = 12
_CARD = 38
_LINES = 7


class WatchScreen(Screen[None]):
    """A card a session, the last used first, read anew every ``every_s`` seconds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,w,q", "app.pop_screen", "Back", key_display="esc")
    ]

    def __init__(self, records: Records, every_s: float) -> None:
        super().__init__()
        self._records, self._every_s = records, every_s
        self._known: dict[str, tuple[object, Content]] = {}

    def compose(self) -> ComposeResult:
        yield Static("", classes="page-head", id="watch-head")
        with VerticalScroll(classes="page"):
            yield ItemGrid(id="cards", min_column_width=_CARD)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self._look()
        self.set_interval(self._every_s, self._look)

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            sessions = await self._records.recent(_MOST)
            for session in sessions:
                seen = (session["last_seen_at"], session["message_count"], session["status"])
                if self._known.get(session["session_id"], (None,))[0] != seen:
                    record = await self._records.export(session["session_id"])
                    self._known[session["session_id"]] = (seen, card(record, _CARD - 4))
        except VoiceAgentError as error:
            self.query_one("#watch-head", Static).update(text(error.message, "$error"))
            return
        await self._show(sessions)

    async def _show(self, sessions: Sequence[Mapping[str, Any]]) -> None:
        active = sum(session["status"] == "active" for session in sessions)
        head = f"watching {len(sessions)} sessions, {active} active" if sessions else "No session yet."
        self.query_one("#watch-head", Static).update(text(head, MUTED))
        grid = self.query_one("#cards", ItemGrid)
        while len(grid.children) < len(sessions):
            await grid.mount(Static(classes="card"))
        for widget, session in zip(grid.query(".card").results(Static), sessions, strict=False):
            widget.update(self._known[session["session_id"]][1])


def card(record: Mapping[str, Any], width: int) -> Content:
    """The head, the last things said, and the latencies."""
    dot = ("● ", "$success") if record["status"] == "active" else ("○ ", MUTED)
    head = Content.assemble(
        dot, text(record["session_id"][:8], "bold"), text(f"  {record.get('user_id') or ''}", MUTED)
    )
    times = [turn["timings"].get("first_audio_ms", 0.0) for turn in record["turns"] if turn["timings"]]
    lines = [sides(head, text(str(record["last_seen_at"])[11:19], MUTED), width)]
    said: list[Content] = []
    for message in record["messages"][-4:]:
        is_user = message["role"] == "user"
        words = text(f"{'❯ ' if is_user else '  '}{message['content']}", ACCENT if is_user else "")
        said += [line.rstrip() for line in words.wrap(width)][:3]
    lines += said[-(_LINES - 2) :]
    lines += [Content()] * (_LINES - 1 - len(lines))
    last = milliseconds(times[-1]) if times else ""
    lines.append(
        sides(Content.styled(sparkline(times, 16) if times else "", ACCENT), text(last, MUTED), width)
    )
    return Content("\n").join(lines)
