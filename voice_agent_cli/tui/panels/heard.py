"""What is being heard this moment: level, voice activity, partial and final words, and who listens."""

from textual.content import Content
from textual.widget import Widget

from voice_agent_cli.tui.drawing import ACCENT, MUTED, cell, meter, text
from voice_agent_cli.tui.ledger import Ledger, Part

_METER = 8
_STEP_DB = 2.5  # smaller changes are not drawn: a meter of a silent room must cost nothing
_EARS = {
    "listening": ("● listening", "$success"),
    "open": ("● speak now", "$success"),
    "closed": ("○ space to talk", MUTED),
    "off": ("○ no microphone: t to type", MUTED),
    "lost": ("✕ microphone lost, looking for it", "$error"),
}


class HeardPanel(Widget):
    """Two lines: who listens and how loud it is; the words."""

    shows: frozenset[Part] = frozenset({"heard", "level"})

    def __init__(self) -> None:
        super().__init__(id="heard", classes="panel")
        self.border_title = "hearing"
        self._ledger = Ledger()
        self._drawn: tuple[object, ...] = ()

    def show(self, ledger: Ledger) -> None:
        self._ledger = ledger
        step = round(max(ledger.dbfs, -60.0) / _STEP_DB)
        state = (
            step,
            ledger.is_speech,
            ledger.partial,
            ledger.is_hearing,
            ledger.microphone,
            len(ledger.turns),
        )
        if state != self._drawn:
            self._drawn = state
            self.refresh()

    def render(self) -> Content:
        ledger, width = self._ledger, max(self.content_size.width, 10)
        words, style = _EARS[ledger.microphone.state]
        if ledger.microphone.state in ("off", "lost"):
            return Content("\n").join([text(words, style), cell(self._words(), width)])
        level = meter(ledger.dbfs, _METER)
        voice = ("voice" if ledger.is_speech else "     ", ACCENT)
        dbfs = f"{ledger.dbfs:3.0f} dB" if ledger.dbfs > -90 else "      "
        head = Content.assemble(
            (f"{words:16}", style),
            (level, ACCENT if ledger.is_speech else MUTED),
            " ",
            (dbfs, MUTED),
            " ",
            voice,
        )
        return Content("\n").join([cell(head, width), cell(self._words(), width)])

    def _words(self) -> Content:
        ledger = self._ledger
        if ledger.partial or ledger.is_hearing:
            return Content.assemble(("❯ ", ACCENT), text(ledger.partial or "…", "$foreground italic"))
        heard = next((turn for turn in reversed(ledger.turns) if turn.heard), None)
        if heard is None:
            return text(ledger.microphone.detail, MUTED)
        return Content(" ").join(
            [
                Content.assemble(text(word.word), Content.styled(f"·{word.confidence * 100:.0f}", MUTED))
                for word in heard.heard
            ]
        )
