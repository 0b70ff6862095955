"""The main screen by its keys: every wish reaches the backend, everything that happens is seen."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input

from voice_agent_cli.events import ErrorEvent
from voice_agent_cli.tui.notices import Link, Loaded, Microphone, Notice

Lines = Callable[[Any], list[str]]


async def test_every_key_is_a_wish(shown: Any, staged: Any) -> None:
    wishes: dict[str, tuple[Any, ...]] = {
        "x": ("interrupt",),
        "escape": ("interrupt",),
        "a": ("say", "say that again"),
        "u": ("say", "undo that"),
        "m": ("listen", "closed"),
        "2": ("tool", "get_product_details", {"product": "prod_2"}),
    }
    async with shown() as (_, pilot):
        for key, wish in wishes.items():
            await pilot.press(key)
            await pilot.pause(0.05)
            assert staged.wishes == [wish], key
            staged.wishes.clear()


async def test_typed_words_are_said_and_the_line_is_empty_then(shown: Any, staged: Any) -> None:
    async with shown() as (app, pilot):
        await pilot.press("t", *"hello", "enter")
        assert staged.wishes == [("say", "hello")]
        assert app.main.query_one("#say", Input).value == ""


async def test_keys_are_letters_while_one_types_and_wishes_after_escape(shown: Any, staged: Any) -> None:
    async with shown() as (_, pilot):
        await pilot.press("t", "x", "1")
        assert staged.wishes == []
        await pilot.press("escape", "x")
        assert staged.wishes == [("interrupt",)]


async def test_space_opens_the_microphone_and_space_again_ends_the_turn(shown: Any, staged: Any) -> None:
    async with shown() as (_, pilot):
        await pilot.press("space")
        await pilot.pause(0.3)
        await pilot.press("space")
        await pilot.pause(0.4)
        assert staged.wishes == [("listen", "open"), ("listen", "closed")]


async def test_a_held_space_ends_the_turn_when_it_is_let_go(shown: Any, staged: Any) -> None:
    async with shown() as (_, pilot):
        await pilot.press("space")
        await pilot.pause(0.3)
        for _ in range(10):
            await pilot.press("space")
            await asyncio.sleep(0.03)
        assert staged.wishes == [("listen", "open")]
        await pilot.pause(0.6)
        assert staged.wishes == [("listen", "open"), ("listen", "closed")]


async def test_space_without_a_microphone_says_why(shown: Any, staged: Any, lines: Lines) -> None:
    async with shown() as (app, pilot):
        staged.post(Microphone("off", "no device is called mic"))
        await pilot.pause(0.2)
        await pilot.press("space")
        await pilot.pause(0.2)
        assert staged.wishes == []
        assert any("no device is called mic" in line for line in lines(app))


async def test_the_cart_is_edited_on_its_panel(shown: Any, staged: Any) -> None:
    async with shown() as (app, pilot):
        app.main.query_one("#cart").focus()
        await pilot.press("home", "plus", "minus", "delete")
        await pilot.pause(0.1)
        assert staged.wishes == [("line", "line-1", 3), ("line", "line-1", 1), ("line", "line-1", 0)]


async def test_a_product_under_the_cursor_is_shown_in_detail(shown: Any, lines: Lines) -> None:
    async with shown() as (app, pilot):
        app.main.query_one("#products").focus()
        await pilot.press("down", "down")
        await pilot.pause(0.2)
        assert any("Dune Shell: for walking" in line for line in lines(app))


async def test_a_click_picks_a_product(shown: Any, staged: Any) -> None:
    async with shown() as (_, pilot):
        await pilot.click("#products", offset=(6, 2))
        await pilot.pause(0.1)
        assert ("tool", "get_product_details", {"product": "prod_2"}) in staged.wishes


async def test_replay_plays_both_sides_of_the_chosen_turn(shown: Any, staged: Any) -> None:
    async with shown() as (app, pilot):
        for event in staged.story:
            if hasattr(event, "at_ms"):
                staged.recordings.take(event)
        await pilot.press("r")
        await pilot.pause(0.1)
        assert [wish[0] for wish in staged.wishes] == ["play"]
        assert app.main.chosen_turn.turn_id == "t2"


async def test_a_turn_without_sound_says_so(shown: Any, staged: Any, lines: Lines) -> None:
    async with shown() as (app, pilot):
        await pilot.press("r")
        await pilot.pause(0.2)
        assert staged.wishes == []
        assert any("no recording" in line for line in lines(app))


async def test_a_panel_is_enlarged_and_put_back(shown: Any) -> None:
    async with shown() as (app, pilot):
        await pilot.press("z")
        assert app.screen.maximized is app.main.query_one("#talk")
        await pilot.press("escape")
        assert app.screen.maximized is None


async def test_at_80_columns_the_machine_takes_the_shops_place(shown: Any, lines: Lines) -> None:
    async with shown((80, 24)) as (app, pilot):
        assert not any("P95" in line for line in lines(app))
        await pilot.press("l")
        await pilot.pause(0.2)
        assert any("P95" in line for line in lines(app))
        assert not any("─products─" in line for line in lines(app))


async def test_partial_words_level_and_voice_are_seen_as_they_come(shown: Any, lines: Lines) -> None:
    async with shown() as (app, _):
        told = "\n".join(lines(app))
        assert "what is your return" in told
        assert "-24 dB voice" in told


async def test_what_goes_wrong_is_seen(shown: Any, staged: Any, lines: Lines) -> None:
    wrong: dict[str, Notice] = {
        "microphone lost": Microphone("lost", "the microphone was lost; connect it again"),
        "server lost": Link("lost", "it closed the connection"),
        "no model is called x": Loaded("engine", "failed", "no model is called x"),
        "the disk is full": ErrorEvent(code="E", message_="the disk is full"),
    }
    async with shown() as (app, pilot):
        for told, notice in wrong.items():
            staged.post(notice)
            await pilot.pause(0.2)
            assert any(told in line for line in lines(app)), told


async def test_without_colour_a_latency_bar_still_tells_its_stages_apart(
    shown: Any, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown() as (app, _):
        told = "\n".join(lines(app))
        assert all(glyph in told for glyph in "░▒█▓")


async def test_leaving_closes_the_backend(shown: Any, staged: Any) -> None:
    async with shown() as (app, pilot):
        await pilot.press("q")
        await pilot.pause(0.1)
        assert not app.is_running
    assert ("close",) in staged.wishes


async def test_after_a_resize_a_panel_is_as_high_as_its_rows(shown: Any, lines: Lines) -> None:
    async with shown((120, 36)) as (app, pilot):
        await pilot.resize_terminal(80, 24)
        await pilot.pause(0.4)
        assert app.main.query_one("#products").size.height == 3
        assert all(len(line) <= 80 for line in lines(app))
