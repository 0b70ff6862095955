"""``talk --input`` and ``transcribe`` with recordings of every kind, and with very long ones."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from voice_agent_cli.settings import Settings, shipped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

RATES = (8_000, 16_000, 22_050, 44_100, 48_000)
KINDS = (("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("flac", "PCM_16"), ("flac", "PCM_24"))
NUMBER, SAID = "12", "check out please"


def request(number: str = NUMBER) -> NDArray[np.float64]:
    """One request of the demo's shopper, mono at 16 kHz, with a little silence around it."""
    samples, rate = soundfile.read(shipped(f"config/demo/{number}.flac"))
    assert rate == 16_000
    return np.concatenate([np.zeros(8_000), samples, np.zeros(8_000)])


def written(folder: Path, rate: int, channels: int, kind: str, subtype: str) -> Path:
    path = folder / f"{rate}-{channels}-{subtype}.{kind}"
    samples = soxr.resample(request(), 16_000, rate) * 0.9
    soundfile.write(path, np.column_stack([samples] * channels), rate, subtype=subtype)
    return path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "voice_agent_cli.cli.app", *arguments]


def surroundings(private: Settings) -> dict[str, str]:
    return {**os.environ, "VOICE_AGENT_DATA_DIR": str(private.data_dir)}


def events_of(text: str, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.splitlines()]
    return [line["data"] for line in lines if line["type"] == kind]


def test_a_request_is_heard_the_same_in_every_format(private: Settings, tmp_path: Path) -> None:
    files = [
        str(written(tmp_path, rate, channels, kind, subtype))
        for rate in RATES
        for channels in (1, 2)
        for kind, subtype in KINDS
    ]
    done = subprocess.run(
        command("transcribe", "--json", *files), env=surroundings(private), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    heard = {row["file"]: row["text"] for row in map(json.loads, done.stdout.splitlines())}
    assert len(heard) == len(RATES) * 2 * len(KINDS)
    assert {file: text for file, text in heard.items() if text != SAID} == {}


@pytest.mark.parametrize(
    ("rate", "channels", "kind", "subtype"),
    [
        (8_000, 1, "wav", "PCM_16"),
        (22_050, 1, "flac", "PCM_16"),
        (44_100, 2, "wav", "FLOAT"),
        (48_000, 2, "flac", "PCM_24"),
    ],
)
def test_a_recording_of_any_kind_is_answered_by_talk(
    private: Settings, tmp_path: Path, rate: int, channels: int, kind: str, subtype: str
) -> None:
    asked, answered = written(tmp_path, rate, channels, kind, subtype), tmp_path / "answer.wav"
    done = subprocess.run(
        command("talk", "--input", str(asked), "--output", str(answered), "--json"),
        env=surroundings(private),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    finals = [heard for heard in events_of(done.stdout, "transcription") if heard["is_final"]]
    assert [heard["text"] for heard in finals] == [SAID]
    assert len(events_of(done.stdout, "agent.response")) == 1
    spoken = sum(piece["duration_ms"] for piece in events_of(done.stdout, "audio.output")) / 1000
    samples, answer_rate = soundfile.read(answered)
    assert np.abs(samples).max() > 0.1
    assert len(samples) / answer_rate == pytest.approx(spoken, abs=0.5), "the whole answer was written"


def test_raw_samples_come_and_go_through_pipes(private: Settings) -> None:
    samples = (request() * 32_000).astype("<i2")
    done = subprocess.run(
        command("talk", "--input", "-", "--output", "-"),
        input=samples.tobytes(),
        env=surroundings(private),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert SAID.encode() in done.stderr, "the conversation is shown where the audio does not go"
    answer = np.frombuffer(done.stdout, "<i2")
    assert len(answer) > 16_000
    assert np.abs(answer.astype(int)).max() > 3_000


def long_recording(path: Path, hours: float, requests: dict[float, str]) -> None:
    """Silence with a request at some seconds, written piece by piece."""
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16") as file:
        second = 0.0
        for at, number in sorted(requests.items()):
            write_silence(file, at - second)
            samples = soxr.resample(request(number), 16_000, 8_000)
            file.write(samples)
            second = at + len(samples) / 8_000
        write_silence(file, hours * 3600 - second)


def write_silence(file: soundfile.SoundFile, seconds: float) -> None:
    minute = np.zeros(8_000 * 60, np.int16)
    whole, rest = divmod(round(seconds * 8_000), len(minute))
    for _ in range(whole):
        file.write(minute)
    file.write(minute[:rest])


def test_three_hours_are_heard_to_their_end_in_little_memory(private: Settings, tmp_path: Path) -> None:
    long_recording(tmp_path / "afternoon.wav", 3, {5.0: NUMBER, 5_400.0: "09", 10_700.0: "11"})
    long_recording(tmp_path / "minute.wav", 1 / 60, {5.0: NUMBER, 25.0: "09", 50.0: "11"})
    peaks = {}
    for name in ("afternoon.wav", "minute.wav"):
        talk = subprocess.Popen(
            command("talk", "--input", str(tmp_path / name), "--json"),
            env=surroundings(private),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said, errors, peaks[name] = watched(talk)
        assert talk.returncode == 0, errors
        finals = [heard["text"] for heard in events_of(said, "transcription") if heard["is_final"]]
        assert finals == [SAID, "what's your return policy", "read me my cart"]
        assert len(events_of(said, "agent.response")) == 3
        ended = max(json.loads(line)["at_ms"] for line in said.splitlines()) / 1000
        assert ended > (10_800 if name == "afternoon.wav" else 60)
    # Engines that load side by side peak by up to 160 MB higher on one run than on the next; the
    # recording as floats would take 345 MB.
    assert peaks["afternoon.wav"] < peaks["minute.wav"] + 200_000_000


def watched(talk: "subprocess.Popen[str]") -> tuple[str, str, int]:
    """What it said, and the most memory (bytes) that it took."""
    assert talk.stdout is not None
    assert talk.stderr is not None
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(talk.stderr or ()))
    reader.start()
    said = "".join(talk.stdout)
    _, status, usage = os.wait4(talk.pid, 0)
    talk.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    return said, "".join(errors), usage.ru_maxrss * 1024


def test_a_long_recording_shows_how_far_it_is_and_ends_at_control_c(
    private: Settings, tmp_path: Path
) -> None:
    import pty

    recording, answers = tmp_path / "afternoon.wav", tmp_path / "answers.wav"
    long_recording(recording, 3, {2.0: NUMBER})
    ours, theirs = pty.openpty()
    talk = subprocess.Popen(
        command("talk", "--input", str(recording), "--output", str(answers)),
        env={**surroundings(private), "TERM": "xterm", "COLUMNS": "80"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while not re.search(rb"0:[1-9]\d:\d\d of 3:00:00", seen):  # long after the answer
        seen += os.read(ours, 4096)
    talk.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:
        pass  # the terminal's other end is closed
    assert talk.wait(20) == 0
    assert b"Traceback" not in seen
    assert b"resume it with --session" in seen
    assert soundfile.info(answers).duration > 1


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"RIFF\x10\0\0\0WAVE", "is not audio"), (b"no audio " * 99, "is not audio")],
)
def test_a_broken_recording_is_one_clear_line(
    private: Settings, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "broken.wav").write_bytes(content)
    done = subprocess.run(
        command("talk", "--input", str(tmp_path / "broken.wav"), "--json"),
        env=surroundings(private),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def test_a_recording_that_breaks_off_is_answered_as_far_as_it_goes(private: Settings, tmp_path: Path) -> None:
    whole = written(tmp_path, 44_100, 2, "wav", "PCM_16")
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[:-20_001])
    done = subprocess.run(
        command("talk", "--input", str(cut), "--json"),
        env=surroundings(private),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert [h["text"] for h in events_of(done.stdout, "transcription") if h["is_final"]] == [SAID]
