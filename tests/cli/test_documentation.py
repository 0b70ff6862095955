"""docs/commands.md and the README's table say what the commands say."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOW = "type: .venv/bin/python scripts/document_commands"


def test_the_page_of_the_commands_is_what_the_commands_give() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "document_commands"))["page"]()
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == made, HOW


def test_the_table_in_the_readme_is_what_the_commands_give() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "document_commands"))["readme"]()
    assert (ROOT / "README.md").read_text(encoding="utf-8") == made, HOW
