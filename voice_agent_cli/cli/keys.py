"""``voice-agent keys``: the API keys of the server."""

import json
from typing import Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import UsageError
from voice_agent_cli.storage.keys import Keys

app = typer.Typer(add_completion=False, no_args_is_help=True, help="API keys: stored hashed, shown once.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON for a program to read.")]
_LONGEST_NAME = 100


@app.command(epilog="Example: voice-agent keys create kiosk-3")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for; shown in the list.")],
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, this once."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"NAME: give 1 to {_LONGEST_NAME} printable characters", {"field": "name"})
    key, secret = _open().create(name.strip())
    if as_json:
        typer.echo(json.dumps({**vars(key), "api_key": secret}, ensure_ascii=False))
        return
    typer.echo(secret)
    typer.echo(f"{key.key_id}: keep it now, it is not shown again", err=True)


@app.command("list", epilog="Example: voice-agent keys list --json")
def list_keys(as_json: AsJson = False) -> None:
    """The keys, without their secrets."""
    keys = _open().all()
    if as_json:
        typer.echo(json.dumps([vars(key) for key in keys], ensure_ascii=False, indent=2))
        return
    if not keys:
        typer.echo("No keys yet; type: voice-agent keys create NAME", err=True)
    for key in keys:
        state = f"revoked {key.revoked_at[:10]}" if key.revoked_at else "good"
        typer.echo(f"{key.key_id}  {key.hint}…  {key.created_at[:10]}  {state:18}  {key.name}")


@app.command(epilog="Example: voice-agent keys revoke key_1f2e3d4c")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `voice-agent keys list` shows it.")],
) -> None:
    """Refuse a key from now on. Sessions that it opened go on until their tokens expire."""
    key = _open().revoke(key_id)
    typer.echo(f"{key.key_id} ({key.name}) revoked", err=True)


def _open() -> Keys:
    return Keys(settings.load().data_dir)
