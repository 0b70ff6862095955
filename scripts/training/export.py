"""Write a trained adapter as the GGUF file that llama.cpp loads beside the base model.

The rows of ``lora_b`` of the query and key projections are permuted as llama.cpp's own
converter permutes the weights they add to (its rotary embedding pairs neighbours, the
trained model's pairs halves).
"""

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch

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


def permuted(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows ``(heads, 2, half)`` as ``(heads, half, 2)``, flat again."""
    shaped = rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
    return np.ascontiguousarray(shaped.swapaxes(1, 2).reshape(rows.shape))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--alpha", type=float, default=32.0)
    options = parser.parse_args()
    adapter = torch.load(options.checkpoint)["adapter"]
    partial = options.output.with_suffix(".partial")
    writer = gguf.GGUFWriter(partial, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", options.alpha)
    writer.add_name("voice-agent shopping calls")
    writer.add_license("GPL-3.0-or-later")
    for name, tensor in adapter.items():
        _, _, layer, part, projection, side = name.split(".")
        target = NAMES[f"{part}.{projection}"]
        values = tensor.float().numpy()
        if side == "lora_b" and target in HEADS:
            values = permuted(values, HEADS[target])
        writer.add_tensor(f"blk.{layer}.{target}.weight.{side}", values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(options.output)


if __name__ == "__main__":
    main()
