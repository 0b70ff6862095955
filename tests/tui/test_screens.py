"""The screens over the main one: what their keys do, and how each looks at three sizes.

``tests/tui/snapshots`` holds each screen as text; after a wanted change write them anew with
``UPDATE_SNAPSHOTS=1 pytest tests/tui/test_screens.py`` and look at the difference.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from voice_agent_cli.tui.app import Dashboard
from voice_agent_cli.tui.screens import choose
from voice_agent_cli.tui.screens.choose import Choice

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 36), (200, 60)]
KEYS = {
    "explain": "e",
    "sessions": "s",
    "tools": "o",
    "watch": "w",
    "keys": "question_mark",
    "catalogue": "c",
}
Lines = Callable[[Any], list[str]]


def compare(name: str, told: list[str]) -> None:
    kept = SNAPSHOTS / f"{name}.txt"
    text = "\n".join(told) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8"), f"{name} looks different; see the docstring"


async def drawn(app: Any, pilot: Any) -> None:
    """Until what the screen reads is read, and what that brings about too."""
    for _ in range(3):
        await app.workers.wait_for_complete()
        await pilot.pause(0.03)


@pytest.fixture
def shops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Always the same two catalogues."""
    two = [Choice("coffee-bar", flags={"shop.name": "coffee-bar"}), Choice("sample", is_current=True)]
    monkeypatch.setitem(choose.KINDS, "catalogue", lambda _: two)


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize("size", SIZES)
async def test_each_screen_looks_as_it_did(size: tuple[int, int], shown: Any, lines: Lines) -> None:
    async with shown(size) as (app, pilot):
        compare(f"main-{size[0]}x{size[1]}", lines(app))
        for name, key in KEYS.items():
            await pilot.press(key)
            await drawn(app, pilot)
            compare(f"{name}-{size[0]}x{size[1]}", lines(app))
            await pilot.press("escape")


@pytest.mark.parametrize("size", SIZES)
async def test_before_anything_was_said_every_panel_says_what_it_is_for(
    size: tuple[int, int], lines: Lines, story: list[Any], staged: Any, until: Any
) -> None:
    staged.story = [*story[:7]]
    app = Dashboard(staged)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.ledger.session_id)
        await pilot.pause(0.2)
        compare(f"empty-{size[0]}x{size[1]}", lines(app))


async def test_every_key_of_the_help_is_bound(shown: Any) -> None:
    from voice_agent_cli.tui.screens.keys import GROUPS

    named = {"?": "question_mark", "/": "slash", "esc": "escape"}
    always = {"↑", "↓", "j", "k", "enter", "1", "to", "9", "+", "-", "delete", "tab", "ctrl+p", "ctrl+q"}
    async with shown() as (app, _):
        bound = set(app.main._bindings.key_to_bindings) | set(app._bindings.key_to_bindings)
    told = {key for keys in GROUPS.values() for line in keys for key in line.split()}
    assert {named.get(key, key) for key in told - always} <= bound


async def test_explain_shows_the_way_from_sound_to_speech(shown: Any, lines: Lines) -> None:
    async with shown((120, 60)) as (app, pilot):
        await pilot.press("e")
        await pilot.pause(0.3)
        told = "\n".join(lines(app))
    parts = ["1 sound", "2 words", "3 calls", "apply_discount", "4 results", "5 reply", "6 speech"]
    places = [told.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


async def test_a_session_is_found_by_what_was_said_and_gone_on_with(shown: Any, staged: Any) -> None:
    async with shown() as (app, pilot):
        await pilot.press("s", "slash", *"rain")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.press("r")
        await pilot.pause(0.2)
        assert app.screen is app.main
        assert staged.wishes == [("switch", {}, "session-2")]


@pytest.mark.parametrize(("key", "ending", "told"), [("m", "md", "**Shopper**"), ("x", "json", '"messages"')])
async def test_a_session_is_exported_into_the_present_folder(
    key: str, ending: str, told: str, shown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with shown() as (_, pilot):
        await pilot.press("s")
        await pilot.pause(0.3)
        await pilot.press(key)
        await pilot.pause(0.1)
    (exported,) = tmp_path.glob(f"*.{ending}")
    assert told in exported.read_text()


async def test_a_session_is_forgotten_at_the_second_press_only(shown: Any, staged: Any) -> None:
    async with shown() as (_, pilot):
        await pilot.press("s")
        await pilot.pause(0.3)
        await pilot.press("d", "d")
        assert len(staged.records.kept) == 2, "the session that is going on stays"
        await pilot.press("end", "d")
        assert len(staged.records.kept) == 2
        await pilot.press("d")
        await pilot.pause(0.2)
        assert list(staged.records.kept) == ["session-1"]


async def test_a_tool_is_run_by_a_form_made_from_its_schema(shown: Any, staged: Any, lines: Lines) -> None:
    async with shown((120, 60)) as (app, pilot):
        await pilot.press("o")
        await pilot.pause(0.3)
        await pilot.press("enter")
        fields = {field.name: field for field in app.screen.query("#form Input").results(Input)}
        assert set(fields) == {"product", "quantity", "size", "color", "options"}
        fields["product"].value = "2"
        fields["options"].value = "milk=oat, gift wrap=yes"
        await pilot.press("enter")
        await pilot.pause(0.3)
        wanted = {"product": "2", "options": {"milk": "oat", "gift wrap": "yes"}}
        assert staged.wishes == [("tool", "add_to_cart", wanted)]
        assert any("✓ done" in line for line in lines(app))


@pytest.mark.usefixtures("shops")
async def test_a_catalogue_is_switched(shown: Any, staged: Any) -> None:
    async with shown() as (_, pilot):
        await pilot.press("c")
        await pilot.pause(0.2)
        await pilot.press("home", "enter")
        await pilot.pause(0.1)
        assert staged.wishes == [("switch", {"shop.name": "coffee-bar"}, None)]


async def test_voices_that_are_not_here_say_what_to_type(shown: Any, lines: Lines) -> None:
    async with shown() as (app, pilot):
        await pilot.press("v")
        await pilot.pause(0.2)
        told = "\n".join(lines(app))
        assert "en_US-joe-medium" in told


async def test_a_server_decides_about_its_own_models(shown: Any, staged: Any, lines: Lines) -> None:
    staged.can_switch = False
    async with shown() as (app, pilot):
        await pilot.press("v")
        await pilot.pause(0.2)
        assert app.screen is app.main
        assert any("server's own settings" in line for line in lines(app))


async def test_the_palette_finds_what_keys_do(shown: Any, lines: Lines) -> None:
    async with shown() as (app, pilot):
        await pilot.press("ctrl+p", *"watch")
        await pilot.pause(0.6)
        await pilot.press("enter")
        await pilot.pause(0.4)
        assert any("watching 2 sessions, 1 active" in line for line in lines(app))


async def test_the_theme_can_be_light(shown: Any) -> None:
    async with shown() as (app, pilot):
        app.theme = "counter-light"
        await pilot.pause(0.1)
        assert not app.current_theme.dark
