"""What trains the model and what judges it are kept apart."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from voice_agent_cli.quality.trip_cases import own_trips, read_trips
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


@cache
def judging() -> set[str]:
    """Every sentence of a case, and everything that the shoppers of the trips say."""
    trips = [trip for path in own_trips() for trip in read_trips(path)[1]]
    said = [text for trip in trips for step in trip.says for text in (step.say, step.again) if text]
    return {plain(text) for text in (*(str(case["text"]) for case in cases()), *said)}


@cache
def patterns() -> set[str]:
    lines = [line for path in (TRAINING / "patterns").glob("*.txt") for line in path.read_text().splitlines()]
    return {plain(MARK.sub("", line)) for line in lines if line and line[0] not in "=#"}


def names(key: str) -> set[str]:
    shops = [tomllib.loads(path.read_text()) for path in (TRAINING / "vocabulary").glob("*.toml")]
    return {plain(name) for shop in shops for name in shop.get(key, ())}


def test_no_sentence_of_several_words_both_trains_and_judges() -> None:
    assert len(judging()) > 3000
    # "yes please" and "the second one" can hardly be said otherwise.
    assert {text for text in judging() & patterns() if len(text.split()) > 4} == set()


def test_no_sentence_that_trains_is_nearly_one_that_judges() -> None:
    training = sorted(text for text in patterns() if len(text.split()) > 4)
    judged = sorted(judging())
    alike = process.cdist(
        training, judged, scorer=fuzz.ratio, score_cutoff=NEARLY, dtype=np.uint8, workers=-1
    )
    assert [(training[row], judged[column]) for row, column in np.argwhere(alike)] == []


def test_no_product_or_brand_both_trains_and_judges() -> None:
    shown = [
        product
        for case in cases()
        for product in dict(case.get("state") or {}).get("shown", ())  # type: ignore[call-overload]
    ]
    sold = [
        product
        for path in (own_trips()[0].parent / "shops").glob("*.json")
        for product in json.loads(path.read_text(encoding="utf-8"))["products"]
    ]
    titles = {plain(product["title"]) for product in (*shown, *sold)}
    brands = {plain(product.get("brand") or "") for product in shown} | {plain(p["vendor"]) for p in sold}
    assert len(titles) > 200
    assert titles & names("titles") == set()
    assert brands & names("brands") == set()
