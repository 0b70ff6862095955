"""Every key, by what it is for."""

from collections.abc import Mapping
from itertools import chain
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from voice_agent_cli.tui.drawing import ACCENT, MUTED, cell

GROUPS: Mapping[str, Mapping[str, str]] = {
    "talk": {
        "space": "tap: talk, tap: done; or hold it",
        "m": "listen all the time, or wait",
        "t  /": "type instead",
        "x  esc": "silence the assistant",
        "a": "say again",
    },
    "this turn": {
        "↑ ↓  j k": "choose a turn",
        "e  enter": "explain it, sound to speech",
        "r": "hear it again, both sides",
    },
    "shop": {
        "1 to 9": "pick a product",
        "+  -": "one more, one less (in the cart)",
        "delete": "take it out (in the cart)",
        "u": "undo the cart's last change",
    },
    "switch": {
        "c": "catalogue",
        "d": "microphone and speaker",
        "v": "voice",
        "g": "language model",
    },
    "screens": {
        "s": "sessions: search, export, resume",
        "w": "watch several sessions",
        "o": "run a tool by a form",
        "l": "shop or machine (80 columns)",
        "z": "enlarge the panel",
        "tab": "next panel",
    },
    "program": {
        "ctrl+p": "every command",
        "ctrl+t": "theme",
        "?": "these keys",
        "q  ctrl+q": "leave; the cart stays",
    },
}
_NAME, _COLUMN, _GAP = 11, 43, 2
_TERMINAL = "A terminal tells of presses, not of releases: a held key is known by its repeats."


class KeysScreen(ModalScreen[None]):
    """One column where the terminal is narrow, two where there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "keys"
            dialog.styles.width = _COLUMN * 2 + _GAP + 6
            yield Static(id="keys")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def on_resize(self) -> None:
        groups = [_group(name, keys) for name, keys in GROUPS.items()]
        wide = self.size.width >= _COLUMN * 2 + _GAP + 8
        columns = [list(chain(*groups[0::2])), list(chain(*groups[1::2]))] if wide else [list(chain(*groups))]
        lines = [
            Content(" " * _GAP).join(
                [cell(column[n] if n < len(column) else "", _COLUMN) for column in columns]
            )
            for n in range(max(map(len, columns)))
        ]
        self.query_one("#keys", Static).update(Content("\n").join([*lines, Content.styled(_TERMINAL, MUTED)]))


def _group(name: str, keys: Mapping[str, str]) -> list[Content]:
    rows = [Content.assemble(cell(Content.styled(key, ACCENT), _NAME), told) for key, told in keys.items()]
    return [Content.styled(name, MUTED), *rows, Content()]
