"""``voice-agent bench``: how fast and how big, measured on this machine."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Measure latency, capacity and memory.")

AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Rounds = Annotated[int, typer.Option(min=1, help="How often each is measured.")]


@app.command(epilog="Example: voice-agent bench latency --rounds 3 --json")
def latency(
    folder: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="Recorded turns, one a file; none = the demo's."),
    ] = None,
    rounds: Rounds = 1,
    as_json: AsJson = False,
) -> None:
    """From the end of speech to the first sound, by stage, over recorded turns in real time."""
    from voice_agent_cli import settings
    from voice_agent_cli.quality.bench_latency import bench_latency

    with tempfile.TemporaryDirectory() as private:
        figures = bench_latency(
            settings.load(),
            Path(private),
            folder,
            rounds,
            lambda turn: typer.echo(f"{turn.first_audio_ms:.0f} ms", err=True),
        )
    _print("latency", figures, as_json)


@app.command(epilog="Example: voice-agent bench startup --rounds 10")
def startup(rounds: Rounds = 5, as_json: AsJson = False) -> None:
    """Seconds until --help and a tool have answered, and until `talk` listens, each in a new process."""
    from voice_agent_cli.quality.bench_startup import bench_startup

    _print("startup", bench_startup(rounds), as_json)


@app.command(epilog="Example: voice-agent bench memory --json")
def memory(as_json: AsJson = False) -> None:
    """Resident memory of each part of a conversation."""
    from voice_agent_cli import settings
    from voice_agent_cli.quality.bench_memory import bench_memory

    _print("memory", bench_memory(settings.load()), as_json)


@app.command(epilog="Example: voice-agent bench search --products 100000 --random-vectors")
def search(
    products: Annotated[int, typer.Option(min=1, help="How many synthetic products to import.")] = 10_000,
    random_vectors: Annotated[
        bool, typer.Option("--random-vectors", help="Not the model's: quicker, and as slow to search.")
    ] = False,
    rounds: Rounds = 10,
    as_json: AsJson = False,
) -> None:
    """Time to import a catalogue with its vectors and to search it by words and meaning; memory."""
    from dataclasses import asdict

    from voice_agent_cli.quality.bench_search import bench_search

    with tempfile.TemporaryDirectory() as folder:
        figures = asdict(
            bench_search(
                Path(folder),
                products,
                real_vectors=not random_vectors,
                rounds=rounds,
                progress=lambda what, done: typer.echo(f"{done} {what}", err=True),
            )
        )
    if not as_json:
        typer.echo(f"slowest: {figures.pop('slowest')}", err=True)
    measured = {name: value for name, value in figures.items() if value is not None}
    _print("search", {f"{products} products": measured}, as_json)


@app.command(epilog="Example: voice-agent bench server --conversations 5 --json")
def server(
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each route is asked.")] = 3.0,
    idle: Annotated[int, typer.Option(min=1, help="Voice connections that say nothing.")] = 500,
    conversations: Annotated[int, typer.Option(min=1, help="Shoppers who speak at once.")] = 20,
    turns: Annotated[int, typer.Option(min=1, max=13, help="How often each of them speaks.")] = 3,
    as_json: AsJson = False,
) -> None:
    """The server under load: routes beside plain aiohttp, memory of idle connections, turns lost."""
    from voice_agent_cli import settings
    from voice_agent_cli.quality.bench_server import bench_server

    with tempfile.TemporaryDirectory() as private:
        figures = bench_server(
            settings.load(),
            Path(private),
            seconds=seconds,
            idle=idle,
            conversations=conversations,
            turns=turns,
        )
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for title, table in figures.items():
        _print(title, table, as_json)


def _print(title: str, figures: Mapping[str, Mapping[str, float]], as_json: bool) -> None:
    """A table of what was measured, a row a part; or the same as JSON."""
    if as_json:
        typer.echo(json.dumps(figures))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, header_style="dim", pad_edge=False)
    table.add_column("")
    for name in next(iter(figures.values()), {}):
        table.add_column(name.replace("_", " "), justify="right")
    for part, row in figures.items():
        table.add_row(part, *(f"{value:g}" for value in row.values()))
    Console().print(table)
