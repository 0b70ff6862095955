"""PCM16 -> bytes that a listener can decode alone, and back."""

import io
from typing import Literal

import numpy as np

from voice_agent_cli.audio.frames import Samples, to_int16
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import AudioError, UsageError

Format = Literal["pcm16", "wav", "mp3", "opus"]
FORMATS: tuple[Format, ...] = ("pcm16", "wav", "mp3", "opus")
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


def duration_ms(samples: Samples, sample_rate: int) -> int:
    """How long it plays, in ms, rounded."""
    return round(1000 * len(samples) / sample_rate)


def encode(samples: Samples, sample_rate: int, audio_format: str) -> bytes:
    """One whole file of mono audio; ``pcm16`` is the bare little-endian samples.

    Opus knows five rates only: others are taken to the next one above.

    Raises:
        UsageError: A format that is not one of ``FORMATS``.
    """
    if audio_format == "pcm16":
        return samples.astype("<i2").tobytes()
    if audio_format not in FORMATS:
        raise UsageError(
            f"audio format {audio_format!r} is unknown; allowed: {', '.join(FORMATS)}", {"field": "format"}
        )
    import soundfile

    container, subtype = {
        "wav": ("WAV", "PCM_16"),
        "mp3": ("MP3", "MPEG_LAYER_III"),
        "opus": ("OGG", "OPUS"),
    }[audio_format]
    if audio_format == "opus" and sample_rate not in _OPUS_RATES:
        higher = next((rate for rate in _OPUS_RATES if rate > sample_rate), _OPUS_RATES[-1])
        samples, sample_rate = resample(samples, sample_rate, higher), higher
    encoded = io.BytesIO()
    soundfile.write(encoded, samples, sample_rate, format=container, subtype=subtype)
    return encoded.getvalue()


def decode(encoded: bytes) -> tuple[Samples, int]:
    """The samples of a WAV, FLAC, OGG or MP3, mixed to mono, and their rate in Hz.

    Raises:
        AudioError: The bytes are no audio.
    """
    import soundfile

    try:
        samples, sample_rate = soundfile.read(io.BytesIO(encoded), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError("the audio cannot be decoded: it is no WAV, FLAC, OGG or MP3") from error
    return to_int16(np.mean(samples, axis=1)), int(sample_rate)
