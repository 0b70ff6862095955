"""What trains the model and what judges it are kept apart."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from voice_agent_cli.quality.understanding import own_cases
from voice_agent_cli.understanding.numbers import read

TRAINING = Path(__file__).parents[2] / "scripts" / "training"
NEARLY = 88
MARK = re.compile(r"<\w+>|\[\w+(?:=[^:\]]+)?:?|\]")


def plain(text: str) -> str:
    return str(read(text))


def cases() -> Iterator[dict[str, object]]:
    for path in own_cases():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def patterns() -> set[str]:
    lines = [line for path in (TRAINING / "patterns").glob("*.txt") for line in path.read_text().splitlines()]
    return {plain(MARK.sub("", line)) for line in lines if line and line[0] not in "=#"}


def names(key: str) -> set[str]:
    shops = [tomllib.loads(path.read_text()) for path in (TRAINING / "vocabulary").glob("*.toml")]
    return {plain(name) for shop in shops for name in shop.get(key, ())}


def test_no_sentence_of_several_words_both_trains_and_judges() -> None:
    judging = {plain(str(case["text"])) for case in cases()}
    assert len(judging) > 1500
    # "yes please" and "the second one" can hardly be said otherwise.
    assert {text for text in judging & patterns() if len(text.split()) > 4} == set()


def test_no_sentence_that_trains_is_nearly_one_that_judges() -> None:
    training = sorted(text for text in patterns() if len(text.split()) > 4)
    judging = sorted({plain(str(case["text"])) for case in cases()})
    alike = process.cdist(training, judging, scorer=fuzz.ratio, score_cutoff=NEARLY, dtype=np.uint8)
    assert [(training[row], judging[column]) for row, column in np.argwhere(alike)] == []


def test_no_product_or_brand_both_trains_and_judges() -> None:
    shown = [
        product
        for case in cases()
        for product in dict(case.get("state") or {}).get("shown", ())  # type: ignore[call-overload]
    ]
    assert {plain(product["title"]) for product in shown} & names("titles") == set()
    assert {plain(product.get("brand") or "") for product in shown} & names("brands") == set()
