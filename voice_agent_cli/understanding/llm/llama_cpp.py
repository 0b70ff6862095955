"""llama.cpp: a GGUF model with our adapter, decoded greedily under the grammar.

The prompt's prefix stays in the key-value cache from one turn to the next. Where the
grammar admits one token only, the token is taken without asking the model and is
evaluated together with the next one that needs a choice.
"""

import os
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice_agent_cli.errors import ModelError
from voice_agent_cli.understanding.grammar import Grammar, TokenGuide

from .examples import END
from .model import Choice, Written

CONTEXT_TOKENS = 2048
MAX_WRITTEN_TOKENS = 160


class LlamaCpp:
    """A model file run by llama.cpp.

    Args:
        model: The GGUF file.
        adapter: A LoRA adapter trained against that very file, if there is one.
        threads: CPU threads; 0 takes all cores.
        before: What stands before every prompt: examples, for a model without an adapter.

    Raises:
        ModelError: llama.cpp cannot load a file.
    """

    def __init__(self, model: Path, adapter: Path | None = None, threads: int = 0, before: str = "") -> None:
        # Threads that spin for long while they wait take a busy machine's cores from each other: an utterance
        # took 20 s then instead of 1 s. Those that never spin need twice the time on an idle one. The OpenMP
        # library reads this when it is loaded.
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
        from llama_cpp import Llama

        self.name = model.stem if adapter is None else f"{model.stem} + {adapter.stem}"
        try:
            self._llama = Llama(
                model_path=str(model),
                lora_path=str(adapter) if adapter else None,
                n_ctx=CONTEXT_TOKENS,
                n_batch=512,
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
        self._lock = threading.Lock()
        self._before = before
        self._end = self._tokens(END)[-1] if before else self._llama.token_eos()

    def prepare(self, prefix: str) -> None:
        """Read ``prefix`` into the cache, so that an utterance costs only its own tokens."""
        with self._lock:
            self._read(self._tokens(self._before + prefix))

    def write(self, prefix: str, rest: str, grammar: Grammar) -> Written:
        """The most likely admitted output, chosen token by token."""
        with self._lock:
            prompt = self._tokens(self._before + prefix) + self._tokens(rest)
            self._read(prompt[-(CONTEXT_TOKENS - MAX_WRITTEN_TOKENS) :])
            return self._decode(TokenGuide(grammar, self._tokens, self._end))

    def _decode(self, guide: TokenGuide) -> Written:
        written: list[int] = []
        unread: list[int] = []
        choices: list[Choice] = []
        while len(written) < MAX_WRITTEN_TOKENS:
            allowed = guide.allowed()
            if len(allowed) > 1:
                if unread:
                    self._llama.eval(unread)
                    unread = []
                token, probability = _likeliest(self._logits(), allowed)
                choices.append(Choice(len(self._text(written)), probability))
            else:
                token = allowed[0]
            if token == self._end:
                break
            guide.advance(token)
            written.append(token)
            unread.append(token)
        return Written(self._text(written), tuple(choices))

    def _read(self, tokens: tuple[int, ...]) -> None:
        """Evaluate ``tokens`` from the first one that the cache does not hold."""
        held = self._llama.input_ids[: self._llama.n_tokens]
        shared = 0
        while shared < min(len(held), len(tokens) - 1) and held[shared] == tokens[shared]:
            shared += 1
        self._llama.n_tokens = shared
        self._llama.eval(tokens[shared:])

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def _text(self, tokens: list[int]) -> str:
        return str(self._llama.detokenize(tokens).decode(errors="ignore"))

    def _logits(self) -> npt.NDArray[np.float32]:
        pointer = self._llama._ctx.get_logits_ith(-1)
        return np.ctypeslib.as_array(pointer, shape=(self._llama.n_vocab(),))


def _likeliest(logits: npt.NDArray[np.float32], allowed: tuple[int, ...]) -> tuple[int, float]:
    """The best of the allowed tokens, and its probability among them."""
    scores = logits[list(allowed)].astype(np.float64)
    best = int(scores.argmax())
    return allowed[best], float(1 / np.exp(scores - scores[best]).sum())
