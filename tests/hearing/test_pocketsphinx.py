from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import FRAME_SAMPLES, SAMPLE_RATE
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.audio.source import FileSource
from voice_agent_cli.hearing.listen import transcribe
from voice_agent_cli.hearing.pocketsphinx import PocketSphinxRecognizer
from voice_agent_cli.hearing.vocabulary import Vocabulary
from voice_agent_cli.quality.recognition import word_errors

Speak = Callable[..., NDArray[np.int16]]


@pytest.fixture(scope="module")
def recognizer(vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> PocketSphinxRecognizer:
    return PocketSphinxRecognizer(vocabulary, tmp_path_factory.mktemp("vocabulary"))


def frames(samples: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    return [samples[at : at + FRAME_SAMPLES] for at in range(0, len(samples), FRAME_SAMPLES)]


def test_the_words_of_the_catalogue_are_heard(recognizer: PocketSphinxRecognizer, speak: Speak) -> None:
    for frame in frames(speak("show me blue running shoes")):
        recognizer.accept(frame)
    transcript = recognizer.finish()
    assert transcript.text == "show me blue running shoes"
    assert transcript.confidence > 0.5


def test_how_people_talk_is_heard_though_no_catalogue_says_it(
    recognizer: PocketSphinxRecognizer, speak: Speak
) -> None:
    said = "my knees hurt when i climb the stairs do you have something for that"
    recognizer.accept(speak(said))
    assert word_errors(said.split(), recognizer.finish().text.split()) <= 2


def test_partial_words_come_while_the_shopper_speaks(
    recognizer: PocketSphinxRecognizer, speak: Speak
) -> None:
    partials = []
    for frame in frames(speak("show me blue running shoes")):
        recognizer.accept(frame)
        partials.append(recognizer.partial())
    recognizer.finish()
    assert partials[0] == ""
    assert "show me" in partials[len(partials) * 2 // 3]


def test_each_word_has_its_time_in_the_utterance(recognizer: PocketSphinxRecognizer, speak: Speak) -> None:
    samples = speak("the yellow jacket")
    recognizer.accept(samples)
    words = recognizer.finish().words
    assert [word.word for word in words] == ["the", "yellow", "jacket"]
    assert 0.3 < words[0].start < 0.8
    assert all(earlier.end <= later.start + 0.011 for earlier, later in pairwise(words))
    assert words[-1].end < len(samples) / SAMPLE_RATE
    assert all(0 <= word.confidence <= 1 for word in words)


def test_silence_is_heard_as_nothing(recognizer: PocketSphinxRecognizer) -> None:
    recognizer.accept(np.zeros(SAMPLE_RATE, np.int16))
    assert recognizer.finish().text == ""
    assert recognizer.finish().text == ""


def test_an_utterance_can_be_forgotten(recognizer: PocketSphinxRecognizer, speak: Speak) -> None:
    recognizer.accept(speak("clear my cart"))
    recognizer.reset()
    recognizer.accept(speak("the yellow jacket"))
    assert recognizer.finish().text == "the yellow jacket"


def test_what_is_no_request_is_heard_with_doubt(recognizer: PocketSphinxRecognizer, speak: Speak) -> None:
    recognizer.accept(speak("parliament rejected the amendment on tuesday"))
    doubtful = recognizer.finish().confidence
    recognizer.accept(speak("show me blue running shoes"))
    assert doubtful < 0.6 * recognizer.finish().confidence


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_16"), ("a.wav", "FLOAT"), ("a.flac", "PCM_24")])
def test_the_words_are_the_same_from_any_file(
    recognizer: PocketSphinxRecognizer, speak: Speak, tmp_path: Path, rate: int, name: str, subtype: str
) -> None:
    stereo = np.column_stack([resample(speak("show me blue running shoes"), SAMPLE_RATE, rate)] * 2)
    soundfile.write(tmp_path / name, stereo / 32768, rate, subtype=subtype)
    heard = transcribe(FileSource(tmp_path / name).blocks(), recognizer)
    assert heard.text == "show me blue running shoes"


def test_two_utterances_of_a_recording_are_both_heard_at_their_times(
    recognizer: PocketSphinxRecognizer, speak: Speak
) -> None:
    pause = np.zeros(SAMPLE_RATE * 2, np.int16)
    first = speak("show me blue running shoes")
    heard = transcribe([first, pause, speak("check out")], recognizer)
    assert heard.text == "show me blue running shoes check out"
    assert heard.words[-2].start > (len(first) + len(pause)) / SAMPLE_RATE
