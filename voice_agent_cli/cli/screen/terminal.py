"""The conversation as a terminal shows it: finished lines scroll, the present line lives below them.

Where the output is no terminal, the same as plain lines without the living one.
"""

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from voice_agent_cli.cli.screen.tables import (
    MOST_ROWS,
    call_line,
    cart_table,
    level_bar,
    product_cells,
    products_table,
)
from voice_agent_cli.errors import ChoiceNeeded
from voice_agent_cli.events import (
    AgentInterrupted,
    AgentResponse,
    AudioLevel,
    ErrorEvent,
    Event,
    SpeechStarted,
    ToolFinished,
    Transcription,
    TurnMetrics,
    Understood,
)
from voice_agent_cli.speaking.phrases import money

_MARGIN = 7  # columns for who speaks; everything else begins after them
_STAGES = {"end_point": "pause", "recognize": "hear"}


class Terminal:
    """A subscriber; call it with every event.

    Args:
        listens: shows a level meter below.
        progress: of a recording, the seconds heard so far and the seconds there are.
    """

    def __init__(
        self, console: Console, listens: bool, progress: Callable[[], tuple[float, float]] | None = None
    ) -> None:
        self._console = console
        self._progress = progress
        self._partial = ""
        self._level = -96.0
        self._is_speech = False
        self._live: Live | None = None
        if listens and console.is_terminal:
            self._live = Live(
                get_renderable=self._status, console=console, refresh_per_second=12, transient=True
            )

    def __enter__(self) -> "Terminal":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, line: str) -> None:
        """A line of the program's own."""
        self._dim(line)

    def _dim(self, line: str) -> None:
        self._console.print(Text(line, "dim"), soft_wrap=not self._console.is_terminal)

    def _told(self, label: str, text: str, style: str, text_style: str = "") -> None:
        """A line of the conversation; on a terminal what is longer goes on below its beginning."""
        if not self._console.is_terminal:
            self._console.print(Text(f"{label:<{_MARGIN}}{text}"), soft_wrap=True)
            return
        row = Table.grid()
        row.add_column(width=_MARGIN, style=style)
        row.add_column(style=text_style, overflow="fold")
        row.add_row(label, Text(text))
        self._console.print(row)

    def _aside(self, text: str) -> None:
        self._told("", text, "dim", "dim")

    def __call__(self, event: Event) -> None:
        show = _SHOWN.get(type(event))
        if show is not None:
            show(self, event)

    def _status(self) -> Text:
        bar = level_bar(self._level)
        words = self._partial or ("…" if self._is_speech else "listening")
        return Text.assemble(
            (bar, "green" if self._is_speech else "dim"),
            (f" {self._position()}", "dim"),
            (words, "italic"),
            overflow="ellipsis",
            no_wrap=True,
        )

    def _position(self) -> str:
        """``0:12:40 of 3:00:00 `` of a recording, else nothing."""
        if self._progress is None:
            return ""
        heard, whole = (timedelta(seconds=round(seconds)) for seconds in self._progress())
        return f"{heard} of {whole}  "

    def _hear_level(self, event: AudioLevel) -> None:
        self._level, self._is_speech = event.dbfs, event.is_speech

    def _hear(self, event: Transcription) -> None:
        self._partial = "" if event.is_final else event.text
        if event.is_final and event.text:
            self._console.print()
            self._told("You", event.text, "bold cyan")

    def _begin(self, event: SpeechStarted) -> None:  # noqa: ARG002
        self._partial = "…"

    def _understand(self, event: Understood) -> None:
        for call in event.calls:
            by = call.get("decided_by", "")
            self._aside(f"↳ {call_line(call)}  ({by}, {event.latency_ms:.0f} ms)")

    def _tool(self, event: ToolFinished) -> None:
        if event.error and event.error["code"] != ChoiceNeeded.code:  # the answer asks it
            self._aside(f"✗ {event.error['message']}")

    def _answer(self, event: AgentResponse) -> None:
        self._told("Agent", event.text, "bold green")
        if event.products and len(event.products) > 1:
            self._products(event)
        if event.cart and event.cart["lines"]:
            self._cart(event)

    def _products(self, event: AgentResponse) -> None:
        products = event.products or ()
        if self._console.is_terminal:
            self._console.print(Padding(products_table(products), (0, 0, 0, _MARGIN)))
            return
        for number, product in enumerate(products[:MOST_ROWS], 1):
            title, price, _ = product_cells(product)
            self._told("", f"{number}. {title}  {price}", "")

    def _cart(self, event: AgentResponse) -> None:
        cart = event.cart or {}
        if self._console.is_terminal:
            self._console.print(Padding(cart_table(cart), (0, 0, 0, _MARGIN)))
            return
        self._told("", f"cart: {cart['count']} for {money(cart['total'], cart['currency'])}", "")

    def _interrupted(self, event: AgentInterrupted) -> None:
        self._aside(f"(interrupted; heard: {event.heard or 'nothing'})")

    def _metrics(self, event: TurnMetrics) -> None:
        stages = (f"{_STAGES.get(name, name)} {ms:.0f}" for name, ms in event.stages.items() if ms >= 1)
        self._aside(f"{event.first_audio_ms:.0f} ms: {' · '.join(stages)}")

    def _error(self, event: ErrorEvent) -> None:
        self._told("Error", event.message_, "bold red")


_SHOWN: dict[type[Event], Callable[..., None]] = {
    AudioLevel: Terminal._hear_level,
    SpeechStarted: Terminal._begin,
    Transcription: Terminal._hear,
    Understood: Terminal._understand,
    ToolFinished: Terminal._tool,
    AgentResponse: Terminal._answer,
    AgentInterrupted: Terminal._interrupted,
    TurnMetrics: Terminal._metrics,
    ErrorEvent: Terminal._error,
}
