import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_agent_cli.audio.recorder import ConversationRecorder
from voice_agent_cli.audio.sink import NullSink, RawSink, WavSink
from voice_agent_cli.errors import AudioError

Tone = Callable[..., NDArray[np.int16]]


async def test_a_wav_holds_what_was_written_in_order(tmp_path: Path, tone: Tone) -> None:
    sink = WavSink(tmp_path / "out.wav")
    await sink.write(tone(440, 0.5, 22_050), 22_050)
    await sink.write(tone(880, 0.5, 22_050), 22_050)
    await sink.drain()
    sink.close()
    samples, rate = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert rate == 22_050
    assert np.array_equal(samples, np.concatenate([tone(440, 0.5, 22_050), tone(880, 0.5, 22_050)]))
    assert sink.played_seconds == pytest.approx(1.0, abs=0.001)


async def test_speech_of_another_rate_keeps_its_length(tmp_path: Path, tone: Tone) -> None:
    sink = WavSink(tmp_path / "out.wav")
    await sink.write(tone(440, 1.0, 16_000), 16_000)
    sink.close()
    assert soundfile.info(tmp_path / "out.wav").duration == pytest.approx(1.0, abs=0.001)


async def test_an_interrupted_file_holds_only_what_was_heard(tmp_path: Path, tone: Tone) -> None:
    sink = WavSink(tmp_path / "out.wav", real_time=True)
    await sink.write(tone(440, 10.0, 22_050), 22_050)
    time.sleep(0.1)
    heard = sink.interrupt()
    await sink.drain()
    sink.close()
    assert 0.1 <= heard < 5.0
    assert soundfile.info(tmp_path / "out.wav").duration == pytest.approx(heard, abs=0.01)
    assert sink.written_seconds == heard


async def test_draining_in_real_time_takes_as_long_as_the_speech(tone: Tone) -> None:
    sink = NullSink(real_time=True)
    began = time.monotonic()
    await sink.write(tone(seconds=0.2), 16_000)
    await sink.drain()
    assert time.monotonic() - began >= 0.19
    assert sink.played_seconds == pytest.approx(0.2)


async def test_a_pause_between_two_writes_is_not_taken_for_speech_heard(tone: Tone) -> None:
    sink = NullSink(real_time=True)
    time.sleep(0.3)
    await sink.write(tone(seconds=30), 16_000)
    assert sink.played_seconds < 0.2


async def test_a_pipe_gets_bare_samples_of_16_khz(tone: Tone) -> None:
    pipe = io.BytesIO()
    await RawSink(pipe).write(tone(), 16_000)
    assert pipe.getvalue() == tone().tobytes()


def test_a_wav_is_whole_even_if_the_process_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from voice_agent_cli.audio.sink import WavWriter\n"
        "wav = WavWriter(Path(sys.argv[1]), 16000, 1)\n"
        "wav.write(np.full(16000, 5, np.int16)); wav.write(np.full(8000, 6, np.int16))\n"
        "print('written', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "out.wav")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"written\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    samples, _ = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert len(samples) == 24_000
    assert samples[-1] == 6


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be written"):
        WavSink(tmp_path / "absent" / "out.wav")


def test_both_sides_lie_on_one_timeline(tmp_path: Path, tone: Tone) -> None:
    recorder = ConversationRecorder(tmp_path / "talk.wav")
    recorder.add("shopper", tone(seconds=1), 16_000, at_seconds=0.5)
    recorder.add("assistant", tone(seconds=1, rate=22_050), 22_050, at_seconds=2.0)
    recorder.cut("assistant", 2.5)
    recorder.close()
    samples, rate = soundfile.read(tmp_path / "talk.wav", dtype="int16")
    assert rate == 16_000
    left, right = samples[:, 0], samples[:, 1]
    assert np.flatnonzero(left)[[0, -1]] / rate == pytest.approx([0.5, 1.5], abs=0.01)
    assert np.flatnonzero(right)[[0, -1]] / rate == pytest.approx([2.0, 2.5], abs=0.01)


def test_a_long_conversation_goes_to_the_disk_while_it_lasts(tmp_path: Path) -> None:
    recorder = ConversationRecorder(tmp_path / "talk.wav")
    for second in range(200):
        recorder.add("shopper", np.full(16_000, second + 1, np.int16), 16_000, at_seconds=second)
    assert soundfile.info(tmp_path / "talk.wav").duration >= 60
    recorder.close()
    samples, _ = soundfile.read(tmp_path / "talk.wav", dtype="int16")
    assert samples[::16_000, 0].tolist() == list(range(1, 201))
