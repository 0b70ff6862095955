"""An agent over a server, against a fake that speaks the protocol: what it is sent and how it is read."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from voice_agent_cli.errors import ModelError, UsageError
from voice_agent_cli.settings import load
from voice_agent_cli.tools import registry
from voice_agent_cli.understanding.agent import Agent, open_agent
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.language import parse
from voice_agent_cli.understanding.llm import openai_compatible
from voice_agent_cli.understanding.llm.examples import END, examples
from voice_agent_cli.understanding.llm.gbnf import admitted, gbnf
from voice_agent_cli.understanding.llm.openai_compatible import OpenAiCompatible
from voice_agent_cli.understanding.numbers import read
from voice_agent_cli.understanding.state import Pending, State

Answer = tuple[int, Any]


class FakeServer:
    """A stand-in for a server: answers each path as the test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.asked.append((self.path, body, self.headers.get("Authorization")))
                status, answer = fake.answers.get(self.path, lambda _: (404, {}))(body)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the client left
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def completes(self, text: str, logprobs: object = None) -> None:
        self.answers["/v1/completions"] = lambda _: (
            200,
            {"choices": [{"text": text, "logprobs": logprobs}]},
        )

    def chats(self, content: str) -> None:
        self.answers["/v1/chat/completions"] = lambda _: (
            200,
            {"choices": [{"message": {"role": "assistant", "content": content}}]},
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    server = FakeServer()
    yield server
    server.close()


def agent(fake: FakeServer) -> Agent:
    return Agent(OpenAiCompatible(fake.url, "some-model"), registry.argument_names())


def calls(fake: FakeServer, text: str, state: State | None = None) -> list[tuple[str, dict[str, Any]]]:
    understood = agent(fake).understand(text, state or State())
    return [(call.tool, dict(call.arguments)) for call in understood.calls]


def test_a_completion_becomes_calls(fake: FakeServer) -> None:
    fake.completes(" Search Color green Query kettle Max 40")
    assert calls(fake, "a green kettle under forty dollars") == [
        ("search_products", {"color": "green", "query": "kettle", "max_price": "40"})
    ]


def test_the_server_is_sent_examples_the_utterance_and_a_grammar(fake: FakeServer) -> None:
    fake.completes(" Cart")
    calls(fake, "what is in my cart")
    path, body, key = fake.asked[0]
    assert path == "/v1/completions"
    assert key is None
    assert body["prompt"].startswith(examples())
    assert body["prompt"].endswith("said: what is in my cart\n")
    assert body["model"] == "some-model"
    assert body["temperature"] == 0
    assert "root ::= " in body["grammar"]


def test_what_the_grammar_does_not_admit_is_left_out(fake: FakeServer) -> None:
    fake.completes(" Search Query kettle Color blue Color red Launch Missiles")
    assert calls(fake, "a blue kettle") == [("search_products", {"query": "kettle", "color": "blue"})]


def test_a_server_that_only_chats_is_asked_with_a_schema_from_then_on(fake: FakeServer) -> None:
    answer = {"calls": [{"call": "Add", "slots": [{"slot": "Item", "value": "the kettle"}]}]}
    fake.chats(json.dumps(answer))
    served = agent(fake)
    for text in ("add the kettle", "please add the kettle"):
        understood = served.understand(text, State())
        assert [(call.tool, call.arguments) for call in understood.calls] == [
            ("add_to_cart", {"product": "the kettle"})
        ]
    assert [path for path, _, _ in fake.asked] == [
        "/v1/completions",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ]
    schema = fake.asked[1][1]["response_format"]
    assert schema["type"] == "json_schema"
    assert "Search" in json.dumps(schema)


@pytest.mark.parametrize(
    "content",
    ["", "Sure! I added it.", "[]", '{"calls": "Add"}', '{"calls": [{"call": "Rob", "slots": []}]}', "null"],
)
def test_a_chat_answer_of_another_shape_is_no_order(fake: FakeServer, content: str) -> None:
    fake.chats(content)
    assert calls(fake, "add the kettle") == []


def test_words_that_were_not_said_are_not_taken_for_said(fake: FakeServer) -> None:
    slots = [{"slot": "Item", "value": "the kettle"}, {"slot": "Color", "value": "gold"}]
    fake.chats(json.dumps({"calls": [{"call": "Add", "slots": slots}]}))
    assert calls(fake, "add the kettle") == [("add_to_cart", {"product": "the kettle"})]


def test_an_answer_fills_the_open_question(fake: FakeServer) -> None:
    fake.completes(" Answer Value medium")
    pending = Pending("Which size?", "add_to_cart", "size", {"product": "p1"})
    assert calls(fake, "medium", State(pending=pending)) == [
        ("add_to_cart", {"product": "p1", "size": "medium"})
    ]


def test_a_change_that_the_server_is_unsure_of_is_asked_about(fake: FakeServer) -> None:
    fake.completes(" Checkout", {"tokens": [" Check", "out"], "token_logprobs": [-2.0, -0.01]})
    understood = agent(fake).understand("well check that", State())
    assert understood.calls == ()
    assert understood.question
    fake.completes(" Checkout", {"tokens": [" Check", "out"], "token_logprobs": [-0.1, -0.01]})
    assert [call.tool for call in agent(fake).understand("well check that", State()).calls] == ["checkout"]


def test_the_key_comes_from_its_file_and_goes_to_the_server_alone(
    fake: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "key"
    secret.write_text("sesame\n")
    secret.chmod(0o600)
    monkeypatch.setenv("VOICE_AGENT_UNDERSTANDING_ENGINE", "openai_compatible")
    monkeypatch.setenv("VOICE_AGENT_UNDERSTANDING_URL", fake.url)
    monkeypatch.setenv("VOICE_AGENT_UNDERSTANDING_API_KEY_FILE", str(secret))
    fake.completes(" Cart")
    opened = open_agent(load(), registry.argument_names())
    assert [call.tool for call in opened.understand("my cart", State()).calls] == ["view_cart"]
    assert fake.asked[0][2] == "Bearer sesame"
    assert "sesame" not in opened.model_name


def test_a_server_without_an_address_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_UNDERSTANDING_ENGINE", "openai_compatible")
    with pytest.raises(UsageError, match=r"understanding\.url is empty"):
        open_agent(load(), registry.argument_names())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {}), "wants another key"),
        ((500, {}), "answered 500"),
        ((200, b"<html>"), "does not answer as the API does"),
        ((200, {"choices": []}), "does not answer as the API does"),
        ((200, {"error": "busy"}), "does not answer as the API does"),
    ],
)
def test_a_server_that_fails_is_one_line_with_its_address(
    fake: FakeServer, answer: Answer, told: str
) -> None:
    fake.answers["/v1/completions"] = lambda _: answer
    with pytest.raises(ModelError, match=told) as failed:
        calls(fake, "my cart")
    assert fake.url in failed.value.message
    assert "\n" not in failed.value.message


def test_a_server_that_has_neither_endpoint_is_named(fake: FakeServer) -> None:
    with pytest.raises(ModelError, match="neither"):
        calls(fake, "my cart")


def test_a_server_that_is_not_there_is_named(fake: FakeServer) -> None:
    fake.close()
    with pytest.raises(ModelError, match="cannot be reached"):
        calls(fake, "my cart")


def test_a_server_that_does_not_answer_is_not_waited_for_longer_than_allowed(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_compatible, "TIMEOUT_S", 0.2)
    waiting = threading.Event()
    fake.answers["/v1/completions"] = lambda _: (waiting.wait(5), (200, {}))[1]
    with pytest.raises(ModelError, match="cannot be reached"):
        calls(fake, "my cart")
    waiting.set()


def grammar(text: str, question_open: bool = False) -> Grammar:
    return Grammar([word.text for word in read(text).words], registry.argument_names(), question_open)


@pytest.mark.parametrize("question_open", [True, False])
def test_llama_cpp_reads_the_rules_we_send(question_open: bool) -> None:
    from llama_cpp import LlamaGrammar

    rules = gbnf(grammar('two of the café\'s 20% "blue" ones under $50', question_open), END)
    assert LlamaGrammar.from_string(rules, verbose=False)


def test_every_example_is_what_the_grammar_admits_for_its_sentence() -> None:
    lines = examples().split("said: ")[1:]
    befores = examples().split("said: ")[:-1]
    assert len(lines) > 25
    for before, line in zip(befores, lines, strict=True):
        said, wanted = line.split("\n")[:2]
        is_asked = "asked:" in before.rsplit("\n\n", 1)[-1]
        assert admitted(grammar(said, is_asked), parse(wanted)) == wanted.strip()


def test_the_examples_show_every_tool() -> None:
    from voice_agent_cli.understanding.language import TOOL_WORDS

    assert all(f"\n {word}" in examples() for word in TOOL_WORDS)
