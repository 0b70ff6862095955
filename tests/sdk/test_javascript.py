"""The JavaScript SDK: its own tests, run by Node, and the printed example against a real server."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SDK = Path(__file__).parents[2] / "sdk" / "javascript"


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.fail("node is missing; type: sudo apt-get install -y nodejs (scripts/test does, as root)")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip("v\n").partition(".")[0]) < 18:
        pytest.fail(f"node {version.strip()} is too old; 18 runs these tests, 20 is what the SDK is for")
    return found


def run_node(node: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node, *map(str, arguments)],
        cwd=SDK,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_needs_no_server_passes_its_own_tests(node: str) -> None:
    done = run_node(node, "--test", "test/units.test.mjs")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_against_a_real_server_it_passes_its_own_tests(
    node: str, server: Any, loud: bytes, tmp_path: Path
) -> None:
    (tmp_path / "speech.pcm").write_bytes(loud)
    done = run_node(
        node,
        "--test",
        "test/server.test.mjs",
        VOICE_AGENT_URL=server.url,
        VOICE_AGENT_API_KEY=server.api_key,
        VOICE_AGENT_AUDIO=str(tmp_path / "speech.pcm"),
    )
    assert done.returncode == 0, done.stdout


def test_the_example_of_the_api_documentation_runs_as_printed(
    node: str, server: Any, loud: bytes, tmp_path: Path
) -> None:
    (tmp_path / "speech.pcm").write_bytes(loud)
    printed = (SDK / "examples" / "as-printed.mjs").read_text()
    printed = printed.replace("your-api-key", server.api_key)
    printed = printed.replace("https://api.voice-agent.com", server.url)
    given = "const audioBuffer = (await import('node:fs')).readFileSync(process.env.VOICE_AGENT_AUDIO);\n"
    program = SDK / "examples" / f"as-printed-{os.getpid()}.mjs"  # its import resolves inside the package
    program.write_text(given + printed)
    try:
        done = run_node(node, program, VOICE_AGENT_AUDIO=str(tmp_path / "speech.pcm"))
    finally:
        program.unlink()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said, answered = done.stdout.splitlines()
    assert said == "User said: find trowel"
    assert answered.startswith("Agent: ")
