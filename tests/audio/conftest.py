"""A private sound server: what is played into its cable is heard by its microphone, and it has a speaker."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

NEEDED = ("pulseaudio", "pactl", "paplay")
ALSA_TO_PULSE = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"


@dataclass(frozen=True)
class Cable:
    """A running PulseAudio of null sinks. ``environment`` reaches it.

    The default microphone hears the sink ``cable``. The default speaker is the same one, or with
    ``has_speaker`` one of its own, so that the microphone does not hear it.
    """

    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def play(self, wav: Path) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(["paplay", "--device=cable", str(wav)], env=self.environment)

    def record(self, sink: str, wav: Path) -> "subprocess.Popen[bytes]":
        """Everything that ``sink`` plays from now on, until the process is ended."""
        command = ["parecord", f"--device={sink}.monitor", "--file-format=wav", str(wav)]
        return subprocess.Popen(command, env=self.environment)


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Callable[..., Cable]]:
    """Starts a cable at a rate in Hz; one at a time."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        pytest.skip(
            f"{', '.join(missing)} missing; apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
        )
    started: list[Cable] = []

    def start(rate: int, has_speaker: bool = False) -> Cable:
        started.append(_start(tmp_path, rate, has_speaker))
        return started[-1]

    yield start
    for one in started:
        one.process.terminate()
        one.process.wait()


def _start(folder: Path, rate: int, has_speaker: bool) -> Cable:
    socket = folder / "native"
    socket.unlink(missing_ok=True)  # of one that was killed
    (folder / "asound.conf").write_text(ALSA_TO_PULSE)
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_SERVER": f"unix:{socket}",
        "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
    }
    process = subprocess.Popen(
        [
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
            *("-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"),
            *("-L", f"module-null-sink sink_name=cable rate={rate} channels=2"),
            *(("-L", f"module-null-sink sink_name=speaker rate={rate} channels=2") if has_speaker else ()),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        if subprocess.run(["pactl", "info"], env=environment, capture_output=True).returncode == 0:
            for default in (("sink", "speaker" if has_speaker else "cable"), ("source", "cable.monitor")):
                subprocess.run(
                    ["pactl", f"set-default-{default[0]}", default[1]], env=environment, check=True
                )
            return Cable(environment, process)
        time.sleep(0.1)
    process.kill()
    raise RuntimeError("pulseaudio did not start")


@pytest.fixture
def tone() -> Callable[..., NDArray[np.int16]]:
    """A sine of so many Hz, seconds, at a rate."""

    def make(hertz: float = 440.0, seconds: float = 1.0, rate: int = 16_000) -> NDArray[np.int16]:
        moments = np.arange(round(seconds * rate)) / rate
        return (np.sin(2 * np.pi * hertz * moments) * 10_000).astype(np.int16)

    return make
