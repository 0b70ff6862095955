"""``voice-agent config``: where each setting came from, and a file to start from."""

import json
from typing import Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import UsageError

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Settings and where they came from.")


@app.command(epilog="Example: voice-agent config show --json")
def show(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Every setting, its value and the file, variable or default it came from."""
    loaded = settings.load()
    values = loaded.values()
    if as_json:
        rows = {key: {"value": value, "source": loaded.source(key)} for key, value in values.items()}
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max(map(len, values))
    for key, value in values.items():
        typer.echo(f"{key:{width}}  {json.dumps(value, ensure_ascii=False)}  ({loaded.source(key)})")


@app.command(epilog="Example: voice-agent config init")
def init(
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
) -> None:
    """Write your own settings file: every setting, commented out, with its default."""
    path = settings.user_file()
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; edit it, or start over with --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _commented(settings.shipped(settings.DEFAULTS).read_text(encoding="utf-8")), encoding="utf-8"
    )
    typer.echo(str(path))


def _commented(defaults: str) -> str:
    kept_as_is = ("#", "[")
    return "".join(
        line if not line.strip() or line.startswith(kept_as_is) else f"# {line}"
        for line in defaults.splitlines(keepends=True)
    )
