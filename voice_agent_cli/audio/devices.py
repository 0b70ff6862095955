"""The machine's microphones and speakers, through PortAudio (loaded when first asked for)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from voice_agent_cli.errors import AudioError

Direction = Literal["input", "output"]
_RATES = (16_000, 48_000, 44_100, 32_000, 22_050, 96_000, 8_000)


@dataclass(frozen=True)
class Device:
    """One device as the system lists it; ``sample_rate`` is its own, in Hz."""

    number: int
    name: str
    input_channels: int
    output_channels: int
    sample_rate: int
    is_default_input: bool
    is_default_output: bool


@contextmanager
def _quiet() -> Iterator[None]:
    """PortAudio and ALSA print pages of their own; the one line of ours is enough."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def portaudio() -> Any:
    """The ``sounddevice`` module. Raises ``AudioError`` where PortAudio is not installed."""
    try:
        with _quiet():
            import sounddevice
    except OSError as error:
        raise AudioError(
            "the audio library PortAudio is missing; type: sudo apt-get install libportaudio2"
        ) from error
    return sounddevice


def list_devices() -> list[Device]:
    """Every device, in the system's order. Raises ``AudioError`` where PortAudio is not installed."""
    sounddevice = portaudio()
    default_input, default_output = sounddevice.default.device
    return [
        Device(
            number,
            str(found["name"]),
            int(found["max_input_channels"]),
            int(found["max_output_channels"]),
            int(found["default_samplerate"]),
            number == default_input,
            number == default_output,
        )
        for number, found in enumerate(sounddevice.query_devices())
    ]


def find(name: str, direction: Direction) -> Device:
    """The device of this number, or whose name holds ``name``; the system's choice for an empty one.

    Raises:
        AudioError: None is there, or PortAudio is not installed.
    """
    kind = "microphone" if direction == "input" else "speaker"
    present = [d for d in list_devices() if (d.input_channels if direction == "input" else d.output_channels)]
    if not present:
        raise AudioError(f"no {kind} found; connect one, or use --{direction} FILE.wav")
    if not name:
        chosen = [d for d in present if (d.is_default_input if direction == "input" else d.is_default_output)]
        return (chosen or present)[0]
    exact = [d for d in present if name in (str(d.number), d.name)]
    near = [d for d in present if name.lower() in d.name.lower()]
    if not (exact or near):
        raise AudioError(f"no {kind} is called {name!r}; `voice-agent devices` lists them")
    return (exact or near)[0]


def open_stream(device: Device, direction: Direction, callback: Any, wanted_rate: int = 0) -> tuple[Any, int]:
    """A started mono PCM16 stream of 20 ms blocks, and the rate it runs at.

    ``wanted_rate`` where the device does it, else the device's own or any that works.

    Raises:
        AudioError: It does not open; the line says what the system answered.
    """
    sounddevice = portaudio()
    kind = sounddevice.RawInputStream if direction == "input" else sounddevice.RawOutputStream
    failure: Exception | None = None
    for rate in dict.fromkeys((wanted_rate or device.sample_rate, device.sample_rate, *_RATES)):
        try:
            with _quiet():
                stream = kind(
                    samplerate=rate,
                    blocksize=rate // 50,
                    device=device.number,
                    channels=1,
                    dtype="int16",
                    latency="low",
                    callback=callback,
                )
                stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            failure = failure or error
            continue
        return stream, rate
    raise AudioError(f"{device.name}: the device cannot be opened ({failure}); is another program using it?")
