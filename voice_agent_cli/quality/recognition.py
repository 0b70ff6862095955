"""How well a recognizer hears: labelled orders, and word errors on recordings with their text."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import SAMPLE_RATE, Samples, to_int16
from voice_agent_cli.audio.source import FileSource
from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.hearing.listen import transcribe
from voice_agent_cli.hearing.recognizer import Recognizer, Transcript
from voice_agent_cli.hearing.spoken import say, singular

NoiseKind = Literal["white", "babble"]
_AUDIO = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True)
class Noise:
    """Noise mixed in at ``snr_db`` over the recording's own mean power."""

    kind: NoiseKind
    snr_db: float


@dataclass(frozen=True)
class Heard:
    """One recording. ``missing`` are the labelled phrases, or the reference words, not heard."""

    file: str
    text: str
    confidence: float
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Of a folder. ``rtf`` is the seconds of work for a second of audio.

    ``score`` is the part of the recordings heard whole (orders) or the word error
    rate (texts), 0 to 1 (an error rate may exceed 1).
    """

    score: float
    rtf: float
    files: tuple[Heard, ...]


def score_orders(folder: Path, recognizer: Recognizer, noise: Noise | None = None) -> Report:
    """Hearing alone: a recording counts when the words of all its labels are in the transcript.

    Args:
        folder: Recordings and ``labels.json``: file -> slot -> the words that were said.

    Raises:
        NotFoundError: There is no ``labels.json``, or it cannot be read.
        AudioError: A recording cannot be read.
    """
    heard: list[Heard] = []
    clock = _Clock()
    for name, slots in sorted(read_labels(folder).items()):
        transcript = clock.hear(folder / name, recognizer, noise)
        missing = tuple(phrase for phrase in slots.values() if not _is_said(phrase, transcript.text))
        heard.append(Heard(name, transcript.text, transcript.confidence, missing))
    whole = sum(not recording.missing for recording in heard)
    return Report(whole / len(heard) if heard else 0.0, clock.rtf, tuple(heard))


def score_texts(folder: Path, recognizer: Recognizer, noise: Noise | None = None) -> Report:
    """The word error rate over every recording that has its text beside it (``a.wav``, ``a.txt``).

    Raises:
        NotFoundError: No recording with a text.
        AudioError: A recording cannot be read.
    """
    heard: list[Heard] = []
    clock = _Clock()
    errors = words = 0
    pairs = [(path, path.with_suffix(".txt")) for path in sorted(folder.glob("*")) if path.suffix in _AUDIO]
    for recording, text in pairs:
        if not text.exists():
            continue
        reference = say(text.read_text(encoding="utf-8")).split()
        transcript = clock.hear(recording, recognizer, noise)
        errors += word_errors(reference, transcript.text.split())
        words += len(reference)
        missing = tuple(word for word in reference if word not in transcript.text.split())
        heard.append(Heard(recording.name, transcript.text, transcript.confidence, missing))
    if not words:
        raise NotFoundError(f"{folder}: no recording with its text beside it (a.wav and a.txt)")
    return Report(errors / words, clock.rtf, tuple(heard))


def word_errors(reference: list[str], heard: list[str]) -> int:
    """The fewest words to put in, take out or change that make ``heard`` the ``reference``."""
    distances = list(range(len(heard) + 1))
    for row, wanted in enumerate(reference, 1):
        diagonal, distances[0] = distances[0], row
        for column, word in enumerate(heard, 1):
            changed = diagonal + (wanted != word)
            diagonal = distances[column]
            distances[column] = min(changed, diagonal + 1, distances[column - 1] + 1)
    return distances[-1]


class _Clock:
    """Hears recordings one by one and knows the real-time factor over all of them."""

    def __init__(self) -> None:
        self._worked_s = self._spoken_s = 0.0

    @property
    def rtf(self) -> float:
        return self._worked_s / self._spoken_s if self._spoken_s else 0.0

    def hear(self, path: Path, recognizer: Recognizer, noise: Noise | None) -> Transcript:
        samples = np.concatenate(list(FileSource(path).blocks()))
        if noise:
            samples = add_noise(samples, noise)
        began = time.perf_counter()
        transcript = transcribe([samples], recognizer)
        self._worked_s += time.perf_counter() - began
        self._spoken_s += len(samples) / SAMPLE_RATE
        return transcript


def add_noise(samples: Samples, noise: Noise) -> Samples:
    """The recording with noise over it, the same noise every time."""
    signal = samples.astype(np.float64) / 32768.0
    chance = np.random.default_rng(len(samples))
    sound = chance.normal(size=len(signal)) if noise.kind == "white" else _babble(len(signal), chance)
    wanted = np.mean(np.square(signal)) / 10 ** (noise.snr_db / 10)
    sound *= np.sqrt(wanted / max(float(np.mean(np.square(sound))), 1e-12))
    return to_int16((signal + sound).astype(np.float32))


def _babble(length: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Noise with the long-term spectrum of voices, swelling at the rate of syllables.

    A dozen of voices: noise that falls by 6 dB an octave above 500 Hz, each with its
    own slow envelope of 2 to 6 Hz.
    """
    seconds = np.arange(length) / SAMPLE_RATE
    frequencies = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    tilt = np.minimum(1.0, 500.0 / np.maximum(frequencies, 1.0)) * (frequencies > 100.0)
    total = np.zeros(length)
    for _ in range(12):
        voice = np.fft.irfft(np.fft.rfft(chance.normal(size=length)) * tilt, length)
        rate, phase = chance.uniform(2.0, 6.0), chance.uniform(0.0, 2 * np.pi)
        total += voice * (1.0 + np.sin(2 * np.pi * rate * seconds + phase))
    return total


def read_labels(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """The labels of a folder's recordings: file -> slot -> the words that were said.

    Raises:
        NotFoundError: There is no ``labels.json``, or it cannot be read.
    """
    path = folder / "labels.json"
    try:
        labels: Mapping[str, Mapping[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotFoundError(f"{path}: cannot be read; it maps each recording to what was said") from error
    return labels


def _is_said(phrase: str, text: str) -> bool:
    """Whether the words are there, one after the other; "ounces" is "ounce"."""
    return f" {_root(phrase)} " in f" {_root(text)} "


def _root(text: str) -> str:
    return " ".join(map(singular, say(text).split()))
