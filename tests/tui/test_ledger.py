"""Events in, what is on the panels out."""

import pytest

from voice_agent_cli.events import (
    AgentInterrupted,
    AgentResponse,
    ErrorEvent,
    ToolFinished,
    Transcription,
    TurnMetrics,
    Understood,
)
from voice_agent_cli.tui.ledger import Ledger, percentile
from voice_agent_cli.tui.notices import Microphone, Notice, Resumed


def ledger_of(notices: list[Notice]) -> Ledger:
    ledger = Ledger()
    for notice in notices:
        ledger.take(notice)
    return ledger


def test_a_spoken_turn_is_kept_from_words_to_speech(story: list[Notice]) -> None:
    turn = ledger_of(story).turns[0]
    assert (turn.words, turn.confidence, len(turn.heard)) == ("show me rain jackets", 0.93, 4)
    assert turn.calls[0]["tool"] == turn.tools[0].tool == "search_products"
    assert turn.spoken[0].duration_ms == 1000
    assert turn.interrupted == "I found 3 rain"


def test_what_a_search_found_and_what_is_in_the_cart_are_on_their_panels(story: list[Notice]) -> None:
    ledger = ledger_of(story)
    assert [product["id"] for product in ledger.products] == ["prod_1", "prod_2", "prod_3"]
    assert ledger.cart is not None
    assert ledger.cart["total"] == "238.00"


def test_each_event_says_which_parts_it_changed() -> None:
    ledger = Ledger()
    assert ledger.take(Microphone("open")) == {"heard", "level", "engine"}
    assert ledger.take(Transcription(text="", confidence=0.0, is_final=True, turn_id="t")) == {"heard"}
    assert ledger.take(AgentInterrupted(turn_id="t", heard="")) == {"turns"}


def test_typed_words_get_their_turn_with_the_first_thing_that_comes_of_them() -> None:
    ledger = ledger_of(
        [
            Transcription(text="my cart", confidence=1.0, is_final=True),
            Understood(turn_id="t9", calls=(), question=None, latency_ms=3.0),
            AgentResponse(text="Your cart is empty.", intent="cart", tools_used=(), turn_id="t9"),
        ]
    )
    (turn,) = ledger.turns
    assert (turn.turn_id, turn.words, turn.reply) == ("t9", "my cart", "Your cart is empty.")


def test_a_tool_that_was_run_by_hand_does_not_take_the_place_of_a_typed_turn() -> None:
    ledger = ledger_of(
        [
            Transcription(text="my cart", confidence=1.0, is_final=True),
            ToolFinished(
                turn_id="hand-1", tool="undo", arguments={}, success=True, duration_ms=1.0, result={}
            ),
            Understood(turn_id="t9", calls=(), question=None, latency_ms=3.0),
        ]
    )
    assert [turn.turn_id for turn in ledger.turns] == ["t9", "hand-1"]


def test_an_order_empties_the_cart(story: list[Notice]) -> None:
    order = {"number": "1001", "total": "238.00", "currency": "USD"}
    done = ToolFinished(
        turn_id="t5",
        tool="checkout",
        arguments={"confirm": True},
        success=True,
        duration_ms=4.0,
        result={"order": order},
    )
    ledger = ledger_of([*story, done])
    assert ledger.cart is None
    assert ledger.ordered == order


def test_another_session_begins_with_its_own_past(story: list[Notice]) -> None:
    past = ({"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hello!"})
    ledger = ledger_of([*story, Resumed("session-2", past)])
    assert [(turn.words, turn.reply, turn.is_past) for turn in ledger.turns] == [("hello", "Hello!", True)]
    assert ledger.products == ()
    assert ledger.cart is None


def test_the_same_session_goes_on_when_a_connection_is_back(story: list[Notice]) -> None:
    ledger = ledger_of([*story, Resumed("session-1")])
    assert len(ledger.turns) == 2


def test_an_error_stays_with_the_turn_it_belongs_to() -> None:
    ledger = ledger_of(
        [
            Transcription(text="hello", confidence=1.0, is_final=True),
            ErrorEvent(code="MODEL_ERROR", message_="the model is gone"),
        ]
    )
    assert ledger.turns[0].errors == ["the model is gone"]


@pytest.mark.parametrize(("percent", "value"), [(50, 3.0), (95, 5.0), (1, 1.0)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0, 4.0], percent) == value


def test_latency_is_told_over_all_turns(story: list[Notice]) -> None:
    metrics = TurnMetrics(
        turn_id="t7",
        end_of_speech_ms=0,
        transcript_ms=0,
        understood_ms=0,
        first_audio_ms=2000.0,
        stages={"tools": 5.0},
    )
    latency = ledger_of([*story, metrics]).latency()
    assert latency.p95 == 2000.0
    assert latency.stages_p50["tools"] == 9.0
    assert percentile([], 50) == 0.0
