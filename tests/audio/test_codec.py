from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_agent_cli.audio.codec import decode, duration_ms, encode
from voice_agent_cli.errors import AudioError, UsageError

Tone = Callable[..., NDArray[np.int16]]


@pytest.mark.parametrize("audio_format", ["wav", "mp3", "opus"])
@pytest.mark.parametrize("seconds", [0.25, 3.5])
def test_every_message_decodes_alone_to_its_own_length(tone: Tone, audio_format: str, seconds: float) -> None:
    samples, rate = decode(encode(tone(440, seconds, 22_050), 22_050, audio_format))
    assert duration_ms(samples, rate) == pytest.approx(seconds * 1000, abs=30)
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    assert np.fft.rfftfreq(len(samples), 1 / rate)[spectrum.argmax()] == pytest.approx(440, abs=5)


def test_a_wav_and_bare_samples_lose_nothing(tone: Tone) -> None:
    samples = tone(rate=22_050)
    assert encode(samples, 22_050, "pcm16") == samples.tobytes()
    decoded, rate = decode(encode(samples, 22_050, "wav"))
    assert rate == 22_050
    assert np.array_equal(decoded, samples)


def test_an_unknown_format_is_refused_with_what_is_allowed(tone: Tone) -> None:
    with pytest.raises(UsageError, match="pcm16, wav, mp3, opus"):
        encode(tone(), 16_000, "midi")


def test_bytes_that_are_no_audio_are_refused() -> None:
    with pytest.raises(AudioError):
        decode(b"not a sound")
