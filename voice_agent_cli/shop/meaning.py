"""What a thing is for: sentence vectors of all-MiniLM-L6-v2, kept beside the catalogue.

The mean of the last hidden state over the tokens, normalised, as the model was
trained (Reimers and Gurevych 2019, "Sentence-BERT"). A vector is stored as 384
signed bytes under the hash of the text it was made from.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sqlite_utils import Database

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry, wordpieces
from voice_agent_cli.shop.codec import from_json
from voice_agent_cli.shop.indexing import meaning_text
from voice_agent_cli.shop.snapshots import Snapshots
from voice_agent_cli.storage.database import transaction

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

MODEL = "minilm-l6-v2-int8"
DIMENSIONS = 384
_SCALE = 127.0
_MOST_TOKENS = 64
_BATCH = 32
_COMMIT_EVERY = 512
_ROWS_AT_ONCE = 2048


class MeaningModel:
    """The ONNX model and its tokenizer, loaded. Read-only: may be shared by conversations.

    A process that asks once (a tool on the command line) is answered sooner by the model as it is;
    optimizing it takes 0.15 s and makes every later text five times as quick.
    """

    def __init__(self, model: Path) -> None:
        """Load ``model`` (a ``model.onnx``).

        Raises:
            ModelError: the file is no model that runs here.
        """
        self._path = model
        self._session = self._opened(optimized=False)
        self._is_optimized = self._was_asked = False
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer = _tokenizer()

    def _opened(self, optimized: bool) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        if not optimized:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = min(2, os.cpu_count() or 1)
        options.log_severity_level = 3
        # Other stages share these cores and this memory: wait asleep, give back what is not needed.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False
        try:
            return onnxruntime.InferenceSession(str(self._path), options, ["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(
                f"the meaning model {self._path} does not load; type: voice-agent models pull {MODEL}",
                {"path": str(self._path), "reason": str(error)},
            ) from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of ``texts``, shape ``(len(texts), 384)``; texts are cut at 64 tokens."""
        if not self._is_optimized and (self._was_asked or len(texts) > 1):
            self._session, self._is_optimized = self._opened(optimized=True), True
        self._was_asked = True
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        by_length = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        for start in range(0, len(texts), _BATCH):
            chosen = by_length[start : start + _BATCH]
            vectors[chosen] = self._run([encoded[i].ids for i in chosen])
        return vectors

    def _run(self, sequences: Sequence[Sequence[int]]) -> Vectors:
        longest = max(map(len, sequences))
        ids = np.zeros((len(sequences), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {k: v for k, v in feeds.items() if k in self._inputs})[0]
        weights = mask[:, :, None].astype(np.float32)
        mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        normalised: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return normalised


@dataclass(frozen=True)
class _Matrix:
    """The vectors of a catalogue as they are stored, one row each, and the products' row numbers."""

    numbers: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.int8]

    def similarity(self, wanted: Vectors) -> Vectors:
        """The cosine of every row with a unit vector, shape ``(rows,)``.

        Rows are widened a few at a time: in single precision a large catalogue would take four
        times the memory, and the processor's cache does not mind.
        """
        result = np.empty(len(self.vectors), dtype=np.float32)
        for start in range(0, len(self.vectors), _ROWS_AT_ONCE):
            rows = self.vectors[start : start + _ROWS_AT_ONCE].astype(np.float32)
            result[start : start + len(rows)] = rows @ wanted
        return result / np.float32(_SCALE)


class MeaningIndex:
    """The vectors of one catalogue, made once for what has none yet."""

    def __init__(self, db: Database, load: Callable[[], MeaningModel]) -> None:
        self._db = db
        self._load = load

    def fill(self, progress: Callable[[int], None] = lambda _: None, at_most: int | None = None) -> int:
        """Compute the vectors that are missing; committed as it goes, so it can be interrupted.

        Args:
            progress: called with the number of vectors made so far.
            at_most: do nothing if more than this are missing.

        Returns:
            How many are still missing.

        Raises:
            ModelError: the model is absent or damaged.
        """
        revision = _fact(self._db, "revision")
        if _fact(self._db, "meaning_revision") == revision:
            return 0
        missing = int(self._db.execute(f"SELECT count(*) {_WITHOUT_VECTOR}").fetchone()[0])
        if at_most is not None and missing > at_most:
            return missing
        done = 0
        while rows := self._db.execute(
            f"SELECT meaning, document {_WITHOUT_VECTOR} LIMIT {_COMMIT_EVERY}"
        ).fetchall():
            texts = [meaning_text(from_json(json.loads(document))) for _, document in rows]
            vectors = np.rint(self._load().embed(texts) * _SCALE).astype(np.int8)
            entries = [(row[0], vector.tobytes()) for row, vector in zip(rows, vectors, strict=True)]
            with transaction(self._db):
                self._db.conn.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", entries)
            done += len(rows)
            progress(done)
        with transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO shop_facts VALUES ('meaning_revision', ?)", [revision])
        return 0

    def nearest(self, text: str, count: int) -> dict[int, float]:
        """The products closest to ``text``: number to cosine, at most ``count``, closest first.

        Raises:
            ModelError: the model is absent or damaged.
        """
        version = (_fact(self._db, "revision"), _fact(self._db, "meaning_revision"))
        matrix = _MATRICES.of(self._db, version)
        if not len(matrix.numbers):
            return {}
        similarity = matrix.similarity(self._load().embed([text])[0])
        return {int(matrix.numbers[i]): float(similarity[i]) for i in _top(similarity, count)}


@lru_cache(maxsize=1)
def shipped_model() -> MeaningModel:
    """The registry's meaning model, loaded once for all conversations of the process.

    Raises:
        ModelError: it is absent or damaged; the message says what to type.
    """
    return MeaningModel(registry.path(MODEL))


def _read_matrix(db: Database) -> _Matrix:
    (count,) = db.execute(f"SELECT count(*) {_WITH_VECTOR}").fetchone()
    numbers = np.zeros(count, dtype=np.int64)
    vectors = np.zeros((count, DIMENSIONS), dtype=np.int8)
    for row, (number, vector) in enumerate(db.execute(f"SELECT number, vector {_WITH_VECTOR}")):
        numbers[row] = number
        vectors[row] = np.frombuffer(vector, dtype=np.int8)
    return _Matrix(numbers, vectors)


_WITH_VECTOR = "FROM products JOIN vectors ON vectors.hash = meaning"
_MATRICES = Snapshots(_read_matrix)
_WITHOUT_VECTOR = (
    "FROM products JOIN documents ON product = number WHERE meaning NOT IN (SELECT hash FROM vectors)"
)


def _fact(db: Database, name: str) -> str:
    row = db.execute("SELECT value FROM shop_facts WHERE name = ?", [name]).fetchone()
    return row[0] if row else ""


def _top(values: Vectors, count: int) -> Any:
    """The indices of the ``count`` largest, largest first."""
    chosen = np.argpartition(-values, count)[:count] if len(values) > count else np.arange(len(values))
    return chosen[np.argsort(-values[chosen])]


def _tokenizer() -> "Tokenizer":
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer.from_str(wordpieces.tokenizer().to_str())
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in (wordpieces.FIRST, wordpieces.LAST)]
    tokenizer.post_processor = TemplateProcessing(
        single=f"{wordpieces.FIRST} $A {wordpieces.LAST}", special_tokens=marks
    )
    tokenizer.enable_truncation(_MOST_TOKENS)
    return tokenizer
