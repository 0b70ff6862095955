"""Devices are tried in a process of their own: PortAudio reads its surroundings once, at import."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

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


def test_a_speaker_falls_silent_at_once_and_knows_what_was_heard(cable: Callable[[int], Any]) -> None:
    said, noise = run(SPEAK, cable(48_000).environment).communicate(timeout=120)
    result = json.loads(said.splitlines()[-1])
    assert result["loud"], noise
    assert result["silent_after_s"] < 0.2
    assert 0.5 < result["heard"] < 2.5
    assert result["after"] == pytest.approx(result["heard"], abs=0.001)
