"""The head of the screen: where the engine is, how its parts are, and what the program costs."""

import os
import resource
import sys
import time
from pathlib import Path

from textual.content import Content
from textual.widget import Widget

from voice_agent_cli.tui.drawing import ACCENT, MUTED, sides, text
from voice_agent_cli.tui.ledger import Ledger, Part

_LOOK_S = 5.0
_MARKS = {
    "loading": ("◌", "$warning"),
    "ready": ("●", "$success"),
    "failed": ("✕", "$error"),
    "off": ("○", MUTED),
}
_LINKS = {"here": MUTED, "connecting": "$warning", "connected": "$success", "lost": "$error"}
_SHORT = {"agent": "model"}
_PARTS = ("ears", "agent", "voice", "shop")


class EnginePanel(Widget):
    """One line, or two where there is room for the names of the models."""

    shows: frozenset[Part] = frozenset({"engine"})

    def __init__(self, where: str) -> None:
        super().__init__(id="engine")
        self._where = where
        self._ledger = Ledger()
        self._usage = ""
        self._began = time.monotonic()
        self._cpu = (time.monotonic(), time.process_time())

    def on_mount(self) -> None:
        self._look()
        self.set_interval(_LOOK_S, self._look)

    def show(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        names = width >= 110
        left = Content.assemble(
            ("voice-agent", f"{ACCENT} bold"), "  ", self._link(), "  ", self._parts(names)
        )
        return sides(left, Content.styled(self._usage, MUTED), width)

    def _link(self) -> Content:
        link = self._ledger.link
        detail = f" {link.detail}" if link.detail and link.state != "connected" else ""
        return text(
            f"{self._where}{detail}" if link.state != "lost" else f"server lost{detail}", _LINKS[link.state]
        )

    def _parts(self, names: bool) -> Content:
        shown = []
        failed = self._ledger.loaded.get("engine")
        if failed is not None and failed.state == "failed":
            return Content.assemble(("✕ ", "$error"), text(failed.detail, "$error"))
        for part in _PARTS:
            loaded = self._ledger.loaded.get(part)
            if loaded is None:
                continue
            mark, style = _MARKS[loaded.state]
            name = loaded.detail if names and loaded.detail else _SHORT.get(part, part)
            shown.append(Content.assemble((f"{mark} ", style), text(name, MUTED)))
        return Content("  ").join(shown)

    def _look(self) -> None:
        before, used = self._cpu
        self._cpu = (time.monotonic(), time.process_time())
        share = (self._cpu[1] - used) / max(self._cpu[0] - before, 0.001) if used else 0.0
        usage = f"{memory_mb()} MB  {share:.0%} cpu"
        if usage != self._usage:
            self._usage = usage
            self.refresh()


def memory_mb() -> int:
    """Resident memory of this process; its highest so far where the system tells no more."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 1_000_000
