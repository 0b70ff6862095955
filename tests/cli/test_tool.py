"""``voice-agent tool``: every tool as a command, its options from its schema."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from voice_agent_cli.cli.app import app
from voice_agent_cli.tools import registry


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def settings(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(data_dir))
    monkeypatch.setenv("VOICE_AGENT_MODELS_DIR", str(data_dir / "models"))


def tool(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tool", *arguments])


def as_json(*arguments: str) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(tool(*arguments, "--json").stdout)
    return message


def test_no_name_lists_every_tool() -> None:
    listed = tool().stdout
    assert all(name in listed for name in registry.names())
    assert {entry["name"] for entry in json.loads(tool("--json").stdout)} == set(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_help_offers_every_argument_of_the_schema_and_an_example(name: str) -> None:
    shown = tool(name, "--help").stdout
    for field in registry.schema(name)["properties"]:
        assert f"--{field.replace('_', '-')}" in shown
    assert f"voice-agent tool {name}" in " ".join(shown.split())


def test_a_search_prints_one_json_object_of_the_documented_form() -> None:
    message = as_json("search_products", "rain jacket", "--max-price", "130", "--exclude", "leather")
    assert set(message) == {"tool", "arguments", "success", "result", "duration_ms"}
    assert message["arguments"] == {"query": "rain jacket", "max_price": "130", "exclude": ["leather"]}
    assert message["result"]["products"]


def test_the_cart_is_there_at_the_next_call_of_the_same_session() -> None:
    added = as_json("add_to_cart", "Marsh Lane Rain Jacket", "--size", "medium", "--option", "color=olive")
    assert added["result"]["line"]["options"] == {"size": "M", "color": "Olive"}
    assert as_json("view_cart")["result"]["cart"]["count"] == 1
    assert as_json("view_cart", "--session", "other")["result"]["cart"]["count"] == 0
    assert "Marsh Lane" in tool("view_cart").stdout


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["add_to_cart", "1", "--quantity", "0"], "quantity"),
        (["add_to_cart", "1", "--quantity", "many"], "quantity"),
        (["search_products", "--max-price", "cheap"], "max_price"),
        (["search_products", "--sort", "best"], "sort"),
        (["add_to_cart"], "product"),
    ],
)
def test_a_wrong_argument_is_named_and_exits_with_2(arguments: list[str], field: str) -> None:
    assert as_json(*arguments)["error"]["details"]["field"] == field
    plain = tool(*arguments)
    assert plain.exit_code == 2
    assert plain.stderr.startswith(f"voice-agent: {field}")


def test_an_option_without_a_value_is_explained() -> None:
    result = tool("add_to_cart", "1", "--option", "milk")
    assert result.exit_code == 2
    assert "NAME=VALUE" in result.stderr


def test_a_tool_is_run_without_loading_a_model_or_an_audio_library(data_dir: Path) -> None:
    tool("view_cart")  # the sample shop is made
    program = (
        "import sys; from voice_agent_cli.cli.app import app\n"
        "try: app(['tool', 'search_products', 'rain jacket'])\n"
        "except SystemExit: print(sorted(sys.modules))"
    )
    environment = {"VOICE_AGENT_DATA_DIR": str(data_dir), "PATH": ""}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert "Marsh Lane" in ran.stdout
    for heavy in ("onnxruntime", "llama_cpp", "vosk", "sounddevice", "piper"):
        assert f"'{heavy}'" not in ran.stdout


def test_an_unknown_tool_exits_with_2() -> None:
    assert tool("fly_to_moon").exit_code == 2
