"""The steps of a training: the same for both trainers, with progress and checkpoints to resume from."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

REPORT_EVERY = 20


def cosine(optimiser: torch.optim.Optimizer, steps: int, warm_up: int) -> torch.optim.lr_scheduler.LambdaLR:
    """A rate that rises for ``warm_up`` steps and falls along a cosine to a fiftieth of what it was."""
    return torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(1, (step + 1) / warm_up) * (0.02 + 0.49 * (1 + math.cos(math.pi * step / steps))),
    )


def descend(
    steps: range,
    unit: str,
    loss_at: Callable[[int], tuple[torch.Tensor, int]],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    keep: Callable[[int], None],
    keep_every: int,
) -> None:
    """Take the steps.

    Args:
        unit: What ``loss_at`` counts, for the report.
        loss_at: The loss of a step, and how much was read for it.
        keep: Writes a checkpoint, given the step to go on from.
        keep_every: Steps between two checkpoints.
    """
    trainable = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    began, read, recent = time.monotonic(), 0, []
    for step in steps:
        loss, count = loss_at(step)
        loss.backward()
        nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        read += count
        recent = [*recent[-49:], loss.item()]
        done = step + 1
        if done % REPORT_EVERY == 0 or done == steps.stop:
            spent = time.monotonic() - began
            left = spent / (done - steps.start) * (steps.stop - done)
            print(
                f"step {done}/{steps.stop}  loss {sum(recent) / len(recent):.4f}  "
                f"{read / spent:.0f} {unit}/s  {left / 60:.1f} min left",
                flush=True,
            )
        if done % keep_every == 0 or done == steps.stop:
            keep(done)


def save(
    path: Path,
    step: int,
    weights: Mapping[str, Any],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> None:
    """Write a checkpoint whole or not at all."""
    partial = path.with_suffix(".partial")
    state = {"step": step, "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
    torch.save({**state, **weights}, partial)
    partial.replace(path)


def resumed(
    path: Path, optimiser: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LambdaLR
) -> dict[str, Any] | None:
    """The checkpoint, if there is one, its optimiser and schedule being set; the weights are the caller's."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path)
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return state
