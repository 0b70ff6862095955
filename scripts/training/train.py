"""Train the LoRA adapter that lets the packaged base model write shopping calls.

Method: low-rank adaptation (Hu et al. 2021) on all seven projections, the base weights
being the dequantised GGUF that will run, so that the adapter learns around its
quantisation noise. The loss is on the calls only. What is said in one scene is read in
one row behind their common prompt, each turn seeing the prompt and itself. Resumable:
every checkpoint holds the step, the adapter and the optimiser.

Run by scripts/build-understanding; ``python scripts/training/train.py --help``.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import adapter
import loop
import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
END_TOKEN = 2


@dataclass(frozen=True)
class Row:
    """One scene's tokens: the prompt, then turn after turn.

    Attributes:
        ids: The tokens.
        turns: For each token the number of its turn, from 1; the prompt's are 0.
        places: For each token its place as the model should see it: every turn follows the prompt.
        wanted: For each token whether it is one of the calls'.
    """

    ids: tuple[int, ...]
    turns: tuple[int, ...]
    places: tuple[int, ...]
    wanted: tuple[bool, ...]


class LoraLinear(nn.Module):
    """A frozen projection with a trainable low-rank addition, computed in ``dtype``."""

    def __init__(self, base: nn.Linear, rank: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(base.weight.detach().to(dtype), requires_grad=False)
        self.lora_a = nn.Parameter(torch.empty(rank, base.in_features))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_a, a=math.sqrt(5))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        dtype = self.weight.dtype
        narrow = inputs.to(dtype)
        low = functional.linear(functional.linear(narrow, self.lora_a.to(dtype)), self.lora_b.to(dtype))
        return functional.linear(narrow, self.weight).add(low, alpha=adapter.SCALE).float()


def fastest_dtype() -> torch.dtype:
    """The faster of 16-bit and 32-bit products here: some processors have no 16-bit units."""
    spent = {}
    for dtype in (torch.bfloat16, torch.float32):
        left, right = torch.randn(1024, 576, dtype=dtype), torch.randn(1536, 576, dtype=dtype)
        functional.linear(left, right)
        began = time.monotonic()
        for _ in range(5):
            functional.linear(left, right)
        spent[dtype] = time.monotonic() - began
    return min(spent, key=spent.__getitem__)


def load_base(gguf: Path, rank: int) -> tuple[nn.Module, object]:
    """The base model from its GGUF with an untrained adapter, and its tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    dtype = fastest_dtype()
    for parameter in model.parameters():
        parameter.requires_grad = False
    for layer in model.model.layers:
        for part in (layer.self_attn, layer.mlp):
            for name in PROJECTIONS:
                if hasattr(part, name):
                    setattr(part, name, LoraLinear(getattr(part, name), rank, dtype))
    return model, tokenizer


def adapter_state(model: nn.Module) -> dict[str, torch.Tensor]:
    """The trainable weights by name."""
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def read_rows(path: Path, tokenizer: object) -> list[Row]:
    """The scenes of a file that expand.py wrote."""

    def tokens(text: str) -> list[int]:
        return tokenizer.encode(text, add_special_tokens=False)

    return [_row(tokens, json.loads(line)) for line in path.read_text().splitlines()]


def _row(tokens: object, scene: dict) -> Row:
    ids = tokens(scene["state"])
    prompt = len(ids)
    turns, places, wanted = [0] * prompt, list(range(prompt)), [False] * prompt
    for number, (said, calls, _) in enumerate(scene["turns"], start=1):
        before, behind = tokens(said), [*tokens(calls), END_TOKEN]
        length = len(before) + len(behind)
        ids += [*before, *behind]
        turns += [number] * length
        places += range(prompt, prompt + length)
        wanted += [False] * len(before) + [True] * len(behind)
    return Row(tuple(ids), tuple(turns), tuple(places), tuple(wanted))


def batches(rows: list[Row], tokens: int, seed: int) -> Iterator[list[Row]]:
    """Shuffled batches of rows of like length, each of about ``tokens`` tokens."""
    shuffler = random.Random(seed)
    order = list(rows)
    shuffler.shuffle(order)
    chunk_size = 256
    result = []
    for start in range(0, len(order), chunk_size):
        batch: list[Row] = []
        for row in sorted(order[start : start + chunk_size], key=lambda row: len(row.ids)):
            if batch and (len(batch) + 1) * len(row.ids) > tokens:
                result.append(batch)
                batch = []
            batch.append(row)
        result.append(batch)
    shuffler.shuffle(result)
    yield from result


def loss_of(model: nn.Module, batch: list[Row]) -> tuple[torch.Tensor, int]:
    """Mean cross-entropy over the calls' tokens, and how many tokens were read.

    The vocabulary's projection is computed for the calls' tokens alone.
    """
    longest = max(len(row.ids) for row in batch)

    def padded(name: str, blank: int) -> torch.Tensor:
        return torch.tensor(
            [[*getattr(row, name), *[blank] * (longest - len(row.ids))] for row in batch], dtype=torch.long
        )

    ids, turns, places = padded("ids", END_TOKEN), padded("turns", -1), padded("places", 0)
    wanted = padded("wanted", 0).bool()
    before = torch.ones(longest, longest, dtype=torch.bool).tril()
    same = (turns[:, :, None] == turns[:, None, :]) | (turns[:, None, :] == 0)
    seen = (before & same)[:, None]
    hidden = model.model(
        input_ids=ids,
        attention_mask=torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min),
        position_ids=places,
        use_cache=False,
    ).last_hidden_state
    # A token is foretold by the one before it, which is its turn's: no turn begins with its calls.
    foretelling = torch.roll(wanted, -1, dims=1)
    logits = functional.linear(hidden[foretelling], model.lm_head.weight)
    return functional.cross_entropy(logits, ids[wanted]), ids.numel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the base model's GGUF")
    parser.add_argument("--data", type=Path, required=True, help="scenes from expand.py")
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="written often, resumed from if present"
    )
    parser.add_argument("--start-from", type=Path, help="an adapter's GGUF to go on from")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--batch-tokens", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    model, tokenizer = load_base(options.base, options.rank)
    rows = read_rows(options.data, tokenizer)
    plan = [
        batch
        for epoch in range(math.ceil(options.epochs))
        for batch in batches(rows, options.batch_tokens, options.seed + epoch)
    ]
    plan = plan[: int(len(plan) * options.epochs / math.ceil(options.epochs))]
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trainable, lr=options.rate, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = loop.cosine(optimiser, len(plan), max(1, min(60, len(plan) // 20)))
    first = resume(options, model, optimiser, schedule)
    print(f"{len(rows)} scenes, {len(plan)} steps, from step {first}", flush=True)

    def keep(step: int) -> None:
        loop.save(options.checkpoint, step, {"adapter": adapter_state(model)}, optimiser, schedule)

    steps = range(first, len(plan))
    loop.descend(steps, "tokens", lambda step: loss_of(model, plan[step]), optimiser, schedule, keep, 100)


def resume(options: argparse.Namespace, model: nn.Module, optimiser: object, schedule: object) -> int:
    """Load the checkpoint, if there is one, and say at which step to go on."""
    if state := loop.resumed(options.checkpoint, optimiser, schedule):
        model.load_state_dict(state["adapter"], strict=False)
        return state["step"]
    if options.start_from:
        known = adapter.widened(adapter.read(options.start_from), options.rank)
        model.load_state_dict(known, strict=False)
    return 0


if __name__ == "__main__":
    main()
