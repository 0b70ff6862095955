"""A second reader of utterances: a small encoder that sees all words at once.

A sentence encoder with one head for each label of tagging.py, trained together (Chen et
al. 2019, "BERT for Joint Intent Classification and Slot Filling"). It reads an utterance
in a few milliseconds; what it thinks is weighed with the language model's choices and
drafts the model's output (preference.py, llm/llama_cpp.py).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice_agent_cli.errors import ModelError

from .tagging import CALLS, FIXED, TAGS, encode

_LEAST_LOG = -7.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What the tagger thinks of an utterance of n words; logarithms of probabilities, none under -7.

    Attributes:
        first: Of every call to be the first one, shape ``(calls,)``.
        fixed: The log-odds of every fixed value, shape ``(fixed,)``.
        tags: Of every tag for every word, shape ``(n, tags)``.
        begins: Of every call to begin with a word as a later one, and of none to, shape ``(n, calls + 1)``.
    """

    first: Floats
    fixed: Floats
    tags: Floats
    begins: Floats


class Tagger:
    """The ONNX model, loaded. Safe to share between threads.

    Args:
        model: The file that scripts/build-tagger made.
        threads: CPU threads; 0 takes all cores.

    Raises:
        ModelError: The file is no tagger that runs here.
    """

    def __init__(self, model: Path, threads: int = 0) -> None:
        import onnxruntime

        self.name = model.stem
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(2, os.cpu_count() or 1)
        options.log_severity_level = 3
        # Other stages share these cores and this memory: wait asleep, give back what is not needed.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, ["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(
                f"the tagger {model.name} does not load; type: voice-agent models verify",
                {"path": str(model), "reason": str(error)},
            ) from error
        labels = self._session.get_modelmeta().custom_metadata_map.get("labels")
        if not labels:
            raise ModelError(
                f"{model.name} is no tagger; scripts/build-tagger makes one", {"path": str(model)}
            )
        calls, fixed, tags = json.loads(labels)
        self._calls = _places(CALLS, calls)
        self._fixed = _places(FIXED, fixed)
        self._tags = _places(TAGS, tags)

    def read(self, prefix: str, words: Sequence[str]) -> Reading:
        """What it thinks of an utterance's normalised words after the prompt ``prefix``."""
        encoded = encode(prefix, words)
        first, fixed, tags, begins = self._session.run(
            ["first", "fixed", "tags", "begins"],
            {
                "ids": np.array([encoded.ids], dtype=np.int64),
                "known": np.array([encoded.known], dtype=np.int64),
            },
        )
        return Reading(
            _log_softmax(_arranged(first[0], self._calls)),
            np.clip(_arranged(fixed[0], self._fixed, 0.0), _LEAST_LOG, -_LEAST_LOG),
            _log_softmax(_arranged(tags[0][list(encoded.first)], self._tags)),
            _log_softmax(_arranged(begins[0][list(encoded.first)], (*self._calls, -1))),
        )


def _places(wanted: Sequence[str], trained: Sequence[str]) -> tuple[int | None, ...]:
    """Where the model has each of the program's labels: one that came later it does not know."""
    return tuple(trained.index(label) if label in trained else None for label in wanted)


def _arranged(
    scores: npt.NDArray[np.float32], places: Sequence[int | None], unknown: float | None = None
) -> Floats:
    """The scores in the program's order of labels; an unknown one has ``unknown``, or the mean of all."""
    missing = scores.mean(axis=-1) if unknown is None else np.full(scores.shape[:-1], unknown)
    columns = [missing if place is None else scores[..., place] for place in places]
    return np.stack(columns, axis=-1).astype(np.float64)


def _log_softmax(scores: Floats) -> Floats:
    scores = scores - scores.max(axis=-1, keepdims=True)
    likely: Floats = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return np.maximum(likely, _LEAST_LOG)
