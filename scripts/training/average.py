"""Average two adapters weight by weight, the second grown from the first (``train.py --start-from``).

Method: interpolating fine-tuned weights (Wortsman et al. 2022, "Model soups").
"""

import argparse
from pathlib import Path

import adapter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path, help="GGUF of the earlier adapter")
    parser.add_argument("second", type=Path, help="GGUF of the later one, of the same rank or a higher")
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    adapter.write(adapter.mean(adapter.read(options.first), adapter.read(options.second)), options.output)


if __name__ == "__main__":
    main()
