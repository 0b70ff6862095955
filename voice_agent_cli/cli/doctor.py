"""``voice-agent doctor``: everything that can be wrong on a machine, each with the line that mends it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from voice_agent_cli import settings
from voice_agent_cli.cli.checks import CHECKS, Finding
from voice_agent_cli.errors import VoiceAgentError

_MARKS = {"ok": ("ok     ", typer.colors.GREEN), "warning": ("warning", typer.colors.YELLOW)}
_BROKEN = ("BROKEN ", typer.colors.RED)


def command(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Check this machine: engines, models, devices, shop, database, memory, disk.

    Ends with 1 when something that is needed is broken; a warning is something to know.

    Example: voice-agent doctor --json
    """
    findings = _examine()
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            _print(finding)
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)


def _examine() -> list[Finding]:
    try:
        loaded = settings.load()
    except VoiceAgentError as error:
        return [Finding("settings", "broken", error.message)]
    findings = [
        Finding("settings", "ok", str(settings.user_file()) if settings.user_file().exists() else "defaults")
    ]
    for name, check in CHECKS.items():
        try:
            findings.append(check(loaded))
        except VoiceAgentError as error:
            findings.append(Finding(name, "broken", error.message))
    return findings


def _print(finding: Finding) -> None:
    mark, color = _MARKS.get(finding.state, _BROKEN)
    typer.echo(f"{typer.style(mark, fg=color)} {finding.name:14} {finding.message}")
    if finding.mend:
        typer.echo(f"{'':22} type: {finding.mend}")
