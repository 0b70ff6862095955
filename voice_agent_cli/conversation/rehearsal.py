"""A recorded shopper in place of a live one: each turn is spoken once the answer before it was heard."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from voice_agent_cli import settings
from voice_agent_cli.audio.frames import FRAME_SAMPLES, Framer, Samples
from voice_agent_cli.audio.source import FileSource
from voice_agent_cli.conversation.conversation import Conversation
from voice_agent_cli.conversation.pacing import FRAME_S
from voice_agent_cli.conversation.pacing import Pace as Pace
from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.shop.shops import SAMPLE, ensure_shop, shop_path

_PAUSE_S = 0.5

Spoken = Callable[[Samples], None]


def recordings(folder: Path) -> list[Path]:
    """The shopper's turns in order: the FLAC and WAV files of a folder by name.

    Raises:
        NotFoundError: there are none.
    """
    found = sorted((*folder.glob("*.flac"), *folder.glob("*.wav")))
    if not found:
        raise NotFoundError(f"{folder} holds no recordings; type: scripts/record_shopper")
    return found


def private_settings(loaded: settings.Settings, folder: Path) -> settings.Settings:
    """The settings with a data directory of its own: a rehearsal must not sell out the user's shop."""
    source = ensure_shop(loaded.data_dir, SAMPLE)
    private = settings.load({"shop.name": SAMPLE, "data_dir": str(folder)})
    target = shop_path(private.data_dir, private.shop.name)
    target.parent.mkdir(parents=True)
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target)) as copy:
        ours.backup(copy)
    return private


async def shopper(
    conversation: Conversation, turns: Sequence[Path], pace: Pace, spoken: Spoken = lambda _: None
) -> AsyncIterator[Samples]:
    """The recordings, each after the answer to the one before was heard; silence between them.

    Args:
        spoken: given each turn's samples (mono int16 at 16 kHz) as it begins.
    """
    silence = np.zeros(FRAME_SAMPLES, np.int16)
    for turn in [*turns, None]:
        waited = 0.0
        while waited < _PAUSE_S:
            waited = 0.0 if conversation.is_busy or conversation.is_hearing else waited + FRAME_S
            await pace.frame(conversation.is_working)
            yield silence
        if turn is None:
            return
        samples = np.concatenate(list(FileSource(turn).blocks()))
        spoken(samples)
        framer = Framer()
        for frame in (*framer.add(samples), *framer.flush()):
            await pace.frame(conversation.is_working)
            yield frame
