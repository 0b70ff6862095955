import asyncio
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_agent_cli.audio.source import AudioSource, FileSource, RawSource
from voice_agent_cli.errors import AudioError

Tone = Callable[..., NDArray[np.int16]]


async def frames_of(source: AudioSource) -> list[NDArray[np.int16]]:
    return [frame async for frame in source]


def pitch(samples: NDArray[np.int16]) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    return float(np.fft.rfftfreq(len(samples), 1 / 16_000)[spectrum.argmax()])


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
async def test_a_wav_of_any_kind_comes_as_20_ms_frames_of_16_khz(
    tmp_path: Path, tone: Tone, rate: int, subtype: str, channels: int
) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.column_stack([tone(rate=rate) / 32768] * channels), rate, subtype=subtype)
    frames = await frames_of(FileSource(path))
    assert {frame.shape for frame in frames} == {(320,)}
    assert {frame.dtype for frame in frames} == {np.dtype(np.int16)}
    whole = np.concatenate(frames)
    assert len(whole) == pytest.approx(16_000, abs=320)
    assert pitch(whole) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("name", ["tone.flac", "tone.ogg", "tone.mp3"])
async def test_other_containers_are_read_too(tmp_path: Path, tone: Tone, name: str) -> None:
    soundfile.write(tmp_path / name, tone(rate=44_100), 44_100)
    whole = np.concatenate(await frames_of(FileSource(tmp_path / name)))
    assert pitch(whole) == pytest.approx(440, abs=2)


async def test_samples_of_16_khz_pass_through_unchanged(tmp_path: Path, tone: Tone) -> None:
    soundfile.write(tmp_path / "tone.wav", tone(), 16_000)
    whole = np.concatenate(await frames_of(FileSource(tmp_path / "tone.wav")))
    assert np.array_equal(whole, tone())


async def test_resampling_leaves_no_seam_between_blocks(tmp_path: Path, tone: Tone) -> None:
    soundfile.write(tmp_path / "tone.wav", tone(seconds=4, rate=44_100), 44_100)
    whole = np.concatenate(await frames_of(FileSource(tmp_path / "tone.wav"))).astype(float)
    steady = whole[2_000:-2_000]
    steepest = 10_000 * 2 * np.pi * 440 / 16_000
    assert np.abs(np.diff(steady)).max() < 1.05 * steepest


def test_a_three_hour_file_is_not_loaded_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as file:
        file.write(np.zeros(1, np.int16))
        minute = np.zeros(8_000 * 60, np.int16)
        for _ in range(180):
            file.write(minute)
    tracemalloc.start()
    source = FileSource(path)
    blocks = source.blocks()
    for _ in range(100):
        next(blocks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    blocks.close()
    assert source.seconds == pytest.approx(3 * 3600, abs=1)
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"this is no audio at all" * 40, "is not audio"),
        (b"RIFF\x10\0\0\0WAVE", "is not audio"),
    ],
)
def test_a_file_that_is_no_audio_is_refused_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=says) as refused:
        FileSource(path)
    assert "\n" not in refused.value.message
    assert str(path) in refused.value.message


@pytest.mark.parametrize(("name", "says"), [("absent.wav", "no such file"), (".", "is a directory")])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(AudioError, match=says):
        FileSource(tmp_path / name)


def test_a_wav_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.int16), 16_000)
    with pytest.raises(AudioError, match="holds no audio"):
        FileSource(tmp_path / "none.wav")


async def test_a_file_tells_how_far_it_was_read(tmp_path: Path, tone: Tone) -> None:
    soundfile.write(tmp_path / "tone.wav", tone(seconds=2.4), 16_000)
    source = FileSource(tmp_path / "tone.wav")
    assert (source.given_s, source.seconds) == (0.0, pytest.approx(2.4))
    await frames_of(source)
    assert source.given_s == pytest.approx(2.4, abs=0.02)


async def test_raw_samples_are_framed_even_when_a_read_ends_within_one(tone: Tone) -> None:
    data = tone(seconds=0.1).tobytes()

    class Dribbling(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return self.read(min(7, size or 7))

    whole = np.concatenate(await frames_of(RawSource(Dribbling(data))))
    assert np.array_equal(whole, tone(seconds=0.1))


async def test_the_last_piece_is_filled_up_with_silence() -> None:
    frames = await frames_of(RawSource(io.BytesIO(np.full(330, 7, np.int16).tobytes())))
    assert [len(frame) for frame in frames] == [320, 320]
    assert frames[1][:10].tolist() == [7] * 10
    assert not frames[1][10:].any()


async def test_others_get_their_turn_while_a_file_is_read(tmp_path: Path, tone: Tone) -> None:
    soundfile.write(tmp_path / "tone.wav", tone(seconds=5), 16_000)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task: asyncio.Task[Any] = asyncio.create_task(other())
    await frames_of(FileSource(tmp_path / "tone.wav"))
    task.cancel()
    assert turns > 100
