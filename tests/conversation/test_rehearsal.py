"""A recorded shopper: its pace, its recordings, and a shop of its own."""

import time
from pathlib import Path

import pytest

from voice_agent_cli import settings
from voice_agent_cli.conversation.rehearsal import FRAME_S, Pace, private_settings, recordings
from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.shop.shop import Shop
from voice_agent_cli.shop.shops import shop_path


async def test_fast_time_jumps_over_speech_but_never_over_work() -> None:
    pace = Pace(fast=True)
    began, real = pace.clock(), time.monotonic()
    for _ in range(500):
        await pace.frame(works=False)
    jumped = pace.clock() - began
    assert jumped >= 500 * FRAME_S
    assert time.monotonic() - real < jumped / 2
    real = time.monotonic()
    await pace.frame(works=True)
    assert time.monotonic() - real >= FRAME_S * 0.5


async def test_in_real_time_a_frame_takes_as_long_as_it_lasts() -> None:
    pace = Pace()
    began = time.monotonic()
    for _ in range(10):
        await pace.frame(works=False)
    assert time.monotonic() - began >= 9 * FRAME_S


def test_missing_recordings_are_told_with_what_makes_them(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="scripts/record_shopper"):
        recordings(tmp_path)


def test_a_rehearsal_sells_from_a_copy_of_the_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path / "users"))
    monkeypatch.setenv("VOICE_AGENT_SHOP_NAME", "coffee-bar")
    private = private_settings(settings.load(), tmp_path / "private")
    assert shop_path(private.data_dir, private.shop.name).is_relative_to(tmp_path / "private")
    with Shop.open(shop_path(private.data_dir, private.shop.name), "") as copy:
        assert copy.catalogue.count() > 100
