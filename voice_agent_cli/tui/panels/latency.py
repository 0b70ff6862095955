"""How long each turn took, stage by stage, with the history of all turns and its P50 and P95."""

from collections.abc import Mapping

from textual.content import Content
from textual.widget import Widget

from voice_agent_cli.tui.drawing import (
    ACCENT,
    MUTED,
    STAGE_STYLES,
    cell,
    milliseconds,
    sides,
    sparkline,
    stage_bar,
    stage_glyphs,
    text,
)
from voice_agent_cli.tui.ledger import Ledger, Part

_NAMES = {
    "end_point": "end of speech",
    "recognize": "recognize",
    "understand": "understand",
    "tools": "tools",
    "speak": "first sound",
}
_SHORT = {"end_point": "end", "recognize": "hear", "understand": "mean", "tools": "tool", "speak": "say"}
_FIGURE = 8


class LatencyPanel(Widget):
    """From the last voiced sample to the first sound of the answer."""

    shows: frozenset[Part] = frozenset({"latency"})

    def __init__(self) -> None:
        super().__init__(id="latency", classes="panel")
        self.border_title = "latency"
        self._ledger = Ledger()

    def show(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.refresh()

    def render(self) -> Content:
        width, height = max(self.content_size.width, 12), max(self.content_size.height, 3)
        latency = self._ledger.latency()
        if not latency.history:
            return Content.styled("Each answered turn adds a bar: where its time went.", MUTED)
        figures = Content.assemble(
            ("P50 ", MUTED), milliseconds(latency.p50), ("  P95 ", MUTED), milliseconds(latency.p95)
        )
        history = Content.styled(sparkline(latency.history, max(width - figures.cell_length - 2, 4)), ACCENT)
        lines = [sides(history, figures, width), *self._legend(width, height)]
        return Content("\n").join([*self._bars(width, height - len(lines)), *lines])

    @property
    def _glyphs(self) -> Mapping[str, str]:
        return stage_glyphs(self.app.no_color)

    def _bars(self, width: int, most: int) -> list[Content]:
        measured = [turn.metrics for turn in self._ledger.turns if turn.metrics][-max(most, 1) :]
        full = max(max(metrics.first_audio_ms, sum(metrics.stages.values())) for metrics in measured)
        bars = []
        for metrics in measured:
            figure = cell(text(milliseconds(metrics.first_audio_ms)), _FIGURE, right=True)
            bars.append(
                sides(stage_bar(metrics.stages, width - _FIGURE - 1, full, self._glyphs), figure, width)
            )
        return bars

    def _legend(self, width: int, height: int) -> list[Content]:
        """What the glyphs mean; where there is room, with the middle of each stage."""
        medians = self._ledger.latency().stages_p50
        if height < 12:
            keys = [
                (f"{glyph} {_SHORT[stage]} ", STAGE_STYLES[stage]) for stage, glyph in self._glyphs.items()
            ]
            return [Content.assemble(*keys).truncate(width)]
        return [
            sides(
                Content.assemble((f"{glyph * 2} ", STAGE_STYLES[stage]), (_NAMES[stage], MUTED)),
                text(milliseconds(medians[stage]), MUTED),
                width,
            )
            for stage, glyph in self._glyphs.items()
        ]
