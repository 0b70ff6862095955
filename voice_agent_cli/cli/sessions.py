"""``voice-agent sessions``: what was said, which tools ran, how long each stage took."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from voice_agent_cli import settings
from voice_agent_cli.errors import StorageError
from voice_agent_cli.storage.sessions import Sessions, as_markdown

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What was said in past conversations.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON for a program to read.")]
SessionId = Annotated[str, typer.Argument(metavar="ID", help="As `voice-agent sessions list` shows it.")]


@app.command("list", epilog="Example: voice-agent sessions list --limit 5 --json")
def list_sessions(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the last used first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The sessions, the last used first."""
    recent = _open().recent(limit)
    if as_json:
        typer.echo(json.dumps([vars(session) for session in recent], ensure_ascii=False, indent=2))
        return
    if not recent:
        typer.echo("No sessions yet; type: voice-agent talk", err=True)
    for session in recent:
        said = f"{session.message_count} messages"
        typer.echo(f"{session.session_id}  {session.last_seen_at[:16]}  {session.status:8}  {said}")


@app.command(epilog="Example: voice-agent sessions show 550e8400-e29b-41d4-a716-446655440000")
def show(session_id: SessionId, as_json: AsJson = False) -> None:
    """One session: its messages, tools and times."""
    record = _open().export(session_id)
    typer.echo(_as_json(record) if as_json else as_markdown(record), nl=False)


@app.command(epilog="Example: voice-agent sessions export ID --format markdown --output talk.md")
def export(
    session_id: SessionId,
    form: Annotated[Literal["json", "markdown"], typer.Option("--format", help="json or markdown.")] = "json",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here; else to the screen.")
    ] = None,
) -> None:
    """The whole record of a session as JSON or as a page to read."""
    record = _open().export(session_id)
    text = as_markdown(record) if form == "markdown" else _as_json(record)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{output}: cannot be written ({error.strerror})") from error


@app.command(epilog="Example: voice-agent sessions delete 550e8400-e29b-41d4-a716-446655440000")
def delete(session_id: SessionId) -> None:
    """Forget a session and everything said in it. Orders that were placed stay."""
    _open().delete(session_id)
    typer.echo(f"{session_id} deleted", err=True)


def _as_json(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def _open() -> Sessions:
    return Sessions(settings.load().data_dir)
