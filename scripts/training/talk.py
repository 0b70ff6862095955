"""How people talk to shops, for the recognizer: the hand-written patterns without their mark-up.

What a catalogue has words for stays a placeholder, of the kind that ``requests.txt`` of the
hearing has; the rest is filled from one shop's vocabulary. Lines with a word that hardly
any other line has are left out: it costs more in hearing others than it ever gives.
"""

import argparse
import gzip
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from expand import HERE, MARK, PLACEHOLDER, checked_patterns, read_vocabularies, suits
from filling import Filler
from scenes import Scene

from voice_agent_cli.hearing.pocketsphinx import packaged
from voice_agent_cli.hearing.pronunciation import dictionary
from voice_agent_cli.understanding.state import State

OF_THE_CATALOGUE = {
    **{name: name for name in ("thing", "things", "title", "color", "size", "brand", "option")},
    **{name: name for name in ("price", "code")},
    "held": "thing",
    "order": "code",
    "qty": "number",
    "n": "number",
}
"""What the patterns call something, and what ``requests.txt`` calls it."""
LEAST_LINES = 3
"""That have a word, so that it is kept."""
SEED = 7


def spoken_lines() -> Iterator[str]:
    """Every pattern as it is said."""
    dice = random.Random(SEED)
    shops, common = read_vocabularies(HERE / "vocabulary")
    for pattern in checked_patterns():
        fill = Filler(
            dice, dice.choice([shop for shop in shops if suits(pattern, shop)]), common, Scene(State())
        )

        def said(found: re.Match[str], fill: Filler = fill) -> str:
            name = OF_THE_CATALOGUE.get(found[1].rstrip("2"))
            return f"{{{name}}}" if name else fill(found[1])

        text = MARK.sub(lambda mark: mark[4] or "", pattern.text)
        yield " ".join(PLACEHOLDER.sub(said, text).split())


def kept(lines: list[str]) -> list[str]:
    """The lines whose words all can be said and are said in others, too; sorted, each once."""
    known = dictionary(packaged("cmudict-en-us.dict"))
    often = Counter(word for line in lines for word in set(line.split()))

    def is_heard(word: str) -> bool:
        return word[0] == "{" or (word in known and often[word] >= LEAST_LINES)

    return sorted(line for line in set(lines) if line and all(map(is_heard, line.split())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    lines = kept(list(spoken_lines()))
    options.output.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    print(f"{len(lines)} lines, {len({word for line in lines for word in line.split()})} words")


if __name__ == "__main__":
    main()
