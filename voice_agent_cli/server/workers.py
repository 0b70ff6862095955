"""Several server processes on one port, and the one that looks after them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from voice_agent_cli.errors import UsageError
from voice_agent_cli.server.limits import FILE as LIMITS
from voice_agent_cli.settings import Settings
from voice_agent_cli.shop.shops import ensure_shop

Process = subprocess.Popen[bytes]


def supervise(settings: Settings, count: int, mark: str, ready: Callable[[str], None]) -> int:
    """Run ``count`` workers until one fails or a signal comes; the exit status.

    ``mark`` is the environment variable that makes ``serve`` a worker; ``ready`` is
    told the URL when all of them serve.
    """
    ensure_shop(settings.data_dir, settings.shop.name)
    for stale in settings.data_dir.glob(f"{LIMITS}*"):
        stale.unlink()
    host = settings.server.host
    with _reserve(host, settings.server.port) as reserved:
        port = reserved.getsockname()[1]
        workers = [_start(settings, host, port, mark) for _ in range(count)]

        stopping = False

        def stop(_: int, __: FrameType | None) -> None:
            nonlocal stopping
            stopping = True
            _terminate(workers)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if all(_is_ready(worker) for worker in workers):
            ready(f"http://{host}:{port}")
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if not stopping:  # one ended by itself; a second signal would cut off those that are ending
            _terminate(workers)
        return int(any([worker.wait() for worker in workers]))


def _reserve(host: str, port: int) -> socket.socket:
    """Hold the port without listening, so that every worker gets the same one."""
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        raise UsageError(
            f"cannot listen on {host}:{port} ({error.strerror}); give another --port or --host",
            {"field": "server.port"},
        ) from error
    return reserved


def _start(settings: Settings, host: str, port: int, mark: str) -> Process:
    flags = ["--host", host, "--port", str(port), "--data-dir", str(settings.data_dir)]
    return subprocess.Popen(
        [sys.executable, "-m", "voice_agent_cli.cli.app", "serve", *flags],
        stdout=subprocess.PIPE,
        env={**os.environ, mark: "1"},
        start_new_session=True,  # Ctrl-C comes to the supervisor alone, which passes it on once
    )


def _is_ready(worker: Process) -> bool:
    assert worker.stdout is not None
    return bool(worker.stdout.readline())


def _terminate(workers: Sequence[Process]) -> None:
    for worker in workers:
        worker.terminate()
