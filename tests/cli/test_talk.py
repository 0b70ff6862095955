"""``voice-agent talk`` and what its faces print, with an agent that follows a script."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from voice_agent_cli.cli.app import app
from voice_agent_cli.cli.screen.json_lines import JsonLines
from voice_agent_cli.cli.screen.terminal import Terminal
from voice_agent_cli.events import (
    AgentInterrupted,
    AgentResponse,
    AudioLevel,
    AudioOutput,
    ErrorEvent,
    Event,
    ToolFinished,
    Transcription,
    Understood,
)

PRODUCTS = tuple(
    {
        "id": f"p{number}",
        "title": f"A [bold]rather[/bold] long product title number {number} that goes on and on",
        "price": {"amount": "1299.00", "currency": "USD"},
        "options": {"size": ["XS", "S", "M", "L", "XL"], "color": ["Navy", "Olive", "Mustard", "Slate Blue"]},
    }
    for number in range(12)
)
LINE = {
    "line_id": "line-1",
    "title": PRODUCTS[0]["title"],
    "options": {"size": "M", "color": "Navy"},
    "modifiers": {},
    "quantity": 2,
    "line_total": "2598.00",
    "currency": "USD",
}
CART = {
    "lines": [LINE], "count": 2, "total": "2338.20", "currency": "USD", "discount": "259.80",
    "discount_code": "WELCOME10", "notices": [], "subtotal": "2598.00",
}  # fmt: skip
SCENE: tuple[Event, ...] = (
    AudioLevel(dbfs=-20, is_speech=True),
    Transcription(text="show me [red] jackets", confidence=0.9, is_final=True),
    Understood(
        turn_id="t",
        calls=({"tool": "search_products", "arguments": {"query": "red jackets"}, "decided_by": "model"},),
        question=None,
        latency_ms=200.0,
    ),
    AgentResponse(
        text="I found 12.",
        intent="product_search",
        tools_used=("search_products",),
        products=PRODUCTS,
        cart=CART,
    ),
    AudioOutput(
        text="I found 12.", samples=b"\0\0", sample_rate=16000, duration_ms=1, sequence=0, is_last=True
    ),
    AgentInterrupted(turn_id="t", heard="I found"),
    ErrorEvent(code="MODEL_ERROR", message_="the model died"),
)


def drawn(**console: Any) -> str:
    stream = io.StringIO()
    with Terminal(Console(file=stream, **console), listens=False) as screen:
        for event in SCENE:
            screen(event)
    return stream.getvalue()


def test_longer_answers_go_on_below_their_beginning() -> None:
    stream = io.StringIO()
    with Terminal(Console(file=stream, width=40, force_terminal=True, color_system=None), False) as screen:
        screen(AgentResponse(text="one two three four " * 5, intent="help", tools_used=()))
    first, *rest = stream.getvalue().splitlines()
    assert first.startswith("Agent  one")
    assert all(line.startswith("       ") for line in rest)


def test_a_question_that_a_tool_asks_is_shown_once() -> None:
    stream = io.StringIO()
    with Terminal(Console(file=stream, width=80), listens=False) as screen:
        for code in ("CHOICE_NEEDED", "VALIDATION_ERROR"):
            error = {"code": code, "message": f"said {code}", "details": {}}
            screen(
                ToolFinished(
                    turn_id="t", tool="checkout", arguments={}, success=False, duration_ms=1, error=error
                )
            )
    assert "said CHOICE_NEEDED" not in stream.getvalue()
    assert "said VALIDATION_ERROR" in stream.getvalue()


def test_how_far_a_recording_is_stands_below() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, color_system=None)
    with Terminal(console, listens=True, progress=lambda: (760.0, 10_800.0)):
        pass
    assert "0:12:40 of 3:00:00" in stream.getvalue()


def test_at_eighty_columns_no_line_is_longer() -> None:
    plain = drawn(width=80, force_terminal=True, color_system=None)
    assert all(len(line) <= 80 for line in plain.splitlines())


def test_no_color_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    page = drawn(width=80, force_terminal=True)
    assert not any(f"\x1b[{code}m" in page for code in (31, 32, 36))


def test_where_there_is_no_terminal_there_are_plain_lines() -> None:
    page = drawn(width=80)
    assert "\x1b" not in page
    assert "You    show me [red] jackets" in page
    assert "1. A" in page
    assert "cart: 2 for $2,338.20" in page
    assert "interrupted; heard: I found" in page


def test_the_products_the_cart_and_who_decided_are_on_the_screen() -> None:
    page = drawn(width=80, force_terminal=True, color_system=None)
    for expected in (
        "search_products",
        "(model, 200 ms)",
        "$1,299",
        "WELCOME10",
        "and 4 more",
        "the model died",
    ):
        assert expected in page


def test_json_lines_are_the_messages_with_their_time_and_no_audio() -> None:
    stream = io.StringIO()
    face = JsonLines(stream)
    for event in SCENE:
        face(event)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["type"] for line in lines] == [
        "transcription",
        "agent.understood",
        "agent.response",
        "audio.output",
        "agent.interrupted",
        "error",
    ]
    assert all("at_ms" in line for line in lines)
    assert "samples" not in lines[3]["data"]
    assert lines[3]["data"]["duration_ms"] == 1
    assert lines[5]["data"] == {"code": "MODEL_ERROR", "message": "the model died"}


def test_a_reader_that_goes_away_does_not_end_the_conversation() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:  # noqa: ARG002
            raise BrokenPipeError

    face = JsonLines(Gone())
    for event in SCENE:
        face(event)
    assert not face.is_read


@pytest.mark.parametrize(
    "arguments",
    [
        ["--text", "--input", "x.wav"],
        ["--push-to-talk", "--text"],
        ["--json", "--output", "-"],
    ],
)
def test_what_does_not_go_together_is_a_wrong_use(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["talk", *arguments])
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_recording_that_is_not_there_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["talk", "--input", str(tmp_path / "no.wav")])
    assert done.exit_code == 1
    assert "no such file" in done.stderr


def test_help_loads_no_model() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from typer.testing import CliRunner; from voice_agent_cli.cli.app import app\n"
        "for name in ('talk', 'demo', 'say', 'sessions'):\n"
        "    assert CliRunner().invoke(app, [name, '--help']).exit_code == 0\n"
        "heavy = {'onnxruntime', 'llama_cpp', 'vosk', 'sounddevice', 'piper'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr


Typed = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """``talk --text --json`` with an agent that finds, and says goodbye."""
    from voice_agent_cli.conversation import engines
    from voice_agent_cli.understanding.state import Call, State, Understanding

    class ScriptedAgent:
        def understand(self, text: str, state: State) -> Understanding:
            if text == "bye":
                return Understanding(small_talk="bye")
            assert isinstance(state, State)
            return Understanding((Call("view_cart"),))

        def prepare(self, state: State) -> None:
            assert isinstance(state, State)

    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOICE_AGENT_SHOP_NAME", "coffee-bar")
    monkeypatch.setattr(engines, "_open_agent", lambda _: ScriptedAgent())

    def run(text: str, *arguments: str) -> list[dict[str, Any]]:
        done = CliRunner().invoke(app, ["talk", "--text", "--json", *arguments], input=text)
        assert done.exit_code == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_typed_lines_are_answered_until_the_end_of_the_input(typed: Typed) -> None:
    events = typed("my cart\n\nmy cart\n")
    kinds = [event["type"] for event in events]
    assert kinds[0] == "session.ready"
    assert kinds[-1] == "session.ended"
    assert kinds.count("agent.response") == kinds.count("turn.metrics") == 2


def test_a_goodbye_ends_the_conversation_and_its_session_can_be_resumed(typed: Typed) -> None:
    events = typed("bye\nmy cart\n")
    assert [event["type"] for event in events].count("agent.response") == 1
    session = events[0]["data"]["session_id"]
    again = typed("my cart\n", "--session", session)
    assert again[0]["data"]["session_id"] == session
