"""``voice-agent understand``: the calls an utterance means, without making them."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voice_agent_cli.errors import UsageError

if TYPE_CHECKING:
    from voice_agent_cli.understanding.agent import Agent

app = typer.Typer(add_completion=False)


@app.command(
    "understand",
    epilog='Examples: voice-agent understand "add two of the blue ones"  |  '
    "voice-agent understand --jsonl < requests.jsonl",
)
def command(
    text: Annotated[str | None, typer.Argument(help="What the shopper says.")] = None,
    state: Annotated[Path | None, typer.Option(help="JSON file: what was shown and asked before.")] = None,
    jsonl: Annotated[bool, typer.Option(help='Read {"text", "state"} lines on stdin.')] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with who decided each call.")] = False,
) -> None:
    """Show the tool calls the agent would make for a text, without making them."""
    if (text is None) == (not jsonl):
        raise UsageError(
            'give a text, or --jsonl and lines on stdin; as in: voice-agent understand "my cart"'
        )
    given = _state(state)
    agent = open_default_agent()
    if jsonl:
        for line in _answers(agent):
            typer.echo(json.dumps(line, default=str))
        return
    from voice_agent_cli.understanding.wire import state_from, understanding_to

    answer = understanding_to(agent.understand(text or "", state_from(given)), explain=True)
    typer.echo(json.dumps(answer, default=str) if as_json else _readable(answer))


def open_default_agent() -> "Agent":
    """The agent of the settings, over the tools there are."""
    from voice_agent_cli.settings import load
    from voice_agent_cli.tools import registry
    from voice_agent_cli.understanding.agent import open_agent

    return open_agent(load(), registry.argument_names())


def _state(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"--state: {path} holds no JSON object: {error}") from error


def _answers(agent: "Agent") -> Iterator[dict[str, Any]]:
    """One answer for each line of stdin; a line that cannot be read is answered with an error."""
    from voice_agent_cli.understanding.wire import state_from, understanding_to

    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield understanding_to(agent.understand(str(row["text"]), state_from(row.get("state"))))
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            message = f"line {number}: needs an object with a text and perhaps a state: {error}"
            yield {"error": {"code": "VALIDATION_ERROR", "message": message, "details": {"line": number}}}


def _readable(answer: dict[str, Any]) -> str:
    lines = [
        f"{call['tool']}({', '.join(f'{k}={v!r}' for k, v in call['arguments'].items())})"
        f"   {call['confidence']:.0%}, decided by {call['decided_by']}"
        for call in answer["calls"]
    ]
    if answer["reply"]:
        lines.append(f"asks: {answer['reply']}")
    return "\n".join([*(lines or ["no order"]), f"{answer['latency_ms']:.0f} ms"])
