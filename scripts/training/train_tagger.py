"""Train the tagger: what a shopper says -> the calls, and the slot of every word.

Method: joint intent classification and slot filling (Chen et al. 2019) on the packaged
sentence encoder. Now and then a word is replaced by any other, within a value oftener
than outside, so that names that were never seen are found by what stands around them and
no single word decides. What is kept is the running mean of the weights over the last few
hundred steps (Polyak and Juditsky 1992). Resumable: every checkpoint holds the step, both
networks and the optimiser.

Run by scripts/build-tagger; ``python scripts/training/train_tagger.py --help``.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import loop
import torch
from encoder import TaggerNetwork
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from voice_agent_cli import settings
from voice_agent_cli.understanding.language import parse
from voice_agent_cli.understanding.tagging import CALLS, FIXED, NO_CALL, OUTSIDE, TAGS, encode

IGNORED = -100
BATCH_TURNS = 48
SHARE_REPLACED = 0.08
"""Of the words within values."""
SHARE_LOST = 0.03
"""Of the words outside of every value."""
MEAN_DECAY = 0.998
_CALL = {name: number for number, name in enumerate(CALLS)}
_FIXED = {name: number for number, name in enumerate(FIXED)}
_TAG = {name: number for number, name in enumerate(TAGS)}


@dataclass(frozen=True)
class Turn:
    """One utterance after a prompt, and its labels' numbers."""

    prefix: str
    words: tuple[str, ...]
    first: int
    fixed: tuple[int, ...]
    tags: tuple[int, ...]
    begins: tuple[int, ...]


def read_turns(path: Path) -> list[Turn]:
    """The turns of a file that expand.py wrote."""
    return [
        labelled(scene["state"], said.split(), calls, begins)
        for scene in map(json.loads, path.read_text().splitlines())
        for said, calls, begins in scene["turns"]
    ]


def labelled(prefix: str, words: Sequence[str], calls: str, begins: Sequence[int]) -> Turn:
    """An utterance with the labels that its calls have, those behind the first beginning at these words."""
    phrases = parse(calls)
    tags, fixed, behind = [OUTSIDE] * len(words), [], 0
    for slot, value in (entry for phrase in phrases for entry in phrase.slots):
        name = f"{slot} {value}" if value else slot
        if name in _FIXED:
            fixed.append(_FIXED[name])
            continue
        at = _place(value.split(), words, tags, behind)
        if at is not None:
            behind = at + len(value.split())
            tags[at:behind] = [_TAG[f"B-{slot}"], *[_TAG[f"I-{slot}"]] * (behind - at - 1)]
    starts = [NO_CALL] * len(words)
    for phrase, at in zip(phrases[1:], begins, strict=True):
        starts[min(at, len(words) - 1)] = _CALL[phrase.head]
    return Turn(prefix, tuple(words), _CALL[phrases[0].head], tuple(fixed), tuple(tags), tuple(starts))


def _place(value: Sequence[str], words: Sequence[str], tags: Sequence[int], behind: int) -> int | None:
    """Where a value stands among the words: behind the value before it if it can, where no other is."""
    places = range(len(words) - len(value) + 1)
    for at in (*places[behind:], *places[:behind]):
        if list(words[at : at + len(value)]) == list(value) and not any(tags[at : at + len(value)]):
            return at
    return None


def batches(turns: list[Turn], seed: int) -> Iterator[list[Turn]]:
    """Shuffled batches of turns of like length."""
    dice = random.Random(seed)
    order = list(turns)
    dice.shuffle(order)
    for start in range(0, len(order), 2048):
        chunk = sorted(order[start : start + 2048], key=lambda turn: len(turn.words))
        cut = [chunk[at : at + BATCH_TURNS] for at in range(0, len(chunk), BATCH_TURNS)]
        dice.shuffle(cut)
        yield from cut


def loss_of(
    network: TaggerNetwork, batch: list[Turn], others: Sequence[str], dice: random.Random
) -> torch.Tensor:
    """The sum of the labels' losses, those of words weighing most."""
    encoded = [encode(turn.prefix, _with_others(turn, others, dice)) for turn in batch]
    longest = max(len(one.ids) for one in encoded)

    def padded(rows: Sequence[Sequence[int]], blank: int) -> torch.Tensor:
        return torch.tensor([[*row, *[blank] * (longest - len(row))] for row in rows])

    mask = padded([[1] * len(one.ids) for one in encoded], 0).bool()
    tags, begins = torch.full(mask.shape, IGNORED), torch.full(mask.shape, IGNORED)
    fixed = torch.zeros(len(batch), len(FIXED))
    for row, (one, turn) in enumerate(zip(encoded, batch, strict=True)):
        tags[row, list(one.first)] = torch.tensor(turn.tags)
        begins[row, list(one.first)] = torch.tensor(turn.begins)
        fixed[row, list(turn.fixed)] = 1
    known = padded([one.known for one in encoded], 0)
    first, values, marks, starts = network(padded([one.ids for one in encoded], 0), known, mask)
    return (
        functional.cross_entropy(first, torch.tensor([turn.first for turn in batch]))
        + 8 * functional.binary_cross_entropy_with_logits(values, fixed)
        + 2 * functional.cross_entropy(marks.flatten(0, 1), tags.flatten(), ignore_index=IGNORED)
        + 2 * functional.cross_entropy(starts.flatten(0, 1), begins.flatten(), ignore_index=IGNORED)
    )


def _with_others(turn: Turn, others: Sequence[str], dice: random.Random) -> list[str]:
    return [
        dice.choice(others)
        if not word[0].isdigit() and dice.random() < (SHARE_REPLACED if tag else SHARE_LOST)
        else word
        for word, tag in zip(turn.words, turn.tags, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="the packaged encoder's ONNX file")
    parser.add_argument("--data", type=Path, required=True, help="scenes from expand.py")
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="written often, resumed from if present"
    )
    parser.add_argument("--start-from", type=Path, help="another checkpoint, whose network is taught further")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    vocabulary = settings.shipped("models/minilm/vocab.txt").read_text().splitlines()
    others = [piece for piece in vocabulary if piece.isalpha() and piece.isascii() and len(piece) > 3]
    network = TaggerNetwork(options.base)
    turns = read_turns(options.data)
    plan = [batch for epoch in range(options.epochs) for batch in batches(turns, options.seed + epoch)]
    body = [p for name, p in network.named_parameters() if name.startswith("encoder.") and p.requires_grad]
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": options.rate}, {"params": heads, "lr": 4 * options.rate}], weight_decay=0.01
    )
    schedule = loop.cosine(optimiser, len(plan), 200)
    if options.start_from:
        network.load_state_dict(torch.load(options.start_from)["network"])
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(MEAN_DECAY))
    optimiser.register_step_post_hook(lambda *_: mean.update_parameters(network))
    first = 0
    if state := loop.resumed(options.checkpoint, optimiser, schedule):
        network.load_state_dict(state["learning"])
        mean.module.load_state_dict(state["network"])
        mean.n_averaged.copy_(state["averaged"])
        first = state["step"]
    print(f"{len(turns)} turns, {len(plan)} steps, from step {first}", flush=True)
    network.train()

    def loss_at(step: int) -> tuple[torch.Tensor, int]:
        dice = random.Random(f"{options.seed} {step}")
        return loss_of(network, plan[step], others, dice), len(plan[step])

    def keep(step: int) -> None:
        weights = {
            "network": mean.module.state_dict(),
            "averaged": mean.n_averaged,
            "learning": network.state_dict(),
        }
        loop.save(options.checkpoint, step, weights, optimiser, schedule)

    loop.descend(range(first, len(plan)), "turns", loss_at, optimiser, schedule, keep, 500)


if __name__ == "__main__":
    main()
