import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import FRAME_SAMPLES, SAMPLE_RATE
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.audio.vad import EndPointer, Heard

Samples = NDArray[np.int16]


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """A sentence without pauses, trimmed to its first and last audible sample."""
    path: Path = tmp_path_factory.mktemp("speech") / "speech.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", "show me running shoes", "-o", str(path)], check=True)
    samples, rate = soundfile.read(path, dtype="int16")
    audible = np.flatnonzero(np.abs(resample(samples, rate, SAMPLE_RATE)) > 300)
    return resample(samples, rate, SAMPLE_RATE)[audible[0] : audible[-1]]


def silence(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 5, round(seconds * SAMPLE_RATE)).astype(np.int16)


def listen(end_pointer: EndPointer, *parts: Samples) -> list[Heard]:
    whole = np.concatenate(parts)
    whole = whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES]
    return [end_pointer.accept(frame) for frame in whole.reshape(-1, FRAME_SAMPLES)]


def states(steps: list[Heard]) -> list[str]:
    return [step.state for step in steps if step.state in ("started", "ended")]


def test_an_utterance_starts_and_ends_where_the_voice_does(speech: Samples) -> None:
    steps = listen(EndPointer(), silence(1), speech, silence(1.5))
    started, ended = (step for step in steps if step.state in ("started", "ended"))
    assert (started.state, ended.state) == ("started", "ended")
    assert started.at_sample / SAMPLE_RATE == pytest.approx(1.0, abs=0.15)
    assert ended.at_sample / SAMPLE_RATE == pytest.approx(1.0 + len(speech) / SAMPLE_RATE, abs=0.2)


def test_the_end_is_decided_after_the_silence_and_stamped_before_it(speech: Samples) -> None:
    steps = listen(EndPointer(silence_ms=400), silence(1), speech, silence(1.5))
    decided = next(number for number, step in enumerate(steps) if step.state == "ended")
    stamp = steps[decided].at_sample
    assert ((decided + 1) * FRAME_SAMPLES - stamp) / SAMPLE_RATE == pytest.approx(0.4, abs=0.021)


def test_the_audio_begins_before_the_first_voiced_frame(speech: Samples) -> None:
    parts = (silence(1), speech, silence(1.5))
    steps = listen(EndPointer(), *parts)
    heard = np.concatenate([step.audio for step in steps])
    started = next(step for step in steps if step.state == "started")
    lead = int(0.3 * SAMPLE_RATE)
    whole = np.concatenate(parts)
    assert np.array_equal(heard, whole[started.at_sample - lead : started.at_sample - lead + len(heard)])


def test_a_click_is_no_utterance() -> None:
    click = np.random.default_rng(1).normal(0, 9_000, int(0.06 * SAMPLE_RATE)).astype(np.int16)
    assert not states(listen(EndPointer(), silence(1), click, silence(1), click, silence(1)))


def test_a_pause_within_a_sentence_does_not_end_it(speech: Samples) -> None:
    assert states(listen(EndPointer(), silence(0.5), speech, silence(0.3), speech, silence(1))) == [
        "started",
        "ended",
    ]


def test_two_utterances_are_told_apart(speech: Samples) -> None:
    steps = listen(EndPointer(), silence(0.5), speech, silence(1.2), speech, silence(1.2))
    assert states(steps) == ["started", "ended", "started", "ended"]


def test_an_endless_utterance_is_cut(speech: Samples) -> None:
    steps = listen(EndPointer(longest_s=3.0), *([speech] * 10))
    first = next(number for number, step in enumerate(steps) if step.state == "ended")
    assert first * FRAME_SAMPLES / SAMPLE_RATE < 4.0


def test_a_stream_that_stops_in_mid_sentence_ends_it(speech: Samples) -> None:
    end_pointer = EndPointer()
    listen(end_pointer, silence(0.5), speech)
    last = end_pointer.finish()
    assert last is not None
    assert last.state == "ended"
    assert end_pointer.finish() is None
