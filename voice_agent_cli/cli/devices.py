"""``voice-agent devices``: microphones and speakers, and whether they work."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import AudioError

app = typer.Typer(add_completion=False)

_TEST_SECONDS = 3.0
_SILENT_DBFS = -80.0
_QUIET_DBFS = -45.0
_METER_DBFS = 60


@app.command("devices", epilog="Example: voice-agent devices --test")
def devices(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Play a tone, then show the microphone's level.")
    ] = False,
    input_device: Annotated[str | None, typer.Option(help="Number or part of the name.")] = None,
    output_device: Annotated[str | None, typer.Option(help="Number or part of the name.")] = None,
) -> None:
    """List what can be spoken into and heard from; * marks the one that is used."""
    from voice_agent_cli.audio.devices import list_devices

    loaded = settings.load({"audio.input_device": input_device, "audio.output_device": output_device})
    found = list_devices()
    level = _test(loaded, show=not as_json) if test else None
    if as_json:
        answer = {"devices": [asdict(device) for device in found]}
        typer.echo(json.dumps(answer if level is None else {**answer, "loudest_dbfs": round(level, 1)}))
    else:
        for device in found:
            used = "*" if device.is_default_input or device.is_default_output else " "
            typer.echo(
                f"{used} {device.number:3}  {device.name}  "
                f"(in {device.input_channels}, out {device.output_channels}, {device.sample_rate} Hz)"
            )
        if not found:
            typer.echo("no microphone and no speaker; use --input FILE.wav, --output FILE.wav or --text")
    if level is not None:
        _judge(level, show=not as_json)


def _test(loaded: settings.Settings, show: bool) -> float:
    """The loudest frame in dBFS that the microphone gave while somebody may speak."""
    import asyncio

    if show:
        typer.echo("A tone, then three seconds to say something.")
    return asyncio.run(_play_and_listen(loaded, show))


async def _play_and_listen(loaded: settings.Settings, show: bool) -> float:
    import numpy as np

    from voice_agent_cli.audio.frames import FRAME_MS, dbfs
    from voice_agent_cli.audio.microphone import MicrophoneSource
    from voice_agent_cli.audio.speaker import SpeakerSink

    speaker = SpeakerSink(loaded.audio.output_device)
    seconds = np.arange(8_000) / 16_000
    await speaker.write((np.sin(2 * np.pi * 440 * seconds) * 6_000).astype(np.int16), 16_000)
    await speaker.drain()
    speaker.close()
    microphone = MicrophoneSource(loaded.audio.input_device)
    loudest, left = -100.0, int(_TEST_SECONDS * 1000 / FRAME_MS)
    async for frame in microphone:
        level = dbfs(frame)
        loudest, left = max(loudest, level), left - 1
        if show and left % 5 == 0:
            bar = "#" * max(0, round(level) + _METER_DBFS)
            typer.echo(f"\r{bar:{_METER_DBFS}} {level:6.1f} dBFS", nl=False)
        if left <= 0:
            break
    microphone.close()
    if show:
        typer.echo()
    return loudest


def _judge(loudest: float, show: bool) -> None:
    if loudest < _SILENT_DBFS:
        raise AudioError("the microphone gives silence only; unmute it or choose another with --input-device")
    if show:
        quiet = " (quiet: go nearer, or turn it up)" if loudest < _QUIET_DBFS else " (fine)"
        typer.echo(f"the loudest was {loudest:.1f} dBFS{quiet}")
