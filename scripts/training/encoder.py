"""The tagger's network: the packaged sentence encoder with one head for each kind of label."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from transformers import BertConfig, BertModel

from voice_agent_cli.understanding.tagging import CALLS, FIXED, TAGS

LAYERS, WIDTH, VOCABULARY = 6, 384, 30522
STATE_ENTRIES = 40
"""The vocabulary's first entries, which no text uses, say what is shown, held and asked: they are learnt."""
PARTS = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "intermediate.dense", "output.dense",
)  # fmt: skip
"""A layer's matrices in the order in which the packaged file holds them."""


class TaggerNetwork(nn.Module):
    """Reads pieces and whether each is known, shape ``(batch, length)``; answers with all labels' scores."""

    def __init__(self, base: Path | None = None) -> None:
        super().__init__()
        config = BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=12,
            intermediate_size=4 * WIDTH,
        )
        self.encoder = BertModel(config, add_pooling_layer=False)
        if base:
            self.encoder.load_state_dict(packaged_weights(base), strict=False)
        # Words that no training sentence holds keep their meaning: the others' are not changed either.
        self.encoder.embeddings.word_embeddings.weight.requires_grad = False
        self.state = nn.Embedding(STATE_ENTRIES, WIDTH)
        self.known = nn.Embedding(4, WIDTH)
        nn.init.zeros_(self.known.weight)
        self.first = nn.Linear(WIDTH, len(CALLS))
        self.fixed = nn.Linear(WIDTH, len(FIXED))
        self.tags = nn.Linear(WIDTH, len(TAGS))
        self.begins = nn.Linear(WIDTH, len(CALLS) + 1)

    def forward(
        self, ids: torch.Tensor, known: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores of the first call, the fixed values, every piece's tag and the call that begins there."""
        words = self.encoder.embeddings.word_embeddings(ids)
        state = self.state(ids.clamp(max=STATE_ENTRIES - 1))
        padding = ids == 0
        embedded = torch.where(((ids < STATE_ENTRIES) & ~padding)[..., None], state, words) + self.known(
            known
        )
        hidden = self.encoder(
            inputs_embeds=embedded, attention_mask=None if mask is None else mask.long()
        ).last_hidden_state
        whole = hidden[:, 0]
        return self.first(whole), self.fixed(whole), self.tags(hidden), self.begins(hidden)


def packaged_weights(path: Path) -> dict[str, torch.Tensor]:
    """The weights of the packaged ONNX file, which holds its matrices as 8-bit integers with scales."""
    graph = onnx.load(str(path)).graph
    stored = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
    plain = {
        name.removeprefix("inner."): torch.tensor(array)
        for name, array in stored.items()
        if name.startswith("inner.") and not name.endswith(("_q", "_scale", "position_ids"))
    }

    def widened(name: str) -> torch.Tensor:
        return torch.tensor(stored[f"{name}_q"].astype(np.float32) * stored[f"{name}_scale"])

    for kind in ("word", "position"):
        name = f"embeddings.{kind}_embeddings.weight"
        plain[name] = widened(f"inner.{name}")
    matrices = [entry.name.removesuffix("_q") for entry in graph.initializer if entry.name.endswith("_q")]
    matrices = [name for name in matrices if name.startswith("val_")]
    for place, name in enumerate(matrices):
        layer, part = divmod(place, len(PARTS))
        plain[f"encoder.layer.{layer}.{PARTS[part]}.weight"] = widened(name).T.contiguous()
    return plain
