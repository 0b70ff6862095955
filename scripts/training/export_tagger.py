"""Write a trained tagger as the ONNX file that ships: its matrices as 8-bit integers."""

import argparse
import json
import tempfile
from pathlib import Path

import onnx
import torch
from encoder import TaggerNetwork
from onnxruntime.quantization import QuantType, quantize_dynamic

from voice_agent_cli.understanding.tagging import CALLS, FIXED, TAGS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    network = TaggerNetwork()
    network.load_state_dict(torch.load(options.checkpoint)["network"])
    network.eval()
    example = torch.full((1, 12), 2000), torch.zeros(1, 12, dtype=torch.long)
    length = torch.export.Dim("length", max=512)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            network,
            example,
            str(whole),
            input_names=["ids", "known"],
            output_names=["first", "fixed", "tags", "begins"],
            dynamic_shapes=({1: length}, {1: length}),
            dynamo=True,
            external_data=False,
        )
        quantize_dynamic(str(whole), str(options.output), per_channel=True, weight_type=QuantType.QInt8)
    made = onnx.load(str(options.output))
    for part in (made.graph, *made.graph.node, *made.graph.value_info, *made.graph.initializer):
        # The exporter notes there where in which file of this machine every operation came from.
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.helper.set_model_props(made, {"labels": json.dumps([CALLS, FIXED, TAGS])})
    onnx.save(made, str(options.output))


if __name__ == "__main__":
    main()
