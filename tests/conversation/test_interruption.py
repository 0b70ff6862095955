"""What of an answer was heard: by the clock, word by word; and what is said after a false alarm."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_agent_cli.conversation.mouth import Mouth, Saying, unheard
from voice_agent_cli.conversation.playback import Playback
from voice_agent_cli.conversation.speaker import Speaker
from voice_agent_cli.errors import ModelError
from voice_agent_cli.events import AgentInterrupted, AudioOutput, ErrorEvent, Event
from voice_agent_cli.speaking.voice import Kept, Speech


class SilentVoice:
    """A stand-in voice: a second of silence a sentence."""

    name = "silent"

    def synthesize(self, text: str) -> Speech:
        return Speech(np.zeros(16_000, np.int16), 16_000, text)


class BrokenVoice:
    name = "broken"

    def synthesize(self, text: str) -> Speech:
        raise ModelError(f"cannot say {text}")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """A mouth with a stand-in voice, a moved clock, and all it publishes and corrects."""

    def __init__(self, voice: SilentVoice | BrokenVoice) -> None:
        self.clock = Clock()
        self.events: list[Event] = []
        self.record: dict[int, str] = {}
        self.shopper_speaks = False
        speaker = Speaker(voice, Kept(), self.events.append, self.clock)
        self.mouth = Mouth(speaker, self.events.append, lambda: self.shopper_speaks, self.record.__setitem__)

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


SENTENCES = ("I found two.", "The first is red.", "The second is blue.")
ANSWER = Saying("t1", " ".join(SENTENCES), SENTENCES, 7)


def test_pieces_are_heard_one_after_the_other_however_early_they_were_sent() -> None:
    playback = Playback()
    playback.add("one two", 1.0, at=10.0)
    playback.add("three four", 1.0, at=10.1)
    assert playback.heard(10.0) == ""
    assert playback.heard(11.0) == "one two"
    assert playback.heard(12.0) == "one two three four"
    assert playback.is_playing(11.9)
    assert not playback.is_playing(12.0)


def test_of_a_piece_cut_short_the_whole_words_count() -> None:
    playback = Playback()
    playback.add("aaaa bbbb cccc dddd", 2.0, at=0.0)
    assert playback.heard(1.1) == "aaaa bbbb"
    assert playback.stop(0.9) == "aaaa"
    assert not playback.is_playing(0.9)


@given(st.floats(0, 5), st.lists(st.text("ab ", min_size=1, max_size=20), min_size=1, max_size=4))
def test_what_was_heard_is_always_the_beginning_of_what_was_said(at: float, texts: list[str]) -> None:
    playback = Playback()
    for text in texts:
        playback.add(text, 1.0, at=0.0)
    whole = " ".join(texts).split()
    heard = playback.heard(at).split()
    assert heard == whole[: len(heard)]


async def test_an_answer_cut_off_leaves_only_what_was_heard_in_the_record() -> None:
    scene = Scene(SilentVoice())
    await scene.mouth.say(ANSWER)
    scene.clock.now += 1.6
    scene.mouth.interrupt()
    assert scene.of(AgentInterrupted) == [AgentInterrupted(turn_id="t1", heard="I found two. The first")]
    assert scene.record == {7: "I found two. The first"}
    assert not scene.mouth.is_speaking


async def test_only_the_present_answer_counts_as_heard() -> None:
    scene = Scene(SilentVoice())
    await scene.mouth.say(Saying("t0", "One moment.", ("One moment.",)))
    await scene.mouth.say(ANSWER)
    scene.clock.now += 0.9
    scene.mouth.interrupt()
    assert scene.record == {7: ""}
    await scene.mouth.say(ANSWER)
    scene.clock.now += 10
    await scene.mouth.say(ANSWER)
    scene.clock.now += 1.1
    scene.mouth.interrupt()
    assert scene.record == {7: "I found two."}


async def test_speech_still_being_made_is_not_sent_after_an_interruption() -> None:
    scene = Scene(SilentVoice())
    saying = asyncio.create_task(scene.mouth.say(ANSWER))
    while not scene.of(AudioOutput):
        await asyncio.sleep(0)
    scene.mouth.interrupt()
    await saying
    assert len(scene.of(AudioOutput)) < 3


async def test_an_answer_heard_to_its_end_is_no_interruption() -> None:
    scene = Scene(SilentVoice())
    await scene.mouth.say(ANSWER)
    scene.clock.now += 3.1
    scene.mouth.interrupt()
    assert not scene.of(AgentInterrupted)
    assert scene.record == {}


async def test_after_a_false_alarm_the_unfinished_sentence_is_said_again_and_the_record_is_whole() -> None:
    scene = Scene(SilentVoice())
    await scene.mouth.say(ANSWER)
    scene.clock.now += 1.6
    scene.mouth.interrupt()
    scene.events.clear()
    await scene.mouth.resume()
    said = [event.text for event in scene.events if isinstance(event, AudioOutput)]
    assert said == ["The first is red.", "The second is blue."]
    assert scene.record == {7: ANSWER.text}


async def test_a_shopper_who_speaks_already_keeps_the_floor() -> None:
    scene = Scene(SilentVoice())
    scene.shopper_speaks = True
    assert await scene.mouth.say(ANSWER) is None
    assert not scene.of(AudioOutput)
    assert scene.record == {7: ""}


async def test_a_voice_that_fails_is_an_error_event_and_nothing_worse() -> None:
    scene = Scene(BrokenVoice())
    assert await scene.mouth.say(ANSWER) is None
    assert [event.code for event in scene.events if isinstance(event, ErrorEvent)] == ["MODEL_ERROR"]
    assert not scene.mouth.is_speaking


async def test_the_pieces_of_an_answer_are_numbered_and_the_last_is_marked() -> None:
    scene = Scene(SilentVoice())
    await scene.mouth.say(ANSWER)
    sent = [event for event in scene.events if isinstance(event, AudioOutput)]
    assert [event.sequence for event in sent] == [0, 1, 2]
    assert [event.is_last for event in sent] == [False, False, True]
    assert all(event.duration_ms == 1000 and len(event.samples) == 32_000 for event in sent)
    assert "samples" not in sent[0].message()["data"]


@pytest.mark.parametrize(
    ("heard", "left"),
    [("", 3), ("I found", 3), ("I found two.", 2), ("I found two. The first is", 2)],
)
def test_what_is_left_to_say_begins_with_the_sentence_not_heard_to_its_end(heard: str, left: int) -> None:
    assert unheard(ANSWER.sentences, heard) == ANSWER.sentences[3 - left :]
