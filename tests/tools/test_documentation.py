"""docs/tools.md says what the schemas say."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_tools_is_what_the_schemas_give() -> None:
    written = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "scripts" / "document_tools"))["page"]()
    assert written == made, "type: .venv/bin/python scripts/document_tools"
