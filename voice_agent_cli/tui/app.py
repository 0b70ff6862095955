"""The dashboard: holds the ledger, takes the mail, opens screens. Everything else is in the panels."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.events import ErrorEvent
from voice_agent_cli.tui.backend import Backend
from voice_agent_cli.tui.ledger import Ledger, Part, Turn
from voice_agent_cli.tui.mailbox import Mailbox
from voice_agent_cli.tui.main import MainScreen
from voice_agent_cli.tui.notices import Link, Microphone, Notice
from voice_agent_cli.tui.screens.choose import KINDS, ChooseScreen
from voice_agent_cli.tui.screens.explain import ExplainScreen
from voice_agent_cli.tui.screens.keys import KeysScreen
from voice_agent_cli.tui.screens.sessions import SessionsScreen
from voice_agent_cli.tui.screens.tools import ToolsScreen
from voice_agent_cli.tui.screens.watch import WatchScreen
from voice_agent_cli.tui.themes import DARK, FALLBACK, THEMES


class Dashboard(App[None]):
    """A screen over ``backend``. The first frame is drawn before the backend begins."""

    CSS_PATH = "dashboard.tcss"
    TITLE = "voice-agent"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "change_theme", "Theme", show=False)]

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.backend = backend
        self.ledger = Ledger()
        self.main = MainScreen(self.ledger, backend.where)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return FALLBACK

    def get_default_screen(self) -> Screen[Any]:
        return self.main

    def on_mount(self) -> None:
        mailbox = Mailbox(self._take)
        self.call_after_refresh(self.backend.start, mailbox.post)

    def on_unmount(self) -> None:
        self.backend.close()

    def action_sessions(self) -> None:
        def resume(session_id: str | None) -> None:
            if session_id:
                self.switch({}, session_id)

        self.push_screen(SessionsScreen(self.backend.records, self.ledger.session_id), resume)

    def action_tools(self) -> None:
        self.push_screen(ToolsScreen())

    def action_watch(self) -> None:
        self.push_screen(WatchScreen(self.backend.records, self.backend.look_every_s))

    def action_keys(self) -> None:
        self.push_screen(KeysScreen())

    def action_choose(self, kind: str) -> None:
        """Offer the catalogues, devices, voices or models there are."""
        if not self.backend.can_switch:
            self.notify(f"the server's own settings decide about its {kind}", severity="warning")
            return

        def switch(flags: dict[str, object] | None) -> None:
            if flags:
                self.switch(flags)

        try:
            choices = KINDS[kind](self.backend.settings)
        except VoiceAgentError as error:
            self.notify(error.message, severity="error")
        else:
            self.push_screen(ChooseScreen(kind, choices), switch)

    def switch(self, flags: Mapping[str, object], session_id: str | None = None) -> None:
        """Go on with other settings or another session, once what it needs is loaded."""
        try:
            self.backend.switch(flags, session_id)
        except VoiceAgentError as error:
            self.notify(error.message, severity="error")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        yield SystemCommand("Say again", "Let the assistant repeat its answer", self.main.action_again)
        yield SystemCommand("Stop talking", "Silence the assistant", self.main.action_interrupt)
        yield SystemCommand(
            "Listen or wait", "Listen always, or wait for the key", self.main.action_listening
        )
        yield SystemCommand("Sessions", "Browse, search, export, resume", self.action_sessions)
        yield SystemCommand("Watch", "Several sessions at once", self.action_watch)
        yield SystemCommand("Tools", "Run a tool by a form", self.action_tools)
        yield SystemCommand("Key help", "Every key, by what it is for", self.action_keys)
        for kind in KINDS:
            yield SystemCommand(f"Switch {kind}", f"Choose another {kind}", partial(self.action_choose, kind))

    def run_by_hand(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """Run a tool; its answer comes as an event, its refusal as a message."""

        async def run() -> None:
            try:
                outcome = await self.backend.run_tool(tool, arguments)
            except VoiceAgentError as error:
                self.notify(error.message, severity="error")
                return
            if not outcome["success"]:
                self.notify(outcome["error"]["message"], severity="warning")

        self.run_worker(run())

    def explain(self, turn: Turn) -> None:
        self.push_screen(ExplainScreen(turn, self.backend.recordings.of(turn.turn_id)))

    def replay(self, turn: Turn) -> None:
        """Play the sound of a turn, both sides."""
        sound = self.backend.recordings.of(turn.turn_id)
        if sound is None:
            self.notify("this turn has no recording: it was typed, or said before the dashboard opened")
        else:
            self.backend.play(sound.joined())

    def change_line(self, line: Mapping[str, Any], quantity: int) -> None:
        async def change() -> None:
            try:
                await self.backend.change_line(line, quantity)
            except VoiceAgentError as error:
                self.notify(error.message, severity="error")

        self.run_worker(change())

    def _take(self, batch: Sequence[Notice]) -> None:
        changed: set[Part] = set()
        for notice in batch:
            changed |= self.ledger.take(notice)
            self._tell(notice)
        if changed and self.main.is_mounted:
            self.main.show(changed)

    def _tell(self, notice: Notice) -> None:
        """What must be seen whatever screen is open."""
        if isinstance(notice, ErrorEvent):
            self.notify(notice.message_, severity="error", timeout=6)
        elif isinstance(notice, Microphone) and notice.state == "lost":
            self.notify(notice.detail, severity="warning", timeout=6)
        elif isinstance(notice, Link) and notice.state == "lost":
            self.notify(f"the server was lost: {notice.detail}", severity="warning", timeout=6)
