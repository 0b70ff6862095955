"""``voice-agent backup``: the databases, copied while they are in use."""

import json
from pathlib import Path
from typing import Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import NotFoundError, UsageError
from voice_agent_cli.storage.retention import backup


def command(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one that is not there yet.")],
    as_json: Annotated[bool, typer.Option("--json", help="The files written, as JSON.")] = False,
) -> None:
    """Copy every database whole, even while the server runs, and check the copies.

    Shops with their carts and orders, sessions, events and keys. To restore, stop the server and
    put the files into its data directory.

    Example: voice-agent backup backups/monday
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; name a new folder", {"field": "folder"})
    data_dir = settings.load().data_dir
    copies = backup(data_dir, folder)
    if not copies:
        raise NotFoundError(f"there is nothing to copy in {data_dir}; type: voice-agent doctor")
    if as_json:
        typer.echo(json.dumps([str(copy) for copy in copies]))
        return
    for copy in copies:
        typer.echo(f"{copy}  {copy.stat().st_size / 1e6:.1f} MB, whole")
