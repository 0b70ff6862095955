"""The main screen: the panels, and the keys that wish something of the conversation."""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList

from voice_agent_cli.tui.ledger import Ledger, Part, Turn
from voice_agent_cli.tui.panels.cart import CartPanel
from voice_agent_cli.tui.panels.engine import EnginePanel
from voice_agent_cli.tui.panels.heard import HeardPanel
from voice_agent_cli.tui.panels.latency import LatencyPanel
from voice_agent_cli.tui.panels.products import DetailPanel, ProductsPanel
from voice_agent_cli.tui.panels.talk import TalkPanel
from voice_agent_cli.tui.panels.understood import UnderstoodPanel
from voice_agent_cli.tui.talk_key import TalkKey

if TYPE_CHECKING:
    from voice_agent_cli.tui.app import Dashboard


_TYPE = "t  type to the assistant: enter says it, esc leaves"


class Panel(Protocol):
    """What every panel is: the parts of the ledger it draws, and how."""

    shows: frozenset[Part]

    def show(self, ledger: Ledger) -> None: ...


class MainScreen(Screen[None]):
    """Shown all the time; other screens come over it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall"), (50, "-huge")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "talk", "Talk"),
        Binding("t,slash", "type", "Type", key_display="t"),
        Binding("x", "interrupt", "Stop"),
        Binding("e", "explain", "Explain"),
        Binding("s", "app.sessions", "Sessions"),
        Binding("o", "app.tools", "Tools"),
        Binding("question_mark", "app.keys", "Keys", key_display="?"),
        Binding("l", "turn_over", "Shop/machine", show=False),
        Binding("a", "again", "Say again", show=False),
        Binding("r", "replay", "Replay", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("m", "listening", "Listen or wait", show=False),
        Binding("z", "zoom", "Enlarge", show=False),
        Binding("w", "app.watch", "Watch", show=False),
        Binding("c", "app.choose('catalogue')", "Catalogue", show=False),
        Binding("d", "app.choose('device')", "Device", show=False),
        Binding("v", "app.choose('voice')", "Voice", show=False),
        Binding("g", "app.choose('model')", "Model", show=False),
        Binding("escape", "leave", "Back", show=False),
        Binding("q", "app.quit", "Quit", show=False),
        *(Binding(str(n), f"pick({n})", f"Product {n}", show=False) for n in range(1, 10)),
    ]

    def __init__(self, ledger: Ledger, where: str) -> None:
        super().__init__()
        self._ledger = ledger
        self._engine = EnginePanel(where)
        self._talk, self._heard = TalkPanel(), HeardPanel()
        self._products, self._detail, self._cart = ProductsPanel(), DetailPanel(), CartPanel()
        self._understood, self._latency = UnderstoodPanel(), LatencyPanel()
        self._key = TalkKey()

    @property
    def panels(self) -> tuple[Panel, ...]:
        return (
            self._engine,
            self._talk,
            self._heard,
            self._products,
            self._detail,
            self._cart,
            self._understood,
            self._latency,
        )

    @property
    def dashboard(self) -> "Dashboard":
        return cast("Dashboard", self.app)

    def compose(self) -> ComposeResult:
        yield self._engine
        with Horizontal(id="body"):
            with Vertical(id="left", classes="column"):
                yield self._talk
                yield self._heard
            with Vertical(id="middle", classes="column"):
                yield self._products
                yield self._detail
                yield self._cart
            with Vertical(id="right", classes="column"):
                yield self._understood
                yield self._latency
        yield Input(id="say", placeholder=_TYPE, compact=True, max_length=1000)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.show(set())
        self._talk.focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def show(self, changed: Iterable[Part]) -> None:
        """Draw what has changed; nothing named = everything."""
        parts = frozenset(changed)
        for panel in self.panels:
            if not parts or panel.shows & parts:
                panel.show(self._ledger)

    @property
    def chosen_turn(self) -> Turn | None:
        """The turn under the cursor, else the last one."""
        chosen, turns = self._talk.chosen, self._ledger.turns
        if chosen is not None and int(chosen) < len(turns):
            return turns[int(chosen)]
        return turns[-1] if turns else None

    def action_talk(self) -> None:
        """Open or close the microphone; a held key keeps it open."""
        if self._ledger.microphone.state in ("off", "lost"):
            self.notify(self._ledger.microphone.detail or "there is no microphone", severity="warning")
            return
        was = self._key.is_open
        self._key.press(monotonic())
        self._follow_key(was)

    def action_type(self) -> None:
        self.query_one("#say", Input).focus()

    def action_leave(self) -> None:
        """Escape: out of what is enlarged, out of the line, else silence."""
        if self.maximized is not None:
            self.minimize()
        elif self.query_one("#say", Input).has_focus:
            self._talk.focus()
        else:
            self.action_interrupt()

    def action_interrupt(self) -> None:
        self.dashboard.backend.interrupt()

    def action_again(self) -> None:
        self.dashboard.backend.say("say that again")

    def action_undo(self) -> None:
        self.dashboard.backend.say("undo that")

    def action_listening(self) -> None:
        """Listen all the time, or wait for the talk key."""
        self._key.close()
        listens = self._ledger.microphone.state == "listening"
        self.dashboard.backend.listen("closed" if listens else "listening")

    def action_explain(self) -> None:
        turn = self.chosen_turn
        if turn is None:
            self.notify("nothing was said yet")
        else:
            self.dashboard.explain(turn)

    def action_replay(self) -> None:
        if turn := self.chosen_turn:
            self.dashboard.replay(turn)

    def action_pick(self, number: int) -> None:
        product = self._products.product(number)
        if product is not None:
            self._products.highlighted = number - 1
            self.dashboard.run_by_hand("get_product_details", {"product": product["id"]})

    def action_zoom(self) -> None:
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None and self.focused.has_class("panel"):
            self.maximize(self.focused, container=False)

    def action_turn_over(self) -> None:
        self.toggle_class("machine")
        self._fit()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        words = message.value.strip()
        message.input.clear()
        if words:
            self.dashboard.backend.say(words)

    def on_cart_panel_changed(self, message: CartPanel.Changed) -> None:
        self.dashboard.change_line(message.line, message.quantity)

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        if message.option_list is self._products and self._products.has_focus:
            self._detail.show_product(self._products.chosen_product)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        chosen: dict[OptionList, Callable[[], Any]] = {
            self._talk: self.action_explain,
            self._products: lambda: self.action_pick(message.option_index + 1),
        }
        chosen.get(message.option_list, lambda: None)()

    def _follow_key(self, was_open: bool) -> None:
        if self._key.is_open != was_open:
            self.dashboard.backend.listen("open" if self._key.is_open else "closed")
        if (at := self._key.closes_at) is not None:
            self.set_timer(max(at - monotonic(), 0.0) + 0.01, self._tick)

    def _tick(self) -> None:
        was = self._key.is_open
        self._key.tick(monotonic())
        if was and not self._key.is_open:
            self.dashboard.backend.listen("closed")

    def _fit(self) -> None:
        """Calls stand in the conversation only where the column for them is not seen."""
        self._talk.shows_calls = not self._understood.parent.display  # type: ignore[union-attr]
        self._talk.show(self._ledger)
        self._latency.refresh()
