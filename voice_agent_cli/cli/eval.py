"""``voice-agent eval``: measure understanding, search, recognition and whole orders; print the failures."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from voice_agent_cli.quality.recognition import Report
    from voice_agent_cli.quality.understanding import Case, Judged
    from voice_agent_cli.settings import Settings
    from voice_agent_cli.understanding.agent import Agent

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Measure how well the assistant does.")

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Recordings and labels.json.")]
NoiseDb = Annotated[float | None, typer.Option("--noise-db", help="Mix babble in at this ratio, in dB.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Failures = Annotated[int, typer.Option(help="How many failures to print.")]


@app.command(epilog="Example: voice-agent eval understanding requests.jsonl --failures 50")
def understanding(
    files: Annotated[
        list[Path], typer.Argument(help="JSON lines of cases; none = our own.", exists=True)
    ] = [],  # noqa: B006 - Typer's form
    failures: Failures = 20,
    as_json: AsJson = False,
    spoken: Annotated[
        bool, typer.Option("--spoken", help="Through a voice and the recognizer too; goes on where it was.")
    ] = False,
    cases: Annotated[int | None, typer.Option(help="How many, of every kind its share; all.", min=1)] = None,
) -> None:
    """Accuracy of tools, of whole turns, of effects nobody asked for, calibration and latency, by kind."""
    from voice_agent_cli.cli.understand import open_default_agent
    from voice_agent_cli.quality import understanding as measured
    from voice_agent_cli.quality.baselines import fixed_part

    part = [case for file in files or measured.own_cases() for case in measured.read_cases(file)]
    part = fixed_part(part, cases) if cases else part
    agent = open_default_agent()
    if spoken:
        _understanding_spoken(agent, part, failures, as_json)
        return
    with _progress(len(part)) as bar:
        rows, verdicts = measured.measure(agent, part, partial(_step, bar))
    bands = measured.calibration(verdicts)
    error = measured.expected_calibration_error(verdicts)
    if as_json:
        figures = {"kinds": rows, "calibration": bands, "expected_calibration_error": round(error, 4)}
        typer.echo(json.dumps({"model": agent.model_name, **figures}))
        return
    _print_failures([verdict for verdict in verdicts if not verdict.all_right][:failures])
    _print_table(f"understanding, {agent.model_name}", rows)
    for band in bands:
        typer.echo(f"sure from {band['from']:.1f}: {band['cases']:4.0f} turns, {band['right']:.1%} right")
    typer.echo(f"expected calibration error {error:.1%}")


def _understanding_spoken(agent: "Agent", cases: "list[Case]", failures: int, as_json: bool) -> None:
    from voice_agent_cli import settings
    from voice_agent_cli.quality import spoken
    from voice_agent_cli.quality.understanding import measure

    with _progress(len({case.text for case in cases}), "heard") as bar:
        heard = spoken.hear(cases, settings.load(), partial(_step, bar))
    given = (cases, spoken.as_heard(cases, heard))
    with _progress(len(cases) * 2, "understood") as bar:
        typed, after = (measure(agent, part, partial(_step, bar))[1] for part in given)
    rows = spoken.beside(typed, after, heard)
    if as_json:
        typer.echo(json.dumps({"model": agent.model_name, "kinds": rows}))
        return
    lost = [pair for pair in zip(typed, after, strict=True) if pair[0].all_right and not pair[1].all_right]
    for before, verdict in lost[:failures]:
        typer.echo(f"said: {before.case.text}")
        _print_failures([verdict])
    _print_table(f"understanding of speech, {agent.model_name}", rows)


@app.command(epilog="Example: voice-agent eval trips --kind checkout --failures 10")
def trips(
    files: Annotated[
        list[Path], typer.Argument(help="TOML files of trips; none = our own.", exists=True)
    ] = [],  # noqa: B006 - Typer's form
    kind: Annotated[str | None, typer.Option(help="Only the trips of this kind.")] = None,
    failures: Failures = 10,
    as_json: AsJson = False,
) -> None:
    """Whole shopping trips by text: does the cart end exactly as the shopper wanted it?"""
    import tempfile

    from voice_agent_cli.cli.understand import open_default_agent
    from voice_agent_cli.quality import trips as measured
    from voice_agent_cli.quality.trip_cases import own_trips, read_trips

    chosen = [
        (file, shop, trip)
        for file in files or own_trips()
        for shop, found in (read_trips(file),)
        for trip in found
        if kind in (None, trip.kind)
    ]
    agent, walked = open_default_agent(), []
    with tempfile.TemporaryDirectory() as folder, _progress(len(chosen)) as bar:
        for one in measured.walk_all(chosen, Path(folder), agent):
            walked.append(one)
            bar.update(1)
    rows = measured.rows(walked)
    if as_json:
        typer.echo(json.dumps({"model": agent.model_name, "kinds": rows, "trips": measured.records(walked)}))
        return
    for one in [one for one in walked if not one.is_right][:failures]:
        typer.echo(measured.transcript(one))
    _print_table(f"trips, {agent.model_name}", rows)


@app.command(epilog="Example: voice-agent eval compare --cases 300")
def compare(
    files: Annotated[
        list[Path], typer.Argument(help="JSON lines of cases; none = our own.", exists=True)
    ] = [],  # noqa: B006 - Typer's form
    cases: Annotated[int, typer.Option(help="How many cases, of every kind its share.", min=1)] = 300,
    as_json: AsJson = False,
) -> None:
    """The agent beside its model untrained, with examples in the prompt, and a keyword matcher."""
    from voice_agent_cli import settings
    from voice_agent_cli.quality import baselines
    from voice_agent_cli.quality import understanding as measured

    every = [case for file in files or measured.own_cases() for case in measured.read_cases(file)]
    part = baselines.fixed_part(every, cases)
    rows = {}
    for one in baselines.opponents(settings.load()):
        typer.echo(one.model_name, err=True)
        with _progress(len(part)) as bar:
            kinds, _ = measured.measure(one, part, partial(_step, bar))
        rows[one.model_name] = kinds["all"]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    _print_table(f"understanding of {len(part)} cases", rows)


@app.command(epilog="Example: voice-agent eval orders recordings --shop coffee-bar --noise-db 15")
def orders(
    folder: Folder,
    shop: Annotated[str, typer.Option(help="The shop that was ordered from.")] = "coffee-bar",
    noise_db: NoiseDb = None,
    failures: Failures = 20,
    as_json: AsJson = False,
) -> None:
    """Recorded orders from sound to the cart: accepted when every labelled slot has its value."""
    from voice_agent_cli import settings
    from voice_agent_cli.cli.understand import open_default_agent
    from voice_agent_cli.quality import orders as measured
    from voice_agent_cli.quality.recognition import read_labels
    from voice_agent_cli.shop.shops import ensure_shop

    loaded = settings.load({"shop.name": shop})
    labels, heard = read_labels(folder), _heard(folder, loaded, noise_db)
    agent = open_default_agent()
    placed = []
    with _progress(len(labels)) as bar:
        for order in measured.measure(labels, heard, agent, ensure_shop(loaded.data_dir, shop)):
            placed.append(order)
            bar.update(1)
    figures = {**measured.summary(placed), "rtf": round(heard.rtf, 3)}
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for order in [order for order in placed if not order.accepted][:failures]:
        typer.echo(f"{order.file}: heard {order.text!r}; wrong {list(order.wrong)}; cart {dict(order.line)}")
    _print_table("orders", {shop: figures})


@app.command(epilog="Example: voice-agent eval recognition recordings --shop coffee-bar --noise-db 15")
def recognition(
    folder: Folder,
    shop: Annotated[str | None, typer.Option(help="The shop whose words are expected.")] = None,
    noise_db: NoiseDb = None,
    failures: Failures = 20,
    as_json: AsJson = False,
) -> None:
    """Hearing alone: labelled words heard (with labels.json), or word errors (a.wav beside a.txt)."""
    from voice_agent_cli import settings

    report = _heard(folder, settings.load({"shop.name": shop}), noise_db)
    has_labels = (folder / "labels.json").exists()
    name = "labelled_words_right" if has_labels else "word_error_rate"
    figures = {"recordings": len(report.files), name: report.score, "rtf": round(report.rtf, 3)}
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for recording in [recording for recording in report.files if recording.missing][:failures]:
        typer.echo(f"{recording.file}: heard {recording.text!r}; missed {list(recording.missing)}")
    _print_table("recognition", {folder.name: figures})


@app.command(epilog="Example: voice-agent eval relevance --part development --failures 50")
def relevance(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines of judged queries; none = our own.", exists=True)
    ] = None,
    part: Annotated[
        str, typer.Option(help="Which of our own: development, or held-out, which shows figures only.")
    ] = "held-out",
    failures: Failures = 20,
    as_json: AsJson = False,
) -> None:
    """How often a search has the right product among its first three, by kind of query and way of finding."""
    import tempfile

    from voice_agent_cli.errors import UsageError
    from voice_agent_cli.quality import relevance as measured

    if part not in measured.PARTS:
        raise UsageError(f"--part {part}: it is one of {', '.join(measured.PARTS)}", {"field": "part"})
    cases = measured.own_cases(part) if file is None else measured.read_cases(file)
    with tempfile.TemporaryDirectory() as folder:
        shops = measured.Shops(Path(folder), file and file.parent)
        found = measured.measure(cases, shops.open)
    if as_json:
        typer.echo(json.dumps({"shares": found.shares, "queries": found.counts}))
        return
    for failure in found.failures[:failures] if file is not None or part == "development" else ():
        case = failure.case
        typer.echo(f"[{case.shop}, {case.kind}] {case.query}")
        typer.echo(f"    wanted {list(case.expect)}; got {list(failure.found)}")
    typer.echo(measured.table(found))


def _heard(folder: Path, loaded: "Settings", noise_db: float | None) -> "Report":
    from voice_agent_cli.hearing import open_recognizer
    from voice_agent_cli.quality.recognition import Noise, score_orders, score_texts
    from voice_agent_cli.shop.shops import ensure_shop

    recognizer = open_recognizer(loaded, ensure_shop(loaded.data_dir, loaded.shop.name))
    score = score_orders if (folder / "labels.json").exists() else score_texts
    return score(folder, recognizer, None if noise_db is None else Noise("babble", noise_db))


def _step(bar: Any, _done: int) -> None:
    bar.update(1)


def _progress(length: int, label: str = "cases") -> Any:
    return typer.progressbar(length=length, label=label, file=typer.get_text_stream("stderr"))


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


def _print_table(title: str, rows: Mapping[str, Mapping[str, float | None]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    table.add_column("kind")
    for name in next(iter(rows.values())):
        table.add_column(name.replace("_", " "), justify="right")
    for kind, row in rows.items():
        table.add_row(kind, *(_figure(name, value) for name, value in row.items()))
    Console().print(table)


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return ""
    is_share = name.endswith(("right", "heard", "accepted", "rate", "carried"))
    return f"{value:.1%}" if is_share else f"{value:g}"
