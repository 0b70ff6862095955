"""Ctrl-C at the prompt of a real terminal ends the conversation cleanly, and the session is kept."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from voice_agent_cli.settings import Settings
from voice_agent_cli.storage.sessions import Sessions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def read_until(terminal: int, text: bytes, seconds: float) -> bytes:
    seen, ends = b"", time.monotonic() + seconds
    while text not in seen and time.monotonic() < ends:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096)
    return seen


def test_control_c_ends_a_typed_conversation_with_its_record_kept(private: Settings) -> None:
    ours, theirs = pty.openpty()
    talk = subprocess.Popen(
        [sys.executable, "-m", "voice_agent_cli.cli.app", "talk", "--text"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "VOICE_AGENT_DATA_DIR": str(private.data_dir), "TERM": "xterm"},
    )
    assert b"> " in read_until(ours, b"> ", 60)
    os.write(ours, b"read me my cart\n")
    assert b"Agent" in read_until(ours, b"Agent", 60)
    time.sleep(1.0)
    talk.send_signal(signal.SIGINT)
    rest = read_until(ours, b"resume it with --session", 15)
    assert talk.wait(15) == 0
    assert b"Traceback" not in rest
    (session,) = Sessions(private.data_dir).recent()
    assert session.status == "ended"
    assert session.message_count == 2
