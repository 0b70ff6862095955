"""The interface of a voice, and how sentences leave it: the first clause first.

``speak(voice, sentences)`` yields the speech piece by piece, so that the first sound
leaves while the rest is still being made.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.errors import ModelError
from voice_agent_cli.settings import Settings
from voice_agent_cli.speaking.spoken import spoken

_FIRST_CLAUSE_WORDS = 8
_KEPT_BYTES = 8_000_000


@dataclass(frozen=True)
class Speech:
    """A piece of speech: ``samples`` is mono int16 at ``sample_rate`` Hz, saying ``text``."""

    samples: NDArray[np.int16]
    sample_rate: int
    text: str = ""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


class Voice(Protocol):
    """Text to speech. ``synthesize`` takes text already in words and may be called from any thread."""

    name: str

    def synthesize(self, text: str) -> Speech: ...


@dataclass
class Kept:
    """Speech that was already made, the least recently said dropped beyond ``limit`` bytes."""

    limit: int = _KEPT_BYTES
    _pieces: OrderedDict[tuple[str, str], Speech] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: Lock = field(default_factory=Lock)

    def say(self, voice: Voice, text: str) -> Speech:
        """The speech of ``text``, made now if it is not kept."""
        key = (voice.name, text)
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key]
        made = voice.synthesize(spoken(text))
        piece = Speech(made.samples, made.sample_rate, text)
        with self._lock:
            self._size += 0 if key in self._pieces else piece.samples.nbytes
            self._pieces[key] = piece
            while self._size > self.limit:
                _, dropped = self._pieces.popitem(last=False)
                self._size -= dropped.samples.nbytes
        return piece


def speak(voice: Voice, sentences: Sequence[str], kept: Kept) -> Iterator[Speech]:
    """The speech of ``sentences`` in order, a clause or a sentence at a time."""
    for piece in pieces(sentences):
        yield kept.say(voice, piece)


def pieces(sentences: Sequence[str]) -> tuple[str, ...]:
    """What is synthesized at once: the first sentence by its first clause, the rest whole."""
    if not sentences:
        return ()
    head, *rest = sentences
    match = re.match(r"(.{3,}?[,;:–])\s+(?=\S)", head)
    if match and len(head.split()) > 4 and len(match[1].split()) <= _FIRST_CLAUSE_WORDS:
        return (match[1], head[match.end() :], *rest)
    return (head, *rest)


def open_voice(settings: Settings) -> Voice:
    """The voice of the settings; with ``auto``, eSpeak NG where Piper's model is absent or fails.

    Raises:
        ModelError: the chosen voice (with ``auto``: every voice) cannot speak here.
    """
    from voice_agent_cli.speaking.espeak import EspeakVoice
    from voice_agent_cli.speaking.piper import PiperVoice

    if settings.speaking.engine == "espeak":
        return EspeakVoice(rate=settings.speaking.rate)
    try:
        return PiperVoice(settings)
    except ModelError:
        if settings.speaking.engine == "piper" or not EspeakVoice.is_installed():
            raise
        return EspeakVoice(rate=settings.speaking.rate)
