"""What was said of a slot becomes the tools' argument."""

import pytest

from voice_agent_cli.understanding.arguments import whole_codes
from voice_agent_cli.understanding.language import parse


@pytest.mark.parametrize(
    ("said", "written", "code"),
    [
        ("apply orion 20", "Discount Code 20", "orion 20"),
        ("use the code 20", "Discount Code 20", "20"),
        ("take 10 off with cosy 15", "Discount Code 15", "cosy 15"),
        ("spring 20 please", "Discount Code spring 20", "spring 20"),
        ("20", "Discount Code 20", "20"),
    ],
)
def test_a_code_that_ends_in_a_number_keeps_its_word(said: str, written: str, code: str) -> None:
    (phrase,) = whole_codes(parse(written), said.split())
    assert phrase.values("Code") == (code,)
