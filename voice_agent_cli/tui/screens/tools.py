"""The agent's tools by hand: a form made from each tool's own schema, and its answer."""

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, Label, OptionList, Static

from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.tools import registry
from voice_agent_cli.tui.drawing import ACCENT, MUTED, milliseconds, sides, text
from voice_agent_cli.tui.panels.rows import Rows

if TYPE_CHECKING:
    from voice_agent_cli.tui.app import Dashboard

_LONGEST = 12_000
_HINTS = {"array": "one, two", "object": "name=value, …", "string": "text", "integer": "number"}


class ToolsScreen(Screen[None]):
    """Choose a tool, fill in its fields, run it in the present session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc"),
        Binding("ctrl+r", "run", "Run"),
        Binding("q", "app.pop_screen", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._tool = registry.names()[0]
        self._list = Rows("tool-names", "tools", "")
        self._fields: dict[str, Mapping[str, Any]] = {}

    def compose(self) -> ComposeResult:
        with Horizontal(classes="page"):
            with Vertical(id="tools-left", classes="column"):
                yield self._list
            with Vertical(id="left", classes="column"):
                with VerticalScroll(classes="panel", id="form"):
                    pass
                with VerticalScroll(classes="panel", id="answer") as answer:
                    answer.border_title = "answer"
                    yield Static(text("Fill in what you know and press enter.", MUTED), id="answer-text")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one("#tools-left").styles.width = 26
        self._list.show_rows([(name, partial(_name, name)) for name in registry.names()])
        self._list.focus()

    def on_option_list_option_highlighted(self) -> None:
        if self._list.chosen:
            self._tool = self._list.chosen
            self._fill()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        first = self.query("#form Input")
        if first:
            first.first().focus()
        else:
            self.action_run()

    def on_input_submitted(self) -> None:
        self.action_run()

    def action_back(self) -> None:
        if isinstance(self.focused, Input):
            self._list.focus()
        else:
            self.app.pop_screen()

    @work(exclusive=True, group="form")
    async def _fill(self) -> None:
        """The form of the chosen tool."""
        schema = registry.schema(self._tool)
        self._fields = schema["properties"]
        required = schema.get("required", [])
        form = self.query_one("#form")
        form.border_title = self._tool
        async with self.batch():
            await form.remove_children()
            await form.mount(Label(registry.description(self._tool), classes="field-hint"))
            for name, field in self._fields.items():
                star = " (needed)" if name in required else ""
                told = Content.assemble(
                    text(name, ACCENT), text(f"{star}  {field.get('description', '')}", MUTED)
                )
                await form.mount(Label(told, classes="field-name"), _input(name, field))

    @work(exclusive=True, group="run")
    async def action_run(self) -> None:
        given = {field.name or "": field.value for field in self.query("#form Input").results(Input)}
        arguments = {
            name: parsed(self._fields[name], value.strip()) for name, value in given.items() if value.strip()
        }
        answer = self.query_one("#answer-text", Static)
        try:
            outcome = await cast("Dashboard", self.app).backend.run_tool(self._tool, arguments)
        except VoiceAgentError as error:
            answer.update(text(error.message, "$error"))
            return
        answer.update(_answer(outcome, max(self.query_one("#answer").content_size.width - 1, 20)))
        self.query_one("#answer").scroll_home(animate=False)


def _name(name: str, width: int) -> Content:
    return text(name).truncate(width, ellipsis=True)


def _input(name: str, field: Mapping[str, Any]) -> Input:
    choices = _choices(field)
    kind = _kind(field)
    hint = " | ".join(choices) if choices else _HINTS.get(kind, kind)
    suggester = SuggestFromList(choices) if choices else None
    return Input(name=name, placeholder=hint, suggester=suggester, compact=True, classes="field")


def _parts(field: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for part in field.get("anyOf", [field]) if part.get("type") != "null"]


def _kind(field: Mapping[str, Any]) -> str:
    return str(_parts(field)[0].get("type", ""))


def _choices(field: Mapping[str, Any]) -> list[str]:
    part = _parts(field)[0]
    return ["true", "false"] if part.get("type") == "boolean" else [str(one) for one in part.get("enum", ())]


def parsed(field: Mapping[str, Any], value: str) -> object:
    """What was typed into a field, as the tool's schema wants it; the tool itself judges the rest."""
    kind = _kind(field)
    if kind == "array":
        return [part.strip() for part in value.split(",") if part.strip()]
    if kind == "object":
        pairs = (part.partition("=") for part in value.split(",") if part.strip())
        return {name.strip(): inner.strip() for name, _, inner in pairs}
    return value


def _answer(outcome: Mapping[str, Any], width: int) -> Content:
    took = text(milliseconds(outcome["duration_ms"]), MUTED)
    if not outcome["success"]:
        error = outcome["error"]
        lines = [sides(text(f"✕ {error['code']}", "$error"), took, width), text(error["message"])]
        return Content("\n").join([*lines, *_json(error["details"])])
    return Content("\n").join([sides(text("✓ done", "$success"), took, width), *_json(outcome["result"])])


def _json(value: object) -> list[Content]:
    told = json.dumps(value, indent=2, ensure_ascii=False, default=str)[:_LONGEST]
    return [text(line, "$foreground 85%") for line in told.splitlines()]
