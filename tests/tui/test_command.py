"""``voice-agent tui`` as a program in a terminal of its own."""

import os
import pty
import re
import resource
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from voice_agent_cli.cli.app import app
from voice_agent_cli.models import registry
from voice_agent_cli.settings import load

_STYLE = re.compile(rb"\x1b\[[\d;]*m")
COMMAND = [sys.executable, "-m", "voice_agent_cli.cli.app", "tui"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--text", "--demo"], "--text types"),
        (["--demo", "--url", "http://localhost:1"], "engine of its own"),
        (["--watch", "x"], "belong to --url"),
        (["--url", "http://localhost:1"], "VOICE_AGENT_API_KEY"),
        (["--url", "http://localhost:1", "--key-file", "nowhere"], "cannot be read"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VOICE_AGENT_API_KEY", raising=False)
    result = CliRunner().invoke(app, ["tui", *arguments])
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


class Terminal:
    """A program in a pseudo-terminal of 100 by 30."""

    def __init__(self, arguments: list[str], data_dir: Path, **more: str) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        variables = {
            "TERM": "xterm-256color",
            "COLUMNS": "100",
            "LINES": "30",
            "COLORTERM": "truecolor",
            **more,
        }
        self.began = time.monotonic()
        self.program = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**os.environ, "VOICE_AGENT_DATA_DIR": str(data_dir), **variables},
        )  # fmt: skip
        os.close(theirs)
        self.seen = b""

    def until(self, text: str, seconds: float) -> float:
        """Seconds of processor time that the program had used when ``text`` was on the screen."""
        ends = time.monotonic() + seconds
        while text not in _STYLE.sub(b"", self.seen).decode(errors="replace"):
            assert time.monotonic() < ends, f"{text!r} is not in {self.seen[-600:]!r}"
            if select.select([self._ours], [], [], 0.05)[0]:
                self.seen += os.read(self._ours, 65536)
        return self.processor_seconds()

    def rest(self, seconds: float) -> tuple[float, int]:
        """Processor seconds and bytes drawn while nothing happens."""
        before, drawn, ends = self.processor_seconds(), 0, time.monotonic() + seconds
        while time.monotonic() < ends:
            if select.select([self._ours], [], [], 0.2)[0]:
                drawn += len(os.read(self._ours, 65536))
        return self.processor_seconds() - before, drawn

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.program.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def finish(self) -> None:
        """Read to the end of a program that ends by itself with 0."""
        ends = time.monotonic() + 30
        while self.program.poll() is None:
            assert time.monotonic() < ends
            if select.select([self._ours], [], [], 0.05)[0]:
                with suppress(OSError):  # the other end is closed
                    self.seen += os.read(self._ours, 65536)
        with suppress(OSError):
            self.seen += os.read(self._ours, 65536)
        assert self.program.returncode == 0

    def close(self) -> None:
        if self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        os.close(self._ours)


@pytest.fixture
def ready(tmp_path: Path) -> None:
    """Settings with a data directory of this test's own; skips where the models are not here."""
    settings = load({"data_dir": str(tmp_path)})
    for name in (settings.understanding.model, settings.speaking.voice):
        if registry.state(registry.find(name), settings.models_dir) != "ready":
            pytest.skip(f"{name} is not here")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Any]:
    opened: list[Terminal] = []

    def start(*arguments: str, **more: str) -> Terminal:
        opened.append(Terminal(list(arguments), tmp_path, **more))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def toolkit_s() -> float:
    """Processor time that loading the toolkit alone takes here, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import textual.app, textual.widgets"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
@pytest.mark.usefixtures("ready")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is read from /proc")
def test_it_starts_within_a_second_rests_at_two_per_cent_and_leaves_the_terminal_whole(
    terminal: Any,
) -> None:
    """In processor time, and on a slow processor in that of its toolkit: the machine must not decide it."""
    shown = terminal("--text")
    assert shown.until("Nothing was said yet", 60) < max(1.0, 3 * toolkit_s())
    shown.until("● model", 120)
    time.sleep(3.0)  # what was just loaded settles
    shown.rest(0.5)
    used, drawn = shown.rest(10.0)
    assert used / 10.0 <= 0.02
    assert drawn < 4000, "a screen on which nothing happens is not drawn again and again"
    shown.press("q")
    shown.finish()
    assert b"\x1b[?1049l" in shown.seen, "the terminal is itself again"
    assert b"Traceback" not in shown.seen
    assert b"llama" not in shown.seen, "what engines print goes to the log"


@pytest.mark.slow
@pytest.mark.usefixtures("ready")
def test_without_colour_no_colour_is_sent(terminal: Any) -> None:
    shown = terminal("--text", NO_COLOR="1")
    shown.until("Nothing was said yet", 60)
    colours = {match[1] for match in re.finditer(rb"\x1b\[[\d;]*?38;2;(\d+;\d+;\d+)", shown.seen)}
    assert all(len(set(colour.split(b";"))) == 1 for colour in colours), "greys only"
