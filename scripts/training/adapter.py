"""A LoRA adapter as a checkpoint's tensors, and as the GGUF file that llama.cpp loads beside the base model.

The rows of ``lora_b`` of the query and key projections are permuted as llama.cpp's own
converter permutes the weights they add to (its rotary embedding pairs neighbours, the
trained model's pairs halves).
"""

from pathlib import Path

import gguf
import numpy as np
import torch
from torch.nn import functional

SCALE = 2.0
"""What the product of an adapter's two matrices is multiplied by, whatever its rank (alpha / rank)."""
NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
HEADS = {"attn_q": 9, "attn_k": 3}


def write(adapter: dict[str, torch.Tensor], path: Path) -> None:
    """Write the weights as 16-bit floats, whole or not at all."""
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    rank = next(tensor.shape[0] for name, tensor in adapter.items() if name.endswith("lora_a"))
    writer.add_float32("adapter.lora.alpha", SCALE * rank)
    writer.add_name("voice-agent shopping calls")
    writer.add_license("GPL-3.0-or-later")
    for name, tensor in adapter.items():
        _, _, layer, part, projection, side = name.split(".")
        target = NAMES[f"{part}.{projection}"]
        values = tensor.float().numpy()
        if side == "lora_b" and target in HEADS:
            values = _swapped(values, (HEADS[target], 2, -1))
        writer.add_tensor(f"blk.{layer}.{target}.weight.{side}", values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def read(path: Path) -> dict[str, torch.Tensor]:
    """The weights of such a file, under the names that the trained model gives them."""
    parts = {target: part for part, target in NAMES.items()}
    adapter = {}
    for tensor in gguf.GGUFReader(path).tensors:
        _, layer, target, _, side = tensor.name.split(".")
        values = np.array(tensor.data, dtype=np.float32)
        if side == "lora_b" and target in HEADS:
            values = _swapped(values, (HEADS[target], -1, 2))
        adapter[f"model.layers.{layer}.{parts[target]}.{side}"] = torch.from_numpy(values)
    return adapter


def widened(adapter: dict[str, torch.Tensor], rank: int) -> dict[str, torch.Tensor]:
    """The same function at a higher rank: what is new of ``lora_a`` is random, of ``lora_b`` zero."""
    result = {}
    for name, tensor in adapter.items():
        if name.endswith("lora_a"):
            more = torch.randn(rank - tensor.shape[0], tensor.shape[1]) * tensor.std()
            result[name] = torch.cat((tensor, more))
        else:
            more = torch.zeros(tensor.shape[0], rank - tensor.shape[1])
            result[name] = torch.cat((tensor, more), dim=1)
    return result


def mean(earlier: dict[str, torch.Tensor], later: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The mean of an adapter and the one that grew from it, of the same rank or a higher.

    Where the later one is wider the earlier one's ``lora_b`` is zero, and its ``lora_a`` may be anything.
    """
    result = {}
    for name, tensor in later.items():
        old = earlier[name]
        if name.endswith("lora_a"):
            result[name] = torch.cat(((old + tensor[: len(old)]) / 2, tensor[len(old) :]))
        else:
            wide = functional.pad(old, (0, tensor.shape[1] - old.shape[1]))
            result[name] = (wide + tensor) / 2
    return result


def _swapped(rows: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Rows grouped in three by ``shape``, the last two changed over, flat again."""
    return rows.reshape(*shape, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
