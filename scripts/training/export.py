"""Write a training checkpoint's adapter as a GGUF file."""

import argparse
from pathlib import Path

import adapter
import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    adapter.write(torch.load(options.checkpoint)["adapter"], options.output)


if __name__ == "__main__":
    main()
