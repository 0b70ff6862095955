"""``voice-agent models``: what engines run, where it comes from, and whether it is whole."""

import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import pull as pulling
from voice_agent_cli.models import registry
from voice_agent_cli.models.fetch import Progress, UnreachableError
from voice_agent_cli.models.registry import Model

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The files of models that engines run.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON array.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Names from `models list`.")]


@app.command("list", epilog="Example: voice-agent models list --json")
def list_models(as_json: AsJson = False) -> None:
    """Every known model: purpose, size, licence, and whether it is here."""
    _print_states(registry.models(), registry.state, as_json)


@app.command(epilog="Example: voice-agent models pull vosk-en")
def pull(names: Names = None) -> None:
    """Fetch models by name, or the default ones; resumes, checks, and says nothing of what is here."""
    if names:
        for model in [registry.find(name) for name in names]:
            if not _pull(model):
                typer.echo(f"{model.name} is here and whole", err=True)
        return
    for model in registry.models():
        if model.default == "yes":
            _pull(model)
        elif model.default == "try":
            _try(model)


@app.command(epilog="Example: voice-agent models verify")
def verify(names: Names = None, as_json: AsJson = False) -> None:
    """Read every byte of the models that are here, or of those named, and compare the checksums."""
    folder = settings.load().models_dir
    chosen = [registry.find(name) for name in names or ()] or [
        model for model in registry.models() if registry.state(model, folder) != "absent"
    ]
    if not _print_states(chosen, registry.verify, as_json):
        raise ModelError("not every model is whole; type: voice-agent models pull NAME")


@app.command(epilog="Example: voice-agent models remove vosk-ko")
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Names from `models list`.")],
) -> None:
    """Delete pulled models."""
    folder = settings.load().models_dir
    for model in [registry.find(name) for name in names]:
        was_here = pulling.remove(model, folder)
        typer.echo(f"{model.name} removed" if was_here else f"{model.name} was not here", err=True)


def _pull(model: Model) -> bool:
    fetched = pulling.pull(model, settings.load().models_dir, _progress(model))
    if fetched:
        typer.echo(f"{_clear()}{model.name}: {_megabytes(model.size)} fetched and checked", err=True)
    return fetched


def _try(model: Model) -> None:
    try:
        _pull(model)
    except UnreachableError:
        typer.echo(
            f"{_clear()}{model.about} cannot be reached from here, the other recognizer hears in its place; "
            f"`voice-agent models pull {model.name}` mends it later",
            err=True,
        )


def _progress(model: Model) -> Progress:
    def show(have: int, total: int | None) -> None:
        if sys.stderr.isatty():
            of_total = f" of {_megabytes(total)}" if total else ""
            typer.echo(f"{_clear()}{model.name}: {_megabytes(have)}{of_total}", nl=False, err=True)

    return show


def _clear() -> str:
    return "\r\x1b[K" if sys.stderr.isatty() else ""


def _print_states(
    models: "list[Model] | tuple[Model, ...]", check: Callable[..., str], as_json: bool
) -> bool:
    folder = settings.load().models_dir
    rows = [
        {
            "name": model.name,
            "purpose": model.purpose,
            "about": model.about,
            "bytes": model.size,
            "licence": model.licence,
            "default": model.default,
            "state": check(model, folder),
            "path": str(registry.location(model, model.files[0], folder)),
            "files": [file.model_dump(exclude_none=True) for file in model.files],
        }
        for model in models
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        for row, model in zip(rows, models, strict=True):
            star = "*" if model.default != "no" else " "
            typer.echo(
                f"{star} {model.name:20}  {model.purpose:13}  {_megabytes(model.size):>8}  {row['state']:8}"
                f"{model.about}  ({model.licence})"
            )
    return all(row["state"] == "ready" for row in rows)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
