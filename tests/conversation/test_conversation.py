"""A session end to end, over the real tools and the real record, with stand-ins for the models."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from voice_agent_cli.errors import ModelError
from voice_agent_cli.events import (
    AgentInterrupted,
    AgentResponse,
    AudioOutput,
    ErrorEvent,
    SessionEnded,
    SessionReady,
    SpeechStarted,
    ToolFinished,
    ToolStarted,
    Transcription,
    TurnMetrics,
    Understood,
)
from voice_agent_cli.storage import database
from voice_agent_cli.understanding.state import State, Understanding

FRAME = 320


def voice_like(seconds: float) -> np.ndarray:
    """Samples that the VAD takes for a voice: a buzz of harmonics under a wavering envelope."""
    at = np.arange(int(seconds * 16_000)) / 16_000
    buzz = sum(np.sin(2 * np.pi * 140 * k * at) / k for k in range(1, 25))
    return (buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 5 * at)) * 6000).astype(np.int16)


async def spoken(*parts: float) -> AsyncIterator[np.ndarray]:
    """Voice for the 1st, 3rd, … number of seconds, silence for the others, in real time."""
    for number, seconds in enumerate(parts):
        samples = voice_like(seconds) if number % 2 == 0 else np.zeros(int(seconds * 16_000), np.int16)
        for begin in range(0, len(samples) - FRAME + 1, FRAME):
            await asyncio.sleep(0.02)
            yield samples[begin : begin + FRAME]


async def test_a_request_passes_every_stage_in_order(stage: Any, shopping: Any, quick: Any) -> None:
    async with stage.open(shopping, voice=quick) as conversation:
        response = await conversation.say("rain jackets")
    assert response.intent == "product_search"
    assert response.tools_used == ("search_products",)
    assert len(response.products) == 2
    kinds = [type(event) for event in stage.events]
    order = [SessionReady, Understood, ToolStarted, ToolFinished, AgentResponse, AudioOutput, TurnMetrics]
    at = [len(kinds) - kinds[::-1].index(kind) for kind in order]
    assert at == sorted(at)
    assert kinds[-1] is SessionEnded
    stamps = [event.at_ms for event in stage.events]
    assert stamps == sorted(stamps)


async def test_a_missing_size_is_asked_and_a_short_answer_completes_it(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        question = await conversation.say("add the first one")
        assert "Which size?" in question.text
        done = await conversation.say("medium")
    assert done.cart["count"] == 1
    assert done.cart["lines"][0]["options"] == {"size": "M"}


async def test_a_refused_correction_leaves_in_the_cart_what_it_would_have_replaced(
    stage: Any, shopping: Any
) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.say("add the first one in medium")
        refused = await conversation.say("no I meant gigantic")
        assert "Taken back" not in refused.text
        cart = await conversation.say("my cart")
    assert cart.cart["lines"][0]["options"] == {"size": "M"}


async def test_what_waited_for_an_answer_is_done_after_it(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.say("add the first one and read me my cart")
        done = await conversation.say("small")
    assert done.tools_used == ("add_to_cart", "view_cart")
    assert "You have 1 item" in done.text


async def test_an_order_is_said_back_and_placed_only_on_a_yes(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.say("add the first one in medium")
        asked = await conversation.say("check out")
        assert "Shall I place the order?" in asked.text
        assert asked.cart["count"] == 1
        declined = await conversation.say("no")
        assert declined.text == "All right, nothing is ordered."
        # The question is gone: a late yes orders nothing.
        late = await conversation.say("yes")
        assert late.tools_used == ()
        await conversation.say("check out")
        placed = await conversation.say("yes")
    assert placed.tools_used == ("checkout",)
    assert "order number" in placed.text


async def test_another_request_drops_the_open_question_and_noise_does_not(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.say("add the first one in medium")
        await conversation.say("check out")
        await conversation.say("mumble mumble")
        await conversation.say("my cart")
        assert shopping.states[-1].pending is not None
        await conversation.say("yes")
    assert shopping.states[-1].pending is None


async def test_a_resumed_session_finds_its_cart_and_the_open_question(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.say("add the first one")
    async with stage.open(shopping) as again:
        done = await again.say("medium")
        assert [shown.title for shown in shopping.states[-1].shown] == [
            "Harbor Rain Jacket",
            "Pier Rain Jacket",
        ]
    assert done.cart["count"] == 1
    assert stage.sessions.get("s1").status == "ended"
    assert len(stage.said()) == 6


async def test_two_conversations_share_nothing_but_the_shop(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping, "one") as one, stage.open(shopping, "two") as two:
        await asyncio.gather(one.say("rain jackets"), two.say("hello"))
        await one.say("add the first one in medium")
        empty = await two.say("my cart")
    assert "empty" in empty.text
    assert stage.said("two")[0] == "hello"


async def test_asked_to_repeat_it_says_the_same_again(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        first = await conversation.say("rain jackets")
        again = await conversation.say("say that again")
    assert again.text == first.text


async def test_what_is_said_is_on_the_disk_before_it_is_shown(stage: Any, shopping: Any) -> None:
    kept: list[list[str]] = []

    def look(event: Any) -> None:
        if isinstance(event, AgentResponse):
            kept.append(stage.said())

    conversation = stage.open(shopping)
    conversation.subscribe(look)
    async with conversation:
        response = await conversation.say("hello")
    assert kept == [["hello", response.text]]


async def test_a_stage_that_fails_is_an_error_and_the_session_goes_on(stage: Any, shopping: Any) -> None:
    works = shopping.understand

    def understand(text: str, state: State) -> Understanding:
        if text == "broken":
            raise ModelError("the model died; type: voice-agent doctor")
        if text == "bug":
            raise ValueError("secret internals")
        return works(text, state)

    shopping.understand = understand
    async with stage.open(shopping) as conversation:
        assert await conversation.say("broken") is None
        assert await conversation.say("bug") is None
        assert (await conversation.say("hello")).intent == "greeting"
    codes = [event.code for event in stage.of(ErrorEvent)]
    assert codes == ["MODEL_ERROR", "INTERNAL_ERROR"]
    assert "secret" not in stage.of(ErrorEvent)[1].message_
    assert sum(event.intent == "error" for event in stage.of(AgentResponse)) == 2


@pytest.mark.parametrize("which", ["shop.db", "voice-agent.db"])
async def test_a_database_that_gets_locked_loses_nothing_and_the_session_goes_on(
    stage_of: Any, shopping: Any, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    stage = stage_of()
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.say("add the first one in medium")
        with closing(sqlite3.connect(stage.database.parent / which, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await conversation.say("add the first one in medium")
        response = await conversation.say("my cart")
    assert response.cart["count"] == 1
    said = "Sorry, something went wrong on my side. Please say that once more."
    assert [event.text for event in stage.of(AgentResponse)].count(said) == 1
    errors = [event.message_ for event in stage.of(ErrorEvent)]
    errors += [event.error["message"] for event in stage.of(ToolFinished) if event.error]
    assert len(errors) == 1
    assert f"{which} is locked by another program" in errors[0]


async def test_a_slow_lookup_is_announced(stage: Any, shopping: Any, quick: Any) -> None:
    works = shopping.understand

    def slow(text: str, state: State) -> Understanding:
        time.sleep(1.5)
        return works(text, state)

    shopping.understand = slow
    async with stage.open(shopping, voice=quick) as conversation:
        await conversation.say("rain jackets")
    assert stage.of(AudioOutput)[0].text == "One moment."


async def test_speech_becomes_a_turn_with_partials_and_honest_times(
    stage: Any, shopping: Any, quick: Any
) -> None:
    async with stage.open(shopping, voice=quick, hears=["rain jackets"]) as conversation:
        await conversation.listen(spoken(1.0, 1.2))
    finals = [event for event in stage.of(Transcription) if event.is_final]
    assert [event.text for event in finals] == ["rain jackets"]
    assert any(not event.is_final for event in stage.of(Transcription))
    (metrics,) = stage.of(TurnMetrics)
    assert metrics.end_of_speech_ms >= 500
    assert (
        metrics.end_of_speech_ms <= metrics.transcript_ms <= metrics.understood_ms <= metrics.first_audio_ms
    )
    assert stage.sessions.turns("s1")[0].timings["first_audio_ms"] == metrics.first_audio_ms


async def test_silence_and_a_click_become_no_turn(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping, hears=[]) as conversation:
        await conversation.listen(spoken(0.04, 1.0))
    assert not stage.of(SpeechStarted)
    assert stage.said() == []


async def test_words_that_are_no_order_and_not_sure_are_met_with_silence(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping, hears=["la la la"]) as conversation:
        recognizer = conversation._parts.recognizer
        finish = recognizer.finish
        recognizer.finish = lambda: finish().__class__("la la la", 0.2)
        await conversation.listen(spoken(0.6, 1.0))
    assert stage.of(Transcription)
    assert not stage.of(AgentResponse)


async def test_speaking_over_the_answer_stops_it_within_200_ms_and_the_record_holds_what_was_heard(
    stage: Any, shopping: Any, quick: Any
) -> None:
    hears = ["rain jackets", "hello"]
    async with stage.open(shopping, voice=quick, hears=hears) as conversation:
        # The answer takes about two seconds to play; the shopper speaks half a second into it.
        await conversation.listen(spoken(0.6, 1.4, 0.6, 1.0))
    (cut,) = stage.of(AgentInterrupted)
    second = stage.of(SpeechStarted)[1]
    assert cut.at_ms - second.at_ms < 50  # speech itself is noticed after 120 ms of voice
    answer = next(event for event in stage.of(AgentResponse) if event.intent == "product_search")
    assert answer.text.startswith(cut.heard)
    assert cut.heard != answer.text
    assert stage.said()[1] == cut.heard
    assert stage.of(AgentResponse)[-1].intent == "greeting"


async def test_after_a_noise_over_the_answer_the_rest_is_said(stage: Any, shopping: Any, quick: Any) -> None:
    async with stage.open(shopping, voice=quick, hears=["rain jackets", ""]) as conversation:
        await conversation.listen(spoken(0.6, 1.4, 0.5, 1.0))
        await conversation.quiet()
    assert stage.of(AgentInterrupted)
    answer = stage.of(AgentResponse)[0]
    said = " ".join(event.text for event in stage.of(AudioOutput))
    assert said.endswith(answer.text.partition(". ")[2])
    assert stage.said()[1] == answer.text


async def test_without_barge_in_nothing_is_heard_while_the_answer_plays(
    stage: Any, shopping: Any, quick: Any
) -> None:
    async with stage.open(shopping, voice=quick, hears=["rain jackets"], barge_in=False) as conversation:
        await conversation.listen(spoken(0.6, 1.2, 0.5, 0.2))
    assert not stage.of(AgentInterrupted)
    assert len(stage.of(SpeechStarted)) == 1


async def test_the_agent_reads_ahead_after_each_turn(stage: Any, shopping: Any) -> None:
    async with stage.open(shopping) as conversation:
        await conversation.say("rain jackets")
        await conversation.settle()
    assert shopping.prepared == 1


async def test_ending_twice_ends_once(stage: Any, shopping: Any) -> None:
    conversation = stage.open(shopping)
    async with conversation:
        await conversation.end("timeout")
        await conversation.end("timeout")
    assert [event.reason for event in stage.of(SessionEnded)] == ["timeout"]
