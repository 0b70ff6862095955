"""Spoken cases: heard once, kept, gone on with, and set beside the typed ones."""

import shutil
from pathlib import Path

import pytest

from voice_agent_cli.quality import spoken
from voice_agent_cli.quality.baselines import KeywordMatcher
from voice_agent_cli.quality.understanding import Case, measure
from voice_agent_cli.settings import Settings, load
from voice_agent_cli.understanding.state import Call

LAMP = {"id": "l1", "title": "Fennel Desk Lamp", "color": "green", "sizes": ["small", "large"]}
CASES = [
    Case("what's in my cart", "view_cart", {}, (Call("view_cart"),)),
    Case("show me the desk lamp", "search", {"shown": [LAMP]}, (Call("search_products", {"query": "lamp"}),)),
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """PocketSphinx, which every machine has, and a cache of its own."""
    if not shutil.which("flite"):
        pytest.skip("flite is not installed")
    monkeypatch.setattr(spoken.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    return load({"hearing.engine": "pocketsphinx", "models_dir": str(tmp_path / "models")})


@pytest.mark.slow
def test_sentences_are_heard_once_and_kept(settings: Settings, tmp_path: Path) -> None:
    done: list[int] = []
    heard = spoken.hear(CASES, settings, done.append)
    assert done == [1, 2]
    assert set(heard) == {case.text for case in CASES}
    assert "lamp" in heard["show me the desk lamp"].heard
    (kept,) = (tmp_path / "cache" / "quality").glob("*.jsonl")
    first, second = kept.read_text().split("\n")[1:3]
    kept.write_text(f"{first}\n{second[:20]}")  # broken off
    again = spoken.hear(CASES, settings, done.append)
    assert {text: row.heard for text, row in again.items()} == {t: row.heard for t, row in heard.items()}
    assert again[CASES[0].text] == heard[CASES[0].text]
    assert CASES[1].text in kept.read_text().splitlines()[-1]


def test_what_was_heard_stands_beside_what_was_typed() -> None:
    heard = {
        CASES[0].text: spoken.Heard(CASES[0].text, "slt", "what's in my car", 0.5),
        CASES[1].text: spoken.Heard(CASES[1].text, "rms", CASES[1].text, 0.9),
    }
    typed = measure(KeywordMatcher(), CASES, lambda _: None)[1]
    after = measure(KeywordMatcher(), spoken.as_heard(CASES, heard), lambda _: None)[1]
    rows = spoken.beside(typed, after, heard)
    assert rows["view_cart"]["typed_right"] == 1
    assert rows["view_cart"]["spoken_right"] == 0
    assert rows["view_cart"]["word_error_rate"] == pytest.approx(1 / 4)
    assert rows["all"]["cases"] == 2
    assert rows["all"]["word_error_rate"] == pytest.approx(1 / 9)
