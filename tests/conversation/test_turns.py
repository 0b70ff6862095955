"""Turns out of frames: pauses inside a sentence, and the stamps that latency is measured from."""

import numpy as np
import pytest

from voice_agent_cli.audio.frames import FRAME_SAMPLES, Samples
from voice_agent_cli.audio.vad import EndPointer
from voice_agent_cli.conversation.metrics import Stamps
from voice_agent_cli.conversation.turns import HOLD_MS, TurnTaker, asks_for_more

VOICE = np.full(FRAME_SAMPLES, 1000, np.int16)
SILENCE = np.zeros(FRAME_SAMPLES, np.int16)


class LoudIsVoice:
    """A stand-in detector: whatever is not silence is a voice."""

    def is_voiced(self, frame: Samples) -> bool:
        return bool(frame.any())


def steps(frames: list[Samples], partial: str = "") -> list[tuple[str, int]]:
    """What each frame brought, with its number; silence and speech in between left out."""
    taker = TurnTaker(EndPointer(detector=LoudIsVoice()))  # type: ignore[arg-type]
    found = []
    for number, frame in enumerate(frames):
        kind = taker.hear(frame, number * 0.02, partial).kind
        if kind in ("begun", "ended"):
            found.append((kind, number))
    return found


def test_speech_is_noticed_within_two_hundred_milliseconds() -> None:
    (kind, number), *_ = steps([SILENCE] * 50 + [VOICE] * 50)
    assert kind == "begun"
    assert (number - 50 + 1) * 20 <= 200


def test_six_hundred_milliseconds_of_silence_end_a_turn() -> None:
    assert steps([VOICE] * 50 + [SILENCE] * 40)[-1] == ("ended", 50 + 29)


def test_a_sentence_that_asks_for_more_is_given_more_time_and_stays_one_turn() -> None:
    frames = [VOICE] * 40 + [SILENCE] * 45 + [VOICE] * 40 + [SILENCE] * 100
    assert [kind for kind, _ in steps(frames, "add the")] == ["begun", "ended"]
    assert [kind for kind, _ in steps(frames, "add the blue one")] == ["begun", "ended"] * 2


def test_a_sentence_that_asks_for_more_and_gets_none_ends_all_the_same() -> None:
    ended = steps([VOICE] * 40 + [SILENCE] * 100, "add the")[-1]
    assert ended == ("ended", 40 + 29 + HOLD_MS // 20)


def test_the_turn_can_be_ended_by_hand() -> None:
    taker = TurnTaker(EndPointer(detector=LoudIsVoice()))  # type: ignore[arg-type]
    assert taker.end() is None
    for number in range(20):
        taker.hear(VOICE, number * 0.02)
    assert taker.is_speaking
    step = taker.end()
    assert step is not None
    assert step.kind == "ended"
    assert not taker.is_speaking


def test_the_last_voiced_frame_is_what_time_is_counted_from() -> None:
    taker = TurnTaker(EndPointer(detector=LoudIsVoice()))  # type: ignore[arg-type]
    for number, frame in enumerate([VOICE] * 50 + [SILENCE] * 30):
        taker.hear(frame, number * 0.02)
    assert taker.last_voiced == pytest.approx(49 * 0.02)


@pytest.mark.parametrize(("words", "more"), [("", False), ("add the", True), ("the blue one", False)])
def test_only_words_that_nobody_ends_with_ask_for_more(words: str, more: bool) -> None:
    assert asks_for_more(words) is more


def test_metrics_count_from_the_last_voiced_sample_and_the_stages_add_up() -> None:
    stamps = Stamps(
        10.0, end_of_speech=10.6, transcript=10.7, understood=10.9, tools_done=10.95, first_audio=11.1
    )
    metrics = stamps.metrics("t1")
    assert (metrics.end_of_speech_ms, metrics.transcript_ms, metrics.first_audio_ms) == (600, 700, 1100)
    assert sum(metrics.stages.values()) == pytest.approx(metrics.first_audio_ms)
