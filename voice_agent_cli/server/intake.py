"""Audio as clients send it -> 20 ms frames of 16 kHz."""

import base64
import binascii
from collections.abc import Iterator

import numpy as np

from voice_agent_cli.audio.frames import SAMPLE_RATE, Framer, Samples
from voice_agent_cli.audio.resample import Resampler
from voice_agent_cli.errors import AudioError
from voice_agent_cli.server.limits import AudioBudget, Clock
from voice_agent_cli.server.messages import SAMPLE_RATES, AudioData

_SAMPLE_BYTES = 2


class Intake:
    """One connection's audio, a stream without seams as long as its rate stays the same."""

    def __init__(self, clock: Clock, binary_rate: int) -> None:
        """``binary_rate`` is the rate of binary frames, in Hz.

        Raises:
            AudioError: the rate is not supported.
        """
        _check_rate(binary_rate)
        self._binary_rate = binary_rate
        self._budget = AudioBudget(clock)
        self._framer = Framer()
        self._rate = SAMPLE_RATE
        self._resampler = Resampler(SAMPLE_RATE, SAMPLE_RATE)

    def message(self, data: AudioData) -> tuple[Iterator[Samples], float]:
        """The frames that an ``audio.input`` completes, and how many seconds it lasts.

        Raises:
            AudioError: it is not PCM16 in base64, or of an unsupported rate.
        """
        if data.format != "pcm16":
            raise AudioError(
                f"audio format {data.format[:20]!r} is not supported; send pcm16", {"field": "format"}
            )
        _check_rate(data.sample_rate)
        try:
            raw = base64.b64decode(data.audio, validate=True)
        except (binascii.Error, ValueError) as error:
            raise AudioError("the audio is not valid base64", {"field": "audio"}) from error
        return self._frames(raw, data.sample_rate), len(raw) / _SAMPLE_BYTES / data.sample_rate

    def binary(self, raw: bytes) -> tuple[Iterator[Samples], float] | None:
        """The frames that a binary frame completes, and its seconds; None beyond the budget.

        Raises:
            AudioError: it has an odd number of bytes.
        """
        seconds = len(raw) / _SAMPLE_BYTES / self._binary_rate
        if not self._budget.spend(seconds):
            return None
        return self._frames(raw, self._binary_rate), seconds

    def _frames(self, raw: bytes, rate: int) -> Iterator[Samples]:
        if len(raw) % _SAMPLE_BYTES:
            raise AudioError("PCM16 has two bytes a sample; this audio has an odd number", {"field": "audio"})
        if rate != self._rate:
            self._rate, self._resampler = rate, Resampler(rate, SAMPLE_RATE)
        samples = np.frombuffer(raw, "<i2")
        if rate != SAMPLE_RATE:
            samples = self._resampler.add(samples.astype(np.float32) / 32768.0)
        return self._framer.add(samples)


def _check_rate(rate: int) -> None:
    if rate not in SAMPLE_RATES:
        known = ", ".join(map(str, SAMPLE_RATES))
        raise AudioError(
            f"a sample rate of {rate} Hz is not supported; use {known}", {"field": "sample_rate"}
        )
