"""``voice-agent say``: a text in the agent's own voice, to the speaker or a file."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import UsageError

if TYPE_CHECKING:
    from voice_agent_cli.audio.frames import Samples

app = typer.Typer(add_completion=False)

MAX_CHARACTERS = 20_000


@app.command("say", epilog='Example: voice-agent say "The total is $19.99." --output total.wav')
def say(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads standard input.")],
    output: Annotated[Path | None, typer.Option(metavar="FILE.wav", help="Write here, play nothing.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object about the speech.")] = False,
) -> None:
    """Speak a text: prices, sizes, codes and units as people say them."""
    text = (sys.stdin.read() if text == "-" else text).strip()
    if not text:
        raise UsageError("there is nothing to say; give a text", {"field": "text"})
    if len(text) > MAX_CHARACTERS:
        raise UsageError(f"the text is longer than {MAX_CHARACTERS} characters; say it in parts")
    import numpy as np

    from voice_agent_cli.speaking.phrases import sentences
    from voice_agent_cli.speaking.spoken import spoken
    from voice_agent_cli.speaking.voice import Kept, Speech, open_voice, speak

    voice = open_voice(settings.load())
    started = time.perf_counter()
    parts: list[Speech] = []
    first_ms = 0.0
    for part in speak(voice, sentences(text), Kept()):
        first_ms = first_ms or (time.perf_counter() - started) * 1000
        parts.append(part)
    elapsed = time.perf_counter() - started
    samples = np.concatenate([part.samples for part in parts])
    rate = parts[0].sample_rate
    seconds = len(samples) / rate
    if output is not None:
        _write(output, samples, rate)
    if as_json:
        facts = {
            "text": text,
            "spoken": spoken(text),
            "voice": voice.name,
            "sample_rate": rate,
            "seconds": round(seconds, 3),
            "first_audio_ms": round(first_ms, 1),
            "rtf": round(elapsed / seconds, 4) if seconds else None,
            "output": str(output) if output else None,
        }
        typer.echo(json.dumps(facts, ensure_ascii=False))
    elif output is not None:
        typer.echo(f"{output}: {seconds:.1f} s, {voice.name}", err=True)
    if output is None:
        from voice_agent_cli.cli.screen.player import play

        asyncio.run(play(samples, rate))


def _write(output: Path, samples: "Samples", rate: int) -> None:
    from voice_agent_cli.audio.sink import WavWriter

    file = WavWriter(output, rate, channels=1)
    file.write(samples)
    file.close()
