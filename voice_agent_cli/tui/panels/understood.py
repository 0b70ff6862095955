"""What was understood of the last turns: calls, arguments, who decided, how sure, what came of it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from textual.content import Content

from voice_agent_cli.events import ToolFinished
from voice_agent_cli.speaking.phrases import money
from voice_agent_cli.tui.drawing import ACCENT, MUTED, milliseconds, sides, text
from voice_agent_cli.tui.ledger import Ledger, Part, Turn
from voice_agent_cli.tui.panels.rows import Rows

_TURNS = 30


class UnderstoodPanel(Rows):
    """A row a turn that led to something, newest below."""

    shows: frozenset[Part] = frozenset({"turns"})

    def __init__(self) -> None:
        super().__init__("understood", "understood", "Calls, their arguments and results appear here.")
        self._drawn = ""

    def show(self, ledger: Ledger) -> None:
        told = [turn for turn in ledger.turns if turn.calls or turn.tools or turn.question][-_TURNS:]
        state = " ".join(f"{turn.turn_id}{len(turn.calls)}{len(turn.tools)}{turn.running}" for turn in told)
        if state == self._drawn:
            return
        self._drawn = state
        self.show_rows([(turn.turn_id, partial(_row, turn)) for turn in told], follow=True)


def _row(turn: Turn, width: int) -> Content:
    done = list(turn.tools)
    lines: list[Content] = []
    calls = turn.calls or [{"tool": tool.tool, "arguments": tool.arguments} for tool in done]
    for number, call in enumerate(calls):
        lines += call_lines(call, width)
        if number < len(done):
            lines.append(outcome_line(done[number], width))
    if turn.question:
        lines.append(text(f"? {turn.question}", "$warning").truncate(width, ellipsis=True))
    return Content("\n").join(lines)


def call_lines(call: Mapping[str, Any], width: int) -> list[Content]:
    """A call: its tool and who decided it, then an argument a line."""
    by = call.get("decided_by")
    decided = f"{by} {call.get('confidence', 1.0):.0%}" if by else "by hand"
    lines = [sides(text(call["tool"], f"{ACCENT} bold"), Content.styled(decided, MUTED), width)]
    for name, value in call["arguments"].items():
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        if isinstance(value, Mapping):
            shown = ", ".join(f"{key}: {inner}" for key, inner in value.items())
        line = Content.assemble(text(f"    {name} ", MUTED), text(shown))
        lines.append(line.truncate(width, ellipsis=True))
    return lines


def outcome_line(tool: ToolFinished, width: int) -> Content:
    """What a tool answered, in a line, and how long it took."""
    if tool.success:
        told = Content.assemble(("  = ", MUTED), text(summary(tool.result or {}), "$foreground"))
    else:
        told = Content.assemble(("  ! ", "$error"), text((tool.error or {}).get("message", ""), "$error"))
    return sides(told, Content.styled(milliseconds(tool.duration_ms), MUTED), width)


def summary(result: Mapping[str, Any]) -> str:
    """A tool's result in a few words."""
    if "order" in result:
        order = result["order"] or {}
        return (
            f"order {order.get('number', '')}, {money(order['total'], order['currency'])}"
            if order
            else "no order"
        )
    if "products" in result:
        count = result.get("total_count", len(result["products"]))
        return f"{count} product" if count == 1 else f"{count} products"
    if "cart" in result:
        cart = result["cart"]
        return f"{cart['count']} in the cart, {money(cart['total'], cart['currency'])}"
    if isinstance(result.get("product"), Mapping):
        return str(result["product"].get("title", ""))
    told = (f"{name} {value}" for name, value in result.items() if isinstance(value, str | int | float))
    return ", ".join(told) or "done"
