"""Train the LoRA adapter that lets the packaged base model write shopping calls.

Method: low-rank adaptation (Hu et al. 2021) on all seven projections, the base weights
being the dequantised GGUF that will run, so that the adapter learns around its
quantisation noise. The loss is on the calls only. Resumable: every checkpoint holds the
step, the adapter, the optimiser and the position in the data.

Run by scripts/build-understanding; ``python scripts/training/train.py --help``.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
END_TOKEN = 2


class LoraLinear(nn.Module):
    """A frozen projection with a trainable low-rank addition, in bfloat16.

    ``wide`` gives float32: attention needs its values as wide as the rotated queries and keys.
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float, wide: bool) -> None:
        super().__init__()
        self.wide = wide
        self.weight = nn.Parameter(base.weight.detach().to(torch.bfloat16), requires_grad=False)
        self.lora_a = nn.Parameter(torch.empty(rank, base.in_features))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_a, a=math.sqrt(5))
        self.scale = alpha / rank

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        narrow = inputs.to(torch.bfloat16)
        low = functional.linear(
            functional.linear(narrow, self.lora_a.to(torch.bfloat16)), self.lora_b.to(torch.bfloat16)
        )
        outputs = functional.linear(narrow, self.weight).add(low, alpha=self.scale)
        return outputs.float() if self.wide else outputs


def load_base(gguf: Path, rank: int, alpha: float) -> tuple[nn.Module, object]:
    """The base model from its GGUF with an untrained adapter, and its tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    for parameter in model.parameters():
        parameter.requires_grad = False
    for layer in model.model.layers:
        for part in (layer.self_attn, layer.mlp):
            for name in PROJECTIONS:
                if hasattr(part, name):
                    setattr(part, name, LoraLinear(getattr(part, name), rank, alpha, wide=name == "v_proj"))
    return model, tokenizer


def adapter_state(model: nn.Module) -> dict[str, torch.Tensor]:
    """The trainable weights by name."""
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def read_examples(path: Path, tokenizer: object) -> list[tuple[list[int], int]]:
    """Token ids of every example, and where its calls begin."""
    examples = []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        prompt = tokenizer.encode(row["prompt"], add_special_tokens=False)
        calls = tokenizer.encode(row["calls"], add_special_tokens=False)
        examples.append(([*prompt, *calls, END_TOKEN], len(prompt)))
    return examples


def batches(
    examples: list[tuple[list[int], int]], tokens: int, seed: int
) -> Iterator[list[tuple[list[int], int]]]:
    """Shuffled batches of examples of like length, each of about ``tokens`` tokens."""
    shuffler = random.Random(seed)
    order = list(examples)
    shuffler.shuffle(order)
    chunk_size = 512
    result = []
    for start in range(0, len(order), chunk_size):
        chunk = sorted(order[start : start + chunk_size], key=lambda example: len(example[0]))
        batch: list[tuple[list[int], int]] = []
        for example in chunk:
            if batch and (len(batch) + 1) * len(example[0]) > tokens:
                result.append(batch)
                batch = []
            batch.append(example)
        result.append(batch)
    shuffler.shuffle(result)
    yield from result


def loss_of(model: nn.Module, batch: list[tuple[list[int], int]]) -> tuple[torch.Tensor, int]:
    """Mean cross-entropy over the calls' tokens, and how many tokens were read.

    Padding stands at the right, where causal attention never looks, so no mask is
    needed; the vocabulary's projection is computed for the calls' tokens alone.
    """
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.full((len(batch), longest), END_TOKEN)
    wanted = torch.zeros((len(batch), longest), dtype=torch.bool)
    for row, (tokens, calls_at) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        wanted[row, calls_at - 1 : len(tokens) - 1] = True
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    logits = functional.linear(hidden[wanted].to(torch.bfloat16), model.lm_head.weight.to(torch.bfloat16))
    targets = torch.roll(ids, -1, dims=1)[wanted]
    return functional.cross_entropy(logits.float(), targets), ids.numel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the base model's GGUF")
    parser.add_argument("--data", type=Path, required=True, help="examples from expand.py")
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="written often, resumed from if present"
    )
    parser.add_argument("--start-from", type=Path, help="an earlier checkpoint whose adapter to go on from")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32.0)
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--batch-tokens", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    model, tokenizer = load_base(options.base, options.rank, options.alpha)
    examples = read_examples(options.data, tokenizer)
    plan = [
        batch
        for epoch in range(math.ceil(options.epochs))
        for batch in batches(examples, options.batch_tokens, options.seed + epoch)
    ]
    plan = plan[: int(len(plan) * options.epochs / math.ceil(options.epochs))]
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trainable, lr=options.rate, weight_decay=0.01, betas=(0.9, 0.98))
    warm_up = max(1, min(60, len(plan) // 20))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: (
            min(1, (step + 1) / warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / len(plan))))
        ),
    )
    first = resume(options, model, optimiser, schedule)
    print(f"{len(examples)} examples, {len(plan)} steps, from step {first}", flush=True)
    began, tokens, recent = time.monotonic(), 0, []
    for step in range(first, len(plan)):
        loss, count = loss_of(model, plan[step])
        loss.backward()
        nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        tokens += count
        recent = [*recent[-49:], loss.item()]
        if step % 20 == 19 or step == len(plan) - 1:
            spent = time.monotonic() - began
            left = spent / (step + 1 - first) * (len(plan) - step - 1)
            print(
                f"step {step + 1}/{len(plan)}  loss {sum(recent) / len(recent):.4f}  "
                f"{tokens / spent:.0f} tokens/s  {left / 60:.1f} min left",
                flush=True,
            )
        if step % 100 == 99 or step == len(plan) - 1:
            save(options.checkpoint, step + 1, model, optimiser, schedule)


def save(path: Path, step: int, model: nn.Module, optimiser: object, schedule: object) -> None:
    """Write a checkpoint whole or not at all."""
    partial = path.with_suffix(".partial")
    state = {"step": step, "adapter": adapter_state(model)}
    torch.save(state | {"optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}, partial)
    partial.replace(path)


def resume(options: argparse.Namespace, model: nn.Module, optimiser: object, schedule: object) -> int:
    """Load the checkpoint, if there is one, and say at which step to go on."""
    if options.checkpoint.exists():
        state = torch.load(options.checkpoint)
        model.load_state_dict(state["adapter"], strict=False)
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        return state["step"]
    if options.start_from:
        model.load_state_dict(torch.load(options.start_from)["adapter"], strict=False)
    return 0


if __name__ == "__main__":
    main()
