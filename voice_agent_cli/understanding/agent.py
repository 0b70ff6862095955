"""From what was said to the calls that are meant.

The model decides which tools are meant and which words are their arguments; plain code
decides which product a reference stands for, fills answers into the question that was
open, and asks instead of guessing where the model is unsure of something that would
change the cart.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from voice_agent_cli.errors import UsageError

from .asking import whether
from .calls import translate
from .completing import completed
from .followups import answers_nothing
from .grammar import Grammar
from .language import CHANGES_SOMETHING, TOOL_WORDS, Phrase, parse
from .llm.model import LanguageModel, Written
from .numbers import Utterance, read
from .prompt import before_speech, utterance_part
from .state import Pending, State, Understanding

if TYPE_CHECKING:
    from voice_agent_cli.settings import Settings

ASK_BELOW = 0.6
"""How sure the model must be that a change is meant; below, it asks first."""
HESITATIONS = frozenset("um uh uhm er erm eh hm hmm hmmm mm mmm ah oh well so".split())
"""Words that alone ask for nothing."""


class Agent:
    """Understands utterances with a language model. Safe to share between threads.

    Args:
        model: What writes the calls.
        arguments: For each tool, the names of its schema's arguments: the grammar is made from them.
    """

    def __init__(self, model: LanguageModel, arguments: Mapping[str, Collection[str]]) -> None:
        self._model = model
        self._arguments = arguments
        self._kept: dict[tuple[str, str], Written] = {}

    @property
    def model_name(self) -> str:
        """The model behind the answers."""
        return self._model.name

    def prepare(self, state: State) -> None:
        """Have the model read what is known before the shopper speaks again."""
        self._model.prepare(before_speech(state))

    def understand(self, text: str, state: State) -> Understanding:
        """The calls an utterance means; takes a quarter of a second, so call it in a thread.

        May be called on words that are still being spoken: the answer is kept, and
        given at once if the final words are the same.

        Raises:
            ModelError: The model cannot be reached or does not run.
        """
        began = time.perf_counter()
        utterance = read(text)
        if all(word.text in HESITATIONS for word in utterance.words):
            return Understanding(small_talk="none")
        written, phrases = self._read(utterance, state)
        if state.pending and phrases and answers_nothing(phrases[0], state):
            unasked = replace(state, pending=None)
            other, meant = self._read(utterance, unasked)
            if _is_another_request(meant, state.pending):
                written, phrases, state = other, meant, unasked
        understanding = _understood(phrases, state, written)
        return replace(understanding, latency_ms=(time.perf_counter() - began) * 1000)

    def _read(self, utterance: Utterance, state: State) -> tuple[Written, tuple[Phrase, ...]]:
        written = self._written(utterance, state)
        return written, completed(parse(written.text), utterance)

    def _written(self, utterance: Utterance, state: State) -> Written:
        prefix, said = before_speech(state), utterance_part(utterance)
        kept = self._kept.get((prefix, said))
        if kept:
            return kept
        words = [word.text for word in utterance.words]
        grammar = Grammar(words, self._arguments, state.pending is not None)
        written = self._model.write(prefix, said, grammar)
        # An answer may be read twice, as one and as if nothing had been asked: both are kept.
        self._kept = {**dict(list(self._kept.items())[-1:]), (prefix, said): written}
        return written


def _is_another_request(phrases: Sequence[Phrase], pending: Pending) -> bool:
    """Whether something else is asked for than what was asked about.

    To "which one?" a name that nobody knows is no other request; to other questions a request
    has to name a product or a brand.
    """
    if pending.missing == "product":
        return pending.tool not in (TOOL_WORDS.get(phrase.head) for phrase in phrases)
    return all(phrase.values("Item") or phrase.values("Brand") for phrase in phrases)


def _understood(phrases: Sequence[Phrase], state: State, written: Written) -> Understanding:
    """What the phrases mean; a change of which the model is not sure that it is meant becomes a question.

    Only the choice of what to do counts for that: where the words of a product end and
    those of its options begin, the catalogue knows better (see shop/rereading.py).
    """
    choices = _choices(written, len(phrases))
    for position, made in enumerate(choices):
        if made and made[0] < ASK_BELOW:
            would_do = translate(phrases[position : position + 1], state, (made[0],))
            if any(call.tool in CHANGES_SOMETHING for call in would_do.calls):
                before = translate(
                    phrases[:position], state, [min(c, default=1.0) for c in choices[:position]]
                )
                question, pending = whether(would_do.calls, state)
                return Understanding(before.calls, question=question, pending=pending)
    return translate(phrases, state, [min(made, default=1.0) for made in choices])


def _choices(written: Written, phrases: int) -> list[list[float]]:
    """For each phrase, the probabilities of the choices made while it was written, in order."""
    # A word is chosen from the space before it on.
    starts = [at - 1 for at, word in _words(written.text) if parse(word)]
    bounds = [0, *starts[1:phrases], len(written.text) + 1]
    return [
        [choice.probability for choice in written.choices if begin <= choice.at < end]
        for begin, end in pairwise(bounds)
    ]


def _words(text: str) -> list[tuple[int, str]]:
    at, result = 0, []
    for word in text.split(" "):
        result.append((at, word))
        at += len(word) + 1
    return result


def open_agent(settings: "Settings", arguments: Mapping[str, Collection[str]]) -> Agent:
    """The agent that the settings ask for, its model loaded.

    Raises:
        ModelError: A model file is absent or damaged.
        UsageError: A server is asked for and its address or its key is not set as it must be.
    """
    from voice_agent_cli.models import registry

    chosen = settings.understanding
    if chosen.engine == "openai_compatible":
        from .llm.openai_compatible import OpenAiCompatible

        if not chosen.url:
            raise UsageError(
                "understanding.url is empty; give the server's address, as in http://127.0.0.1:8080/v1",
                {"field": "understanding.url"},
            )
        key = settings.secret("understanding.api_key")
        return Agent(OpenAiCompatible(chosen.url, chosen.model, key), arguments)
    from .llm.examples import examples
    from .llm.llama_cpp import LlamaCpp
    from .tagger import Tagger

    model = registry.path(chosen.model, settings.models_dir)
    if not chosen.adapter:
        return Agent(LlamaCpp(model, None, chosen.threads, examples()), arguments)
    adapter = registry.path(chosen.adapter, settings.models_dir)
    tagger = None
    if chosen.tagger:
        tagger = Tagger(registry.path(chosen.tagger, settings.models_dir), chosen.threads)
    return Agent(LlamaCpp(model, adapter, chosen.threads, tagger=tagger), arguments)
