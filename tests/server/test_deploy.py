"""What is deployed names settings and commands that exist; what is documented runs as it stands."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from voice_agent_cli import settings
from voice_agent_cli.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
FILES = ("deploy/voice-agent.service", "deploy/Dockerfile", "docs/operating.md", "docs/api.md")


@pytest.mark.parametrize("name", FILES)
def test_every_variable_and_command_that_is_named_exists(name: str) -> None:
    text = (ROOT / name).read_text()
    known = {settings.variable(key) for key in settings.load().values()}
    known |= {settings.variable("server.jwt_secret")}
    assert set(re.findall(r"VOICE_AGENT_[A-Z_]+", text)) <= known
    assert set(re.findall(r"bin/voice-agent ([a-z]+)|`voice-agent ([a-z]+)", text)) <= {
        pair for command in COMMANDS for pair in ((command, ""), ("", command))
    }


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "voice-agent.service").read_text()
    unit = tmp_path / "voice-agent.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    told = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    ).stderr
    assert "voice-agent.service" not in told


def documents(text: str) -> Iterator[Any]:
    """JSON documents that stand one after the other."""
    while text := text.lstrip():
        document, end = json.JSONDecoder().raw_decode(text)
        yield document
        text = text[end:]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
def test_the_documented_walk_with_curl_works_as_it_stands(start_process: Callable[..., Any]) -> None:
    process = start_process()
    walk = (ROOT / "docs" / "api.md").read_text().split("with curl\n\n```\n")[1].split("\n```")[0]
    walk = walk.replace("va_…", process.api_key).replace("http://127.0.0.1:8000", process.url)
    done = subprocess.run(["bash", "-euc", walk], capture_output=True, text=True, check=True)
    answers = list(documents(done.stdout))
    assert not [answer for answer in answers if answer.get("error")]
    health, made, _, tool, event, session, numbers, ended = answers
    assert health["checks"]["api"] == "healthy"
    assert made["session_id"] == session["session_id"] == numbers["session_id"]
    assert tool["tool"] == "search_products"
    assert event["event_id"].startswith("evt_")
    assert ended["message"] == "Session ended successfully"
