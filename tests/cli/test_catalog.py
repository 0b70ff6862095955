import json

import pytest
from typer.testing import CliRunner

from voice_agent_cli.cli.app import app
from voice_agent_cli.shop import meaning

FEED = (
    "Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant Price\n"
    "mug,Blue Mug,Holds tea,Size,S,5\nmug,,,,L,6\njug,Jug,,Size,One,free\n"
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VOICE_AGENT_MODELS_DIR", str(tmp_path / "no-models"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    meaning.shipped_model.cache_clear()  # another test of this process may have loaded it
    (tmp_path / "feed.csv").write_text(FEED)
    (tmp_path / "empty.csv").write_text("hello")

    def run(line, code=0):
        arguments = [part.replace("FEED", str(tmp_path / "feed.csv")) for part in line.split()]
        arguments = [part.replace("TMP", str(tmp_path)) for part in arguments]
        result = CliRunner().invoke(app, ["catalog", *arguments])
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_an_import_says_what_became_of_each_product_and_names_broken_rows(run):
    output = run("import FEED --shop mine")
    assert "Shopify CSV: 1 added, 0 changed, 0 unchanged, 0 gone" in output
    assert "line 4, variant price: 'free' is not a price" in output
    assert "no search by meaning yet" in output


def test_a_second_import_changes_nothing_as_json_says(run):
    run("import FEED --shop mine --no-vectors")
    report = json.loads(run("import FEED --shop mine --no-vectors --json"))
    assert (report["added"], report["changed"], report["unchanged"], report["gone"]) == (0, 0, 1, 0)
    assert report["problems"] == [
        {"line": 4, "column": "variant price", "reason": "'free' is not a price", "product": "jug"}
    ]


def test_what_is_exported_is_imported_unchanged(run, tmp_path):
    run("import FEED --shop mine --no-vectors")
    run("export TMP/out.jsonl --shop mine")
    assert run("export --shop mine") == (tmp_path / "out.jsonl").read_text()
    report = json.loads(run("import TMP/out.jsonl --shop mine --no-vectors --json"))
    assert (report["format"], report["unchanged"]) == ("JSON", 1)


def test_a_title_cannot_move_the_terminals_cursor(run, tmp_path):
    (tmp_path / "feed.csv").write_text(FEED.replace("Blue Mug", "Blue\x1b[2J Mug"))
    lines = ("import FEED --shop mine --no-vectors", "list --shop mine", "show mug --shop mine")
    outputs = [run(line) for line in lines]
    assert all("Blue [2J Mug" in output and "\x1b" not in output for output in outputs)


def test_list_and_show_are_for_people_and_for_programs(run):
    run("import FEED --shop mine --no-vectors")
    assert run("list --shop mine") == "mug  Blue Mug  5.00 USD\n"
    assert json.loads(run("list --shop mine --json"))["products"][0]["id"] == "mug"
    assert "L: 6.00 USD, in stock" in run("show mug --shop mine")
    assert json.loads(run("show mug --shop mine --json"))["title"] == "Blue Mug"


def test_the_sample_shop_is_there_at_first_use(run):
    assert json.loads(run("list --json --limit 1"))["total_count"] >= 300


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("import TMP/nothing.csv --shop mine", 1),
        ("import TMP/empty.csv --shop mine", 2),
        ("import FEED --shop ../up", 2),
        ("list --shop nowhere", 1),
        ("show nothing", 1),
        ("list --limit 0", 2),
        ("import", 2),
    ],
)
def test_mistakes_end_with_one_line_and_the_right_code(run, line, code):
    run(line, code)
