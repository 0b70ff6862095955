"""``voice-agent eval``: measure understanding, recognition and whole orders; print the failures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from voice_agent_cli.quality.understanding import Judged

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Measure how well the assistant does.")

AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Failures = Annotated[int, typer.Option(help="How many failures to print.")]


@app.command(epilog="Example: voice-agent eval understanding requests.jsonl --failures 50")
def understanding(
    files: Annotated[
        list[Path], typer.Argument(help="JSON lines of cases; none = our own.", exists=True)
    ] = [],  # noqa: B006 - Typer's form
    failures: Failures = 20,
    as_json: AsJson = False,
) -> None:
    """Accuracy of tools, of whole turns, of effects nobody asked for, calibration and latency, by kind."""
    from voice_agent_cli.cli.understand import open_default_agent
    from voice_agent_cli.quality import understanding as measured

    cases = [case for file in files or measured.own_cases() for case in measured.read_cases(file)]
    agent = open_default_agent()
    with _progress(len(cases)) as bar:
        rows, verdicts = measured.measure(agent, cases, lambda _: bar.update(1))
    bands = measured.calibration(verdicts)
    if as_json:
        typer.echo(json.dumps({"model": agent.model_name, "kinds": rows, "calibration": bands}))
        return
    _print_failures([verdict for verdict in verdicts if not verdict.all_right][:failures])
    _print_table(f"understanding, {agent.model_name}", rows)
    for band in bands:
        typer.echo(f"sure from {band['from']:.1f}: {band['cases']:4.0f} turns, {band['right']:.1%} right")


def _progress(length: int) -> Any:
    return typer.progressbar(length=length, label="cases", file=typer.get_text_stream("stderr"))


def _print_failures(verdicts: "Sequence[Judged]") -> None:
    for verdict in verdicts:
        case = verdict.case
        typer.echo(f"[{case.kind}] {case.text}")
        wanted = [(call.tool, dict(call.arguments)) for call in case.calls] or case.tools_allowed
        typer.echo(f"    wanted {wanted} {dict(case.slots) or ''}")
        got = [
            (call.tool, dict(call.arguments), round(call.confidence, 2)) for call in verdict.understood.calls
        ]
        typer.echo(f"    got    {got} {verdict.understood.question or ''}")


def _print_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    table.add_column("kind")
    for name in next(iter(rows.values())):
        table.add_column(name.replace("_", " "), justify="right")
    for kind, row in rows.items():
        table.add_row(kind, *(f"{v:.1%}" if name.endswith("right") else f"{v:g}" for name, v in row.items()))
    Console().print(table)
