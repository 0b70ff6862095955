"""A language model behind an OpenAI-compatible server, with examples in the prompt.

Servers that complete text (llama.cpp's, llama-cpp-python's, vLLM's) get our grammar with the
prompt. Those that only chat get a JSON schema. Either way, nothing is taken from the answer
that the grammar does not admit for this utterance, so a server cannot name a tool or a value
that is not there.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from voice_agent_cli.errors import ModelError
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.language import HEADS, SLOTS, Phrase, parse

from .examples import END, examples
from .gbnf import admitted, gbnf
from .model import Choice, Written

MAX_WRITTEN_TOKENS = 160
TIMEOUT_S = 30.0
_NO_COMPLETIONS = frozenset({400, 404, 405, 415, 422, 501})
"""Answers of a server that has no text completion, or does not know a field of ours."""
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["calls"],
    "properties": {
        "calls": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["call", "slots"],
                "properties": {
                    "call": {"type": "string", "enum": sorted(HEADS)},
                    "slots": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["slot", "value"],
                            "properties": {
                                "slot": {"type": "string", "enum": sorted(SLOTS)},
                                "value": {"type": "string"},
                            },
                        },
                    },
                },
            },
        }
    },
}
_TASK = (
    "Turn what a shopper says into calls. Each line below a sentence is its calls: a call's word, then "
    "its slots with values copied from the sentence. Answer the last sentence in JSON, one entry a call.\n\n"
)


class OpenAiCompatible:
    """A model on a server; may be used from several threads.

    Args:
        url: Where the API begins, as in ``http://127.0.0.1:8080/v1``.
        model: The model's name on that server.
        api_key: Sent as a bearer token where there is one.
    """

    def __init__(self, url: str, model: str, api_key: str | None = None) -> None:
        self.name = f"{model} at {url}"
        self._model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S)
        self._completes = True

    def prepare(self, prefix: str) -> None:
        """Nothing: a server keeps its own cache, and may charge for being asked."""

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:
        """What the server answers, as far as the grammar admits it.

        The probability is the one of each call's first token, where the server tells it.

        Raises:
            ModelError: The server cannot be reached, refuses, or does not answer in the API's form.
        """
        prompt = examples() + prefix + rest
        if self._completes:
            answer = self._ask(
                "/completions", {"prompt": prompt, "grammar": gbnf(grammar, END), "logprobs": 1}
            )
            if answer is not None:
                return _from_text(answer, grammar)
            self._completes = False
        messages = [{"role": "user", "content": _TASK + prompt}]
        answered = {
            "type": "json_schema",
            "json_schema": {"name": "calls", "strict": True, "schema": _SCHEMA},
        }
        answer = self._ask("/chat/completions", {"messages": messages, "response_format": answered})
        if answer is None:
            raise self._failed("has neither /completions nor /chat/completions with a JSON schema")
        return Written(admitted(grammar, _phrases(_content(answer))))

    def _ask(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The first choice of the answer; ``None`` where the server does not do this."""
        common = {"model": self._model, "temperature": 0, "max_tokens": MAX_WRITTEN_TOKENS}
        stop = {"stop": [END]} if path == "/completions" else {}
        try:
            answer = self._client.post(path, json={**common, **stop, **body})
        except httpx.HTTPError as error:
            raise self._failed(f"cannot be reached ({type(error).__name__})") from error
        if answer.status_code in _NO_COMPLETIONS:
            return None
        if answer.status_code in (401, 403):
            raise self._failed("wants another key; set understanding.api_key_file")
        if answer.is_error:
            raise self._failed(f"answered {answer.status_code}")
        try:
            return dict(answer.json()["choices"][0])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise self._failed("does not answer as the API does") from error

    def _failed(self, what: str) -> ModelError:
        return ModelError(f"the server at {self._client.base_url} {what}; see understanding.url")


def _from_text(answer: Mapping[str, Any], grammar: Grammar) -> Written:
    text = admitted(grammar, parse(str(answer.get("text", ""))))
    return Written(text, tuple(_choices(text, answer.get("logprobs"))))


def _choices(text: str, logprobs: Any) -> Iterator[Choice]:
    """How sure the server was of each call's first token; its tokens may cut a word in pieces."""
    if not isinstance(logprobs, Mapping):
        return
    at = 0
    heads = [word for word in text.split() if word in HEADS]
    for token, logprob in zip(
        logprobs.get("tokens") or (), logprobs.get("token_logprobs") or (), strict=False
    ):
        begun = str(token).strip()
        if heads and begun and heads[0].startswith(begun) and logprob is not None:
            at = text.index(heads[0], at)
            yield Choice(at, math.exp(min(float(logprob), 0.0)))
            at += len(heads.pop(0))


def _content(answer: Mapping[str, Any]) -> str:
    message = answer.get("message")
    return str(message.get("content") or "") if isinstance(message, Mapping) else ""


def _phrases(content: str) -> tuple[Phrase, ...]:
    """The calls of a JSON answer; whatever has another shape is left out."""
    try:
        calls = json.loads(content)["calls"]
        return tuple(
            Phrase(str(call["call"]), tuple((str(s["slot"]), str(s["value"])) for s in call["slots"]))
            for call in calls
        )
    except (ValueError, KeyError, TypeError):
        return ()
