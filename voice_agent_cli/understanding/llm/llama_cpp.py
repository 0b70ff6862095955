"""llama.cpp: a GGUF model with our adapter, decoded greedily under the grammar.

The prompt's prefix stays in the key-value cache from one turn to the next. What is
foreseen of the output, because the grammar admits nothing else or the tagger expects it,
is evaluated together with the utterance in one go.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from voice_agent_cli.errors import ModelError
from voice_agent_cli.understanding.grammar import Grammar, TokenGuide
from voice_agent_cli.understanding.preference import Preference
from voice_agent_cli.understanding.tagger import Tagger

from .examples import END
from .model import Choice, Written

CONTEXT_TOKENS = 2048
MAX_WRITTEN_TOKENS = 160
BATCH_TOKENS = 512
REMEMBERED_WORDS = 4096
"""Of so many words the tokens are kept: every output is made of the same key words."""
FORESEEABLE = 0.1
"""How likely tokens must be to be read ahead: reading what does not come then costs as much."""


class LlamaCpp:
    """A model file run by llama.cpp.

    Args:
        model: The GGUF file.
        adapter: A LoRA adapter trained against that very file, if there is one.
        threads: CPU threads; 0 takes all cores.
        before: What stands before every prompt: examples, for a model without an adapter.
        tagger: A second reader, whose view is weighed with the model's and foresees what it will write.

    Raises:
        ModelError: llama.cpp cannot load a file.
    """

    def __init__(
        self,
        model: Path,
        adapter: Path | None = None,
        threads: int = 0,
        before: str = "",
        tagger: Tagger | None = None,
    ) -> None:
        # Threads that spin for long while they wait take a busy machine's cores from each other: an utterance
        # took 20 s then instead of 1 s. Those that never spin need twice the time on an idle one. The OpenMP
        # library reads this when it is loaded.
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
        from llama_cpp import Llama

        parts = [model.stem, adapter.stem if adapter else "", tagger.name if tagger else ""]
        self.name = " + ".join(filter(None, parts))
        try:
            self._llama = Llama(
                model_path=str(model),
                lora_path=str(adapter) if adapter else None,
                n_ctx=CONTEXT_TOKENS,
                n_batch=BATCH_TOKENS,
                n_threads=threads or None,
                n_threads_batch=threads or None,
                verbose=False,
            )
        except (ValueError, RuntimeError, AssertionError) as error:
            raise ModelError(
                f"llama.cpp cannot load {model.name}: {error}; "
                "run `voice-agent models verify` and `voice-agent models pull`"
            ) from error
        if adapter and not self._llama._lora_adapter:  # the binding takes a null pointer for an adapter
            raise ModelError(
                f"llama.cpp cannot load the adapter {adapter.name}; "
                "run `voice-agent models verify`, or name another adapter"
            )
        self._word = lru_cache(maxsize=REMEMBERED_WORDS)(self._tokens)
        self._lock = threading.Lock()
        self._before = before
        self._tagger = tagger
        self._read_from = 0
        self._end = self._tokens(END)[-1] if before else self._llama.token_eos()

    def prepare(self, prefix: str) -> None:
        """Read ``prefix`` into the cache, so that an utterance costs only its own tokens."""
        with self._lock:
            self._read(self._tokens(self._before + prefix))

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:
        """The most likely admitted output, chosen token by token."""
        preference = None
        if self._tagger:
            preference = Preference(grammar.words, self._tagger.read(prefix, grammar.words))
        guide = TokenGuide(grammar, self._word, self._end, preference)
        with self._lock:
            prompt = self._tokens(self._before + prefix) + self._tokens(rest)
            return self._decode(prompt[-(CONTEXT_TOKENS - MAX_WRITTEN_TOKENS) :], guide)

    def _decode(self, prompt: tuple[int, ...], guide: TokenGuide) -> Written:
        """Choose token after token; those foreseen are read in one go and kept while they are chosen.

        Method: speculative decoding (Leviathan et al. 2023), the guide being the draft's author.
        """
        written: list[int] = []
        choices: list[Choice] = []
        while True:
            foreseen = guide.foreseen(MAX_WRITTEN_TOKENS - len(written), FORESEEABLE)
            self._read((*prompt, *written, *foreseen), len(prompt) + len(written) - 1)
            for ahead in (*foreseen, None):
                if len(written) == MAX_WRITTEN_TOKENS:
                    return Written(self._text(written), tuple(choices))
                weights = guide.allowed()
                token, probability = next(iter(weights)), 1.0
                if len(weights) > 1:
                    token, probability = self._likeliest(len(prompt) + len(written) - 1, weights)
                    choices.append(Choice(len(self._text(written)), probability))
                if token == self._end:
                    return Written(self._text(written), tuple(choices))
                guide.advance(token)
                written.append(token)
                if token != ahead:
                    break

    def _read(self, tokens: Sequence[int], asked: int | None = None) -> None:
        """Evaluate ``tokens`` from the first one on that the cache does not hold.

        Args:
            tokens: The whole text so far.
            asked: The first token behind which :meth:`_likeliest` will choose; None for the last.
        """
        llama = self._llama
        held = llama.input_ids[: llama.n_tokens]
        asked = len(tokens) - 1 if asked is None else asked
        shared = 0
        while shared < min(len(held), asked) and held[shared] == tokens[shared]:
            shared += 1
        if len(tokens) - shared > BATCH_TOKENS:
            llama.n_tokens = shared
            llama.eval(tokens[shared:asked])
            shared = asked
        unread = tokens[shared:]
        llama._ctx.kv_cache_seq_rm(-1, shared, -1)
        llama._batch.set_batch(batch=unread, n_past=shared, logits_all=False)
        for index in range(asked - shared, len(unread)):
            llama._batch.batch.logits[index] = True
        llama._ctx.decode(llama._batch)
        llama.input_ids[shared : len(tokens)] = unread
        llama.n_tokens = len(tokens)
        self._read_from = shared

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def _text(self, tokens: list[int]) -> str:
        return str(self._llama.detokenize(tokens).decode(errors="ignore"))

    def _likeliest(self, after: int, weights: Mapping[int, float]) -> tuple[int, float]:
        """The best of some tokens behind token ``after``, and its probability among them."""
        pointer = self._llama._ctx.get_logits_ith(after - self._read_from)
        logits = np.ctypeslib.as_array(pointer, shape=(self._llama.n_vocab(),))
        tokens = list(weights)
        scores = logits[tokens].astype(np.float64)
        scores += -np.logaddexp.reduce(scores) + np.array(list(weights.values()))
        best = int(scores.argmax())
        return tokens[best], float(1 / np.exp(scores - scores[best]).sum())
