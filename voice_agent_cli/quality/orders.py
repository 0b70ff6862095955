"""Recorded orders, from sound to the cart's line: is every labelled value in it?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_agent_cli.errors import ChoiceNeeded
from voice_agent_cli.quality.recognition import Report
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.tools import registry
from voice_agent_cli.tools.registry import ToolOutcome
from voice_agent_cli.understanding.agent import Agent
from voice_agent_cli.understanding.state import Call, State

MOST_QUESTIONS = 6
_OPTIONS = ("size", "color")


@dataclass(frozen=True)
class Order:
    """One recording: what was heard, what went into the cart, and which labelled values are wrong."""

    file: str
    text: str
    heard: bool
    line: Mapping[str, str]
    wrong: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Every labelled slot is there with exactly its value."""
        return not self.wrong


def measure(
    labels: Mapping[str, Mapping[str, str]], heard: Report, agent: Agent, database: Path
) -> Iterator[Order]:
    """Understand and place every order of a folder that was heard.

    Args:
        labels: File -> slot -> the words that were said.
        heard: What the recognizer made of the files.
        database: The shop whose menu was ordered from; carts are made in it.
    """
    for recording in heard.files:
        with Shop.open(database, f"eval-{recording.file}") as shop:
            shop.cart.clear()
            line = _line(shop, agent, recording.text)
        wrong = _wrong(labels[recording.file], line)
        yield Order(recording.file, recording.text, not recording.missing, line, wrong)


def _line(shop: Shop, agent: Agent, text: str) -> dict[str, str]:
    """Every value of the cart's line, by name, after the shop's questions about what was not said."""
    understood = agent.understand(text, State())
    for call in understood.calls:
        if call.tool == "add_to_cart":
            outcome, answered = _added(shop, call)
            if outcome.success and outcome.result:
                return _values(outcome.result["line"], answered)
    return {}


def _added(shop: Shop, call: Call) -> tuple[ToolOutcome, set[str]]:
    """Add; where a choice was left open, take the first, and say which were taken so."""
    arguments: dict[str, Any] = dict(call.arguments)
    answered: set[str] = set()
    for _ in range(MOST_QUESTIONS):
        outcome = registry.execute(shop, call.tool, arguments)
        asked = outcome.error
        if not isinstance(asked, ChoiceNeeded) or not asked.choices or asked.field == "product":
            break
        answered.add(asked.field.lower())
        arguments |= asked.understood
        if asked.field in _OPTIONS:
            arguments[asked.field] = asked.choices[0]
        else:
            arguments["options"] = {**arguments.get("options", {}), asked.field: asked.choices[0]}
    return outcome, answered


def _values(line: Mapping[str, Any], answered: set[str]) -> dict[str, str]:
    """What the shopper chose; what the measurement answered for them is left out."""
    values = {"product": str(line["title"])}
    for name, value in {**line["options"], **line["modifiers"]}.items():
        if name.lower() not in answered:
            values[name] = " and ".join(value) if isinstance(value, list) else str(value)
    return values


def _wrong(slots: Mapping[str, str], line: Mapping[str, str]) -> tuple[str, ...]:
    """The labelled values that no part of the line has, word for word."""
    held = {_plain(value) for value in line.values()} | {_plain(f"{v} {n}") for n, v in line.items()}
    return tuple(value for value in slots.values() if _plain(value) not in held)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def summary(orders: Sequence[Order]) -> dict[str, float]:
    """Shares between 0 and 1."""
    count = len(orders) or 1
    return {
        "recordings": len(orders),
        "heard": sum(order.heard for order in orders) / count,
        "accepted": sum(order.accepted for order in orders) / count,
    }
