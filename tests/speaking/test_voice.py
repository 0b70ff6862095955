"""Real speech: Piper and eSpeak NG, the first clause first, a bounded memory of what was said."""

import time

import numpy as np
import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.speaking.espeak import EspeakVoice
from voice_agent_cli.speaking.piper import PiperVoice
from voice_agent_cli.speaking.voice import Kept, Speech, open_voice, pieces, speak

needs_espeak = pytest.mark.skipif(not EspeakVoice.is_installed(), reason="espeak-ng is not installed")


class CountingVoice:
    """A stand-in voice: a second of silence, counting how often it had to work."""

    name = "counting"

    def __init__(self) -> None:
        self.made: list[str] = []

    def synthesize(self, text: str) -> Speech:
        self.made.append(text)
        return Speech(np.zeros(16000, np.int16), 16000, text)


def test_piper_speaks_audibly_and_at_a_human_pace(piper: PiperVoice) -> None:
    speech = piper.synthesize("I found three rain jackets for you.")
    assert 1.0 < speech.seconds < 4.0
    assert np.abs(speech.samples).max() > 8000


def test_the_first_clause_is_ready_well_before_the_sentence_would_be(piper: PiperVoice) -> None:
    piper.synthesize("Warm.")
    sentence = "I found three, from nineteen dollars for the blue one to eighty dollars for the green one."
    started = time.perf_counter()
    first = next(speak(piper, [sentence], Kept()))
    clause = time.perf_counter() - started
    started = time.perf_counter()
    whole = piper.synthesize(sentence)
    assert first.text == "I found three,"
    assert first.seconds < whole.seconds / 2
    assert clause < time.perf_counter() - started


def test_piper_says_nothing_for_nothing(piper: PiperVoice) -> None:
    assert piper.synthesize("").seconds == 0


@needs_espeak
def test_espeak_speaks_as_a_program() -> None:
    speech = EspeakVoice().synthesize("Hello there.")
    assert 0.4 < speech.seconds < 3.0
    assert np.abs(speech.samples).max() > 1000


@needs_espeak
def test_espeak_takes_a_text_that_looks_like_an_option_as_text() -> None:
    assert EspeakVoice().synthesize("--version").seconds > 0.3


@needs_espeak
def test_where_piper_cannot_load_espeak_speaks(tmp_path: object) -> None:
    chosen = settings.load({"models_dir": str(tmp_path), "speaking.voice": "en_US-joe-medium"})
    assert open_voice(chosen).name.startswith("espeak")


def test_a_voice_that_was_asked_for_and_is_not_there_is_named(tmp_path: object) -> None:
    chosen = settings.load(
        {"models_dir": str(tmp_path), "speaking.engine": "piper", "speaking.voice": "en_US-joe-medium"}
    )
    with pytest.raises(ModelError, match="models pull en_US-joe-medium"):
        open_voice(chosen)


def test_a_file_that_is_no_voice_is_one_line(tmp_path: object) -> None:
    broken = f"{tmp_path}/broken.onnx"
    with open(broken, "w") as file, open(broken + ".json", "w") as config:
        file.write("not a model")
        config.write("{}")
    chosen = settings.load({"speaking.voice": broken, "speaking.engine": "piper"})
    with pytest.raises(ModelError, match="does not load") as caught:
        open_voice(chosen)
    assert "\n" not in caught.value.message


def test_what_was_said_before_is_not_made_again() -> None:
    voice, kept = CountingVoice(), Kept()
    for _ in range(3):
        list(speak(voice, ["It costs $5."], kept))
    assert voice.made == ["It costs five dollars."]


def test_the_memory_of_speech_stays_within_its_limit() -> None:
    voice, kept = CountingVoice(), Kept(limit=100_000)
    for count in range(20):
        kept.say(voice, f"Sentence {count}.")
    assert kept._size <= 100_000
    kept.say(voice, "Sentence 0.")
    assert len(voice.made) == 21


def test_only_a_long_first_sentence_is_cut_at_its_first_clause() -> None:
    assert pieces(["Sure, here it is, the blue one.", "It is ten, or so I think."]) == (
        "Sure,",
        "here it is, the blue one.",
        "It is ten, or so I think.",
    )
    assert pieces(["Done, thanks."]) == ("Done, thanks.",)
    assert pieces([]) == ()
