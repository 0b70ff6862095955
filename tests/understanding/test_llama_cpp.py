"""The language model's output is the same, however much of it was foreseen."""

from collections.abc import Sequence

import numpy as np
import pytest

from voice_agent_cli.models import registry as models
from voice_agent_cli.tools import registry
from voice_agent_cli.understanding import preference
from voice_agent_cli.understanding.grammar import Grammar
from voice_agent_cli.understanding.llm.llama_cpp import LlamaCpp
from voice_agent_cli.understanding.numbers import read
from voice_agent_cli.understanding.prompt import utterance_part
from voice_agent_cli.understanding.tagger import Reading, Tagger
from voice_agent_cli.understanding.tagging import CALLS, FIXED, TAGS

PREFIX = "shown: oat mug; fennel lamp green; sage dress\ncart: oat mug\nsaid:"
UTTERANCES = (
    "i'd like the green one and two of the mugs",
    "anything cheaper than that lamp",
    "do you have rain boots in a nine under forty that aren't yellow",
    "take the mug out again and tell me what's in my cart",
    "what a day",
)


class Misleading(Tagger):
    """A tagger, for these tests alone, that foresees nonsense."""

    name = "misleading"

    def __init__(self) -> None:
        self._dice = np.random.default_rng(5)

    def read(self, prefix: str, words: Sequence[str]) -> Reading:  # noqa: ARG002
        def logs(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            return -self._dice.exponential(3.0, shape)

        return Reading(
            first=logs(len(CALLS)),
            fixed=logs(len(FIXED)),
            tags=logs(len(words), len(TAGS)),
            begins=logs(len(words), len(CALLS) + 1),
        )


def written(tagger: Tagger | None) -> list[str]:
    model = LlamaCpp(models.path("smollm2-135m"), models.path("shopping-calls"), tagger=tagger)
    texts = []
    for text in UTTERANCES:
        utterance = read(text)
        grammar = Grammar([word.text for word in utterance.words], registry.argument_names(), False)
        model.prepare(PREFIX)
        texts.append(model.write(PREFIX, utterance_part(utterance), grammar).text.strip())
    return texts


def test_what_was_foreseen_wrongly_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preference, "STRENGTH", 0.0)
    alone = written(None)
    assert len(set(alone)) == len(UTTERANCES)
    assert written(Misleading()) == alone


def test_a_tagger_that_was_made_for_other_labels_still_reads() -> None:
    assert Tagger(models.path("shopping-tags")).read(PREFIX, ["two", "mugs"]).tags.shape == (2, len(TAGS))
