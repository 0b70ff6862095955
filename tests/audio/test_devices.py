"""Devices are tried in a process of their own: PortAudio reads its surroundings once, at import."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry

LISTEN = """
import asyncio, json, sys, time
import numpy as np
from voice_agent_cli.audio.microphone import MicrophoneSource
from voice_agent_cli.errors import AudioError

async def main():
    frames = []
    try:
        microphone = MicrophoneSource()
        print("ready", flush=True)
        async for frame in microphone:
            frames.append(frame)
            if len(frames) == int(sys.argv[1]):
                break
        microphone.close()
    except AudioError as error:
        print(json.dumps({"error": error.message, "frames": len(frames)}), flush=True)
        return
    heard = np.concatenate(frames).astype(float)
    spectrum = np.abs(np.fft.rfft(heard))
    hertz = float(np.fft.rfftfreq(len(heard), 1 / 16000)[spectrum.argmax()])
    loudest = float(np.abs(heard).max())
    print(json.dumps({"hertz": hertz, "loudest": loudest, "size": len(frames[0])}), flush=True)

asyncio.run(main())
"""

SPEAK = """
import asyncio, json, time
import numpy as np
from voice_agent_cli.audio.microphone import MicrophoneSource
from voice_agent_cli.audio.frames import dbfs
from voice_agent_cli.audio.speaker import SpeakerSink

async def main():
    microphone, speaker = MicrophoneSource(), SpeakerSink()
    levels = []
    async def listen():
        async for frame in microphone:
            levels.append((time.monotonic(), dbfs(frame)))
    task = asyncio.create_task(listen())
    await asyncio.sleep(2.5)  # a sound server takes a moment to begin moving a new stream
    tone = (np.sin(2 * np.pi * 440 * np.arange(22050 * 5) / 22050) * 8000).astype(np.int16)
    await speaker.write(tone, 22050)
    await asyncio.sleep(1.5)
    stopped = time.monotonic()
    heard = speaker.interrupt()
    await asyncio.sleep(1.0)
    loud = [moment for moment, level in levels if level > -40]
    print(json.dumps({"heard": heard, "after": speaker.played_seconds, "loud": bool(loud),
                      "silent_after_s": max(loud) - stopped if loud else None}))
    speaker.close(); microphone.close(); task.cancel()

asyncio.run(main())
"""

ONLY = """
import sounddevice

def limited(kind):
    class Limited(kind):
        def __init__(self, samplerate, **more):
            if samplerate != RATE:
                raise sounddevice.PortAudioError("Invalid sample rate")
            super().__init__(samplerate=samplerate, **more)
    return Limited

sounddevice.RawInputStream = limited(sounddevice.RawInputStream)
sounddevice.RawOutputStream = limited(sounddevice.RawOutputStream)
"""

pytestmark = pytest.mark.slow


def run(script: str, environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_microphone_of_any_rate_gives_frames_of_16_khz(
    cable: Callable[[int], Any], tone: Callable[..., Any], tmp_path: Path, rate: int
) -> None:
    running = cable(rate)
    soundfile.write(tmp_path / "tone.wav", tone(440, 30, 22_050), 22_050)
    player = running.play(tmp_path / "tone.wav")
    listener = run(LISTEN, running.environment, "100")
    heard = json.loads(listener.communicate(timeout=120)[0].splitlines()[-1])
    player.kill()
    player.wait()
    assert heard["size"] == 320
    assert heard["hertz"] == pytest.approx(440, abs=5)
    assert heard["loudest"] > 3_000


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_device_that_does_one_rate_only_is_used_at_that_rate(
    cable: Callable[..., Any], tone: Callable[..., Any], tmp_path: Path, rate: int
) -> None:
    running = cable(rate)
    soundfile.write(tmp_path / "tone.wav", tone(440, 30, 22_050), 22_050)
    player = running.play(tmp_path / "tone.wav")
    listener = run(ONLY.replace("RATE", str(rate)) + LISTEN, running.environment, "100")
    heard = json.loads(listener.communicate(timeout=120)[0].splitlines()[-1])
    player.kill()
    player.wait()
    assert heard["size"] == 320
    assert heard["hertz"] == pytest.approx(440, abs=5)
    said, noise = run(ONLY.replace("RATE", str(rate)) + SPEAK, running.environment).communicate(timeout=120)
    assert json.loads(said.splitlines()[-1])["loud"], noise


def test_a_microphone_that_comes_back_is_heard_again(cable: Callable[..., Any]) -> None:
    running = cable(48_000)
    listener = run(LISTEN, running.environment, "400")
    assert listener.stdout is not None
    assert listener.stdout.readline() == "ready\n"
    running.kill()
    cable(48_000)
    heard = json.loads(listener.communicate(timeout=120)[0].splitlines()[-1])
    assert heard.get("size") == 320, heard


def test_a_sound_server_that_dies_ends_the_conversation_with_one_clear_line(
    cable: Callable[[int], Any],
) -> None:
    running = cable(48_000)
    listener = run(LISTEN, running.environment, "1000000")
    assert listener.stdout is not None
    assert listener.stdout.readline() == "ready\n"
    running.kill()
    error = json.loads(listener.communicate(timeout=60)[0].splitlines()[-1])["error"]
    assert error == "the microphone was lost; connect it again and start once more"


def test_a_machine_without_a_microphone_is_told_in_one_line(tmp_path: Path) -> None:
    environment = {"PULSE_SERVER": f"unix:{tmp_path}/none", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    said, noise = run(LISTEN, environment, "1").communicate(timeout=60)
    answer = said.splitlines()[-1]
    if "hertz" in answer:
        pytest.skip("this machine has a microphone of its own")
    assert json.loads(answer)["error"].startswith("no microphone found; ")
    assert noise == ""


def test_talk_without_any_device_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    environment = {"PULSE_SERVER": f"unix:{tmp_path}/none", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    for option, kind in (([], "speaker"), (["--output", str(tmp_path / "out.wav")], "microphone")):
        command = [sys.executable, "-m", "voice_agent_cli.cli.app", "talk", *option]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            pytest.skip("this machine has devices of its own")
        assert done.returncode == 1
        assert done.stderr.startswith(f"voice-agent: no {kind} found; connect one, or use --")
        assert done.stderr.count("\n") == 1


def test_a_speaker_falls_silent_at_once_and_knows_what_was_heard(cable: Callable[[int], Any]) -> None:
    said, noise = run(SPEAK, cable(48_000).environment).communicate(timeout=120)
    result = json.loads(said.splitlines()[-1])
    assert result["loud"], noise
    assert result["silent_after_s"] < 0.2
    assert 0.5 < result["heard"] < 2.5
    assert result["after"] == pytest.approx(result["heard"], abs=0.001)


@pytest.fixture
def talking(cable: Callable[..., Any], tmp_path: Path) -> Iterator[tuple[Any, "subprocess.Popen[str]"]]:
    """``talk`` with the cable as its microphone, listening."""
    chosen = settings.load()
    try:
        registry.path(chosen.understanding.model, chosen.models_dir)
        registry.path(chosen.speaking.voice, chosen.models_dir)
    except ModelError as absent:
        pytest.skip(absent.message)
    running = cable(44_100, has_speaker=True)
    own = {"VOICE_AGENT_MODELS_DIR": str(chosen.models_dir), "VOICE_AGENT_DATA_DIR": str(tmp_path / "data")}
    talk = subprocess.Popen(
        [sys.executable, "-m", "voice_agent_cli.cli.app", "talk", "--json"],
        env={**running.environment, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield running, talk
    talk.kill()
    talk.wait()


def wait_for(talk: "subprocess.Popen[str]", kind: str, **wanted: Any) -> dict[str, Any]:
    """The next event of that kind and with these values."""
    assert talk.stdout is not None
    for line in talk.stdout:
        event = json.loads(line)
        if event["type"] == kind and wanted.items() <= event["data"].items():
            data: dict[str, Any] = event["data"]
            return data
    raise AssertionError(f"talk ended without {kind}: {talk.stderr.read() if talk.stderr else ''}")


def test_a_conversation_through_microphone_and_speaker_until_they_are_lost(
    talking: tuple[Any, "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    running, talk = talking
    samples, rate = soundfile.read(settings.shipped("config/demo/11.flac"))
    soundfile.write(tmp_path / "asked.wav", samples, rate)
    wait_for(talk, "audio.output", is_last=True)  # the greeting
    recorder = running.record("speaker", tmp_path / "answer.wav")
    assert running.play(tmp_path / "asked.wav").wait(60) == 0
    assert wait_for(talk, "transcription", is_final=True)["text"] == "read me my cart"
    assert wait_for(talk, "agent.response")["tools_used"] == ["view_cart"]
    wait_for(talk, "turn.metrics")
    time.sleep(2.0)
    recorder.terminate()
    recorder.wait()
    assert abs(soundfile.read(tmp_path / "answer.wav")[0]).max() > 0.05, "the answer was heard"
    running.kill()
    wait_for(talk, "session.ended")
    assert talk.wait(60) == 1
    assert talk.stderr is not None
    told = talk.stderr.read().splitlines()
    assert told[-1] == "voice-agent: the microphone was lost; connect it again and start once more"
    assert not [line for line in told if "Traceback" in line]
