import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from voice_agent_cli.cli import models as command
from voice_agent_cli.cli.app import app
from voice_agent_cli.models import registry
from voice_agent_cli.models.fetch import UnreachableError
from voice_agent_cli.models.registry import Model


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICE_AGENT_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["models", *arguments])
    return result.exit_code, result.stdout, result.stderr


def fake_pull(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Model], bool]) -> list[str]:
    asked: list[str] = []

    def pull(model: Model, *_: object) -> bool:
        asked.append(model.name)
        return answer(model)

    monkeypatch.setattr(command.pulling, "pull", pull)
    return asked


def test_list_shows_purpose_size_licence_checksum_and_state() -> None:
    rows = {row["name"]: row for row in json.loads(run("list", "--json")[1])}
    llm = rows["smollm2-135m"]
    assert (llm["purpose"], llm["bytes"], llm["licence"], llm["state"]) == (
        "understanding",
        98362432,
        "Apache-2.0",
        "absent",
    )
    assert len(llm["files"][0]["sha256"]) == 64
    lines = run("list")[1].splitlines()
    assert len(lines) == len(rows)
    assert lines[0].startswith("* smollm2-135m")


def test_pull_without_names_takes_the_default_ones_and_says_nothing_of_what_is_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = fake_pull(monkeypatch, lambda _: False)
    assert run("pull") == (0, "", "")
    assert asked == [model.name for model in registry.models() if model.default != "no"]


def test_a_model_that_is_only_tried_does_not_fail_the_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(model: Model) -> bool:
        if model.default == "try":
            raise UnreachableError("no answer")
        return False

    fake_pull(monkeypatch, answer)
    code, _, said = run("pull")
    assert code == 0
    assert said.count("\n") == 1
    assert "voice-agent models pull vosk-en" in said


def test_pulling_it_by_name_where_it_cannot_be_reached_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_: Model) -> bool:
        raise UnreachableError("no answer")

    fake_pull(monkeypatch, answer)
    assert run("pull", "vosk-en") == (1, "", "voice-agent: no answer\n")


def test_an_unknown_name_pulls_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fake_pull(monkeypatch, lambda _: True)
    code, _, said = run("pull", "smollm2-135m", "gpt-99")
    assert code == 1
    assert "no model is called gpt-99" in said
    assert asked == []


def test_verify_fails_for_a_damaged_model_and_names_it(folder: Path) -> None:
    (folder / "smollm2-135m").mkdir(parents=True)
    code, table, said = run("verify")
    assert code == 1
    assert "damaged" in table
    assert "pull NAME" in said


def test_verify_with_nothing_pulled_checks_only_what_is_shipped() -> None:
    code, _, _ = run("verify")
    assert code == 0


def test_remove_deletes_what_was_pulled(folder: Path) -> None:
    (folder / "vosk-ko").mkdir(parents=True)
    assert run("remove", "vosk-ko")[2] == "vosk-ko removed\n"
    assert not (folder / "vosk-ko").exists()
    assert run("remove", "vosk-ko")[2] == "vosk-ko was not here\n"
