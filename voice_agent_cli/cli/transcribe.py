"""``voice-agent transcribe``: what the recognizer hears in audio files."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import AudioError

if TYPE_CHECKING:
    from voice_agent_cli.audio.frames import Samples
    from voice_agent_cli.hearing.recognizer import Recognizer

app = typer.Typer(add_completion=False)


@app.command("transcribe", epilog="Example: voice-agent transcribe order.wav --json")
def transcribe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="WAV, FLAC, OGG or MP3, any rate.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
    engine: Annotated[str | None, typer.Option(help="auto, vosk or pocketsphinx.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's name, or a Vosk model folder.")] = None,
    shop: Annotated[str | None, typer.Option(help="The shop whose words are expected.")] = None,
) -> None:
    """Text, confidence and word times of recordings, with the words of the open shop."""
    from voice_agent_cli.hearing import open_recognizer
    from voice_agent_cli.shop.shops import ensure_shop

    loaded = settings.load({"hearing.engine": engine, "hearing.model": model, "shop.name": shop})
    recognizer = open_recognizer(loaded, ensure_shop(loaded.data_dir, loaded.shop.name))
    failed = False
    for file in files:
        try:
            found = _hear(file, recognizer)
        except AudioError as error:
            failed = True
            typer.secho(f"voice-agent: {error.message}", err=True, fg=typer.colors.RED)
            continue
        typer.echo(json.dumps(found, ensure_ascii=False) if as_json else _line(found, len(files) > 1))
    if failed:
        raise typer.Exit(1)


def _hear(file: Path, recognizer: "Recognizer") -> dict[str, Any]:
    from voice_agent_cli.audio.frames import SAMPLE_RATE
    from voice_agent_cli.audio.source import FileSource
    from voice_agent_cli.hearing.listen import transcribe as hear

    samples = 0

    def counted(blocks: Iterator["Samples"]) -> Iterator["Samples"]:
        nonlocal samples
        for block in blocks:
            samples += len(block)
            yield block

    began = time.perf_counter()
    transcript = hear(counted(FileSource(file).blocks()), recognizer)
    seconds = samples / SAMPLE_RATE
    return {
        "file": str(file),
        "text": transcript.text,
        "confidence": round(transcript.confidence, 3),
        "words": [_rounded(asdict(word)) for word in transcript.words],
        "seconds": round(seconds, 3),
        "rtf": round((time.perf_counter() - began) / seconds, 4),
        "engine": recognizer.engine,
        "model": recognizer.model,
    }


def _rounded(word: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if key == "word" else round(value, 3)
        for key, value in word.items()
        if key in ("word", "start", "end", "confidence")
    }


def _line(found: dict[str, Any], is_one_of_many: bool) -> str:
    heard = f"{found['text']}  ({found['confidence']:.0%})" if found["text"] else "(nothing heard)"
    return f"{found['file']}: {heard}" if is_one_of_many else heard
