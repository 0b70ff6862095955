"""Past sessions: browsed, searched, exported, resumed, forgotten."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static

from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.storage.sessions import as_markdown
from voice_agent_cli.tui.backend import Records
from voice_agent_cli.tui.drawing import ACCENT, MUTED, cell, milliseconds, text
from voice_agent_cli.tui.panels.rows import Rows

_MOST = 300
_MARKS = {"active": ("●", "$success"), "ended": ("○", MUTED), "expired": ("◌", MUTED)}


class SessionsScreen(Screen[str | None]):
    """Gives back the id of the session to go on with, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("r", "resume", "Resume"),
        Binding("m", "export('markdown')", "Markdown"),
        Binding("x", "export('json')", "JSON"),
        Binding("d", "forget", "Forget"),
        Binding("q", "dismiss(None)", "Back", show=False),
    ]

    def __init__(self, records: Records, current: str) -> None:
        super().__init__()
        self._records, self._current = records, current
        self._sessions: Sequence[Mapping[str, Any]] = ()
        self._found: Mapping[str, str] | None = None
        self._record: Mapping[str, Any] | None = None
        self._forgets: str | None = None
        self._list = Rows("sessions", "sessions", "No session was kept yet.")

    def compose(self) -> ComposeResult:
        yield Input(id="search", placeholder="/  search in what was said", compact=True, classes="field")
        with Horizontal(classes="page"):
            with Vertical(id="left", classes="column"):
                yield self._list
            with (
                Vertical(id="middle", classes="column"),
                VerticalScroll(classes="panel", id="record") as record,
            ):
                record.border_title = "record"
                yield Static(id="record-text")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one("#middle").styles.width = "1.3fr"
        self._list.focus()
        self._load()

    @work(exclusive=True, group="list")
    async def _load(self) -> None:
        try:
            self._sessions = await self._records.recent(_MOST)
        except VoiceAgentError as error:
            self.notify(error.message, severity="error")
        self._show()

    @work(exclusive=True, group="list")
    async def _find(self, words: str) -> None:
        self._found = await self._records.find(words) if words else None
        self._show()

    @work(exclusive=True, group="record")
    async def _open(self, session_id: str) -> None:
        try:
            self._record = await self._records.export(session_id)
        except VoiceAgentError as error:
            self.query_one("#record-text", Static).update(text(error.message, "$error"))
            return
        lines = record_lines(self._record)
        self.query_one("#record-text", Static).update(Content("\n").join(lines))

    def on_input_changed(self, message: Input.Changed) -> None:
        self._find(message.value.strip())

    def on_input_submitted(self) -> None:
        self._list.focus()

    def on_option_list_option_highlighted(self) -> None:
        self._forgets = None
        if self._list.chosen:
            self._open(self._list.chosen)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.action_resume()

    def action_back(self) -> None:
        """Escape leaves the search first."""
        search = self.query_one("#search", Input)
        if search.value or search.has_focus:
            search.clear()
            self._list.focus()
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        self.query_one("#search", Input).focus()

    def action_resume(self) -> None:
        if self._list.chosen:
            self.dismiss(self._list.chosen)

    def action_export(self, form: str) -> None:
        """Write the record into the folder the dashboard was started in."""
        if self._record is None:
            return
        ending = "md" if form == "markdown" else "json"
        path = Path(f"session-{self._record['session_id'][:8]}.{ending}")
        markdown = form == "markdown"
        told = as_markdown(self._record) if markdown else json.dumps(self._record, indent=2, default=str)
        try:
            path.write_text(told, encoding="utf-8")
        except OSError as error:
            self.notify(f"{path}: cannot be written ({error.strerror})", severity="error")
        else:
            self.notify(f"exported to {path.absolute()}")

    async def action_forget(self) -> None:
        """The second press forgets; the first one asks."""
        chosen = self._list.chosen
        if chosen is None or chosen == self._current:
            self.notify("the session that is going on cannot be forgotten; leave it first")
            return
        if self._forgets != chosen:
            self._forgets = chosen
            self.notify(
                "press d again to forget this session and all that was said in it", severity="warning"
            )
            return
        try:
            await self._records.delete(chosen)
        except VoiceAgentError as error:
            self.notify(error.message, severity="error")
        self._load()

    def _show(self) -> None:
        found = self._found
        shown = [one for one in self._sessions if found is None or one["session_id"] in found]
        self._list.border_subtitle = f"{len(shown)}"
        self._list.show_rows(
            [
                (one["session_id"], partial(_row, one, (found or {}).get(one["session_id"], "")))
                for one in shown
            ]
        )


def _row(session: Mapping[str, Any], found: str, width: int) -> Content:
    mark, style = _MARKS.get(session["status"], ("○", MUTED))
    when = session["last_seen_at"][5:16].replace("T", " ")
    head = Content.assemble(
        (f"{mark} ", style),
        text(session["session_id"][:8]),
        text(f"  {when}", MUTED),
        text(f"  {session['message_count']} said", MUTED),
        text(f"  {session['metadata'].get('source', '')}", MUTED),
    )
    lines = [cell(head, width)]
    if found:
        lines.append(cell(text(f"  {found}", ACCENT), width))
    return Content("\n").join(lines)


def record_lines(record: Mapping[str, Any]) -> list[Content]:
    """A record to read: its facts, what was said, and the turns' tools and times."""
    lines = [
        text(record["session_id"], f"{ACCENT} bold"),
        text(f"{record['started_at']} · {record['status']} · {record.get('user_id') or 'no user'}", MUTED),
        Content(),
    ]
    for message in record["messages"]:
        mark = ("❯ ", ACCENT) if message["role"] == "user" else ("  ", MUTED)
        style = f"{ACCENT} bold" if message["role"] == "user" else "$foreground"
        lines.append(Content.assemble(mark, text(message["content"], style, longest=1200)))
    if record["turns"]:
        lines += [Content(), text("turns", MUTED)]
    for turn in record["turns"]:
        tools = ", ".join(f"{tool['tool']} {tool['duration_ms']:.0f} ms" for tool in turn["tools"])
        first = turn["timings"].get("first_audio_ms")
        lines.append(
            Content.assemble(
                text(f"{milliseconds(first) if first is not None else '':>9}  ", MUTED),
                text(turn["intent"]),
                text(f"  {tools}", MUTED),
            )
        )
    return lines
