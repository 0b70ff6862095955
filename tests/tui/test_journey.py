"""Whole trips on the dashboard: recorded speech through the real VAD, recognizer, model and voice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_agent_cli import settings
from voice_agent_cli.audio.frames import FRAME_SAMPLES, Framer, Samples
from voice_agent_cli.audio.sink import NullSink
from voice_agent_cli.audio.source import FileSource
from voice_agent_cli.conversation.conversation import Conversation
from voice_agent_cli.conversation.rehearsal import Pace, private_settings, shopper
from voice_agent_cli.models import registry
from voice_agent_cli.tui.app import Dashboard
from voice_agent_cli.tui.local import LocalBackend

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DEMO = settings.shipped("config/demo")
SEARCH, COMPARE, ADD, CHECK_OUT, YES = (DEMO / f"{n}.flac" for n in ("01", "03", "04", "12", "13"))
LONG = 300.0  # on a machine that does other things too


@pytest.fixture
def flags(tmp_path: Path) -> dict[str, object]:
    """A shop of the test's own; skips where the models are not here."""
    loaded = settings.load({"shop.name": "sample"})
    for name in (loaded.understanding.model, loaded.speaking.voice):
        if registry.state(registry.find(name), loaded.models_dir) != "ready":
            pytest.skip(f"{name} is not here")
    private = private_settings(loaded, tmp_path)
    return {"data_dir": str(private.data_dir), "shop.name": private.shop.name}


def dashboard(flags: dict[str, object], source: Any) -> Dashboard:
    return Dashboard(LocalBackend(flags, open_source=source, open_sink=lambda _: NullSink(real_time=True)))


async def test_a_recorded_shopper_searches_compares_adds_and_checks_out(
    flags: dict[str, object], until: Any, lines: Any, tmp_path: Path
) -> None:
    turns = [SEARCH, COMPARE, ADD, CHECK_OUT, YES]
    app = dashboard(flags, lambda _, conversation: shopper(conversation, turns, Pace()))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.ledger.ordered is not None, LONG)
        tools = [tool.tool for turn in app.ledger.turns for tool in turn.tools]
        assert tools[:3] == ["search_products", "compare_products", "add_to_cart"]
        assert tools.count("checkout") == 2, "asked back once, done on a yes"
        told = "\n".join(lines(app))
        assert f"order {app.ledger.ordered['number']} placed" in told
        assert all(turn.heard and turn.confidence for turn in app.ledger.turns if turn.words)
        await until(pilot, lambda: len(app.ledger.latency().history) == len(turns), LONG)
        first = next(turn.turn_id for turn in app.ledger.turns if turn.words)
        app.backend.recordings.save(first, tmp_path / "turn.wav")
        assert (tmp_path / "turn.wav").stat().st_size > 50_000
        await pilot.press("e")
        await pilot.pause(0.5)
        assert any("checkout" in line for line in lines(app))


async def interrupting(conversation: Conversation) -> AsyncIterator[Samples]:
    """Asks, and asks again while the answer is being said."""
    silence = np.zeros(FRAME_SAMPLES, np.int16)
    pace = Pace()
    for path in (SEARCH, COMPARE):
        while path is COMPARE and not conversation.is_busy:
            await pace.frame(works=True)
            yield silence
        for _ in range(40 if path is SEARCH else 60):
            await pace.frame(works=True)
            yield silence
        framer = Framer()
        samples = np.concatenate(list(FileSource(path).blocks()))
        for frame in (*framer.add(samples), *framer.flush()):
            await pace.frame(works=True)
            yield frame
        while path is SEARCH and (conversation.is_answering or not conversation.is_busy):
            await pace.frame(works=True)
            yield silence
    while True:
        await pace.frame(works=True)
        yield silence


async def test_speaking_over_the_answer_stops_it_and_is_heard(flags: dict[str, object], until: Any) -> None:
    app = dashboard(flags, lambda _, conversation: interrupting(conversation))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: any(t.words and t.interrupted is not None for t in app.ledger.turns), LONG)
        cut = next(turn for turn in app.ledger.turns if turn.words and turn.interrupted is not None)
        assert cut.words == "show me rain jackets"
        assert len(cut.interrupted or "") < len(cut.reply)
        called = lambda: [tool.tool for turn in app.ledger.turns for tool in turn.tools]  # noqa: E731
        await until(pilot, lambda: "compare_products" in called(), LONG)
