"""``voice-agent serve``: the REST and WebSocket API."""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_agent_cli import settings

if TYPE_CHECKING:
    from voice_agent_cli.server.services import Services
    from voice_agent_cli.settings import Settings

_WORKER = "VOICE_AGENT_WORKER"
_MOST_WORKERS = 64


def command(
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port; 0 = any free one.")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=_MOST_WORKERS, help="Processes; each loads the models.")
    ] = 1,
    data_dir: Annotated[Path | None, typer.Option(help="Where shops, sessions and keys are kept.")] = None,
) -> None:
    """Serve the documented API until it is told to stop; then let sentences finish.

    Prints its URL and, at the very first start, an API key. The log goes to standard error.

    Example: voice-agent serve --port 8000
    """
    flags = {"server.host": host, "server.port": port, "data_dir": data_dir and str(data_dir)}
    loaded = settings.load(flags)
    if workers > 1:
        from voice_agent_cli.server.workers import supervise

        _show_first_key(loaded)
        raise typer.Exit(supervise(loaded, workers, _WORKER, _show_url))
    _serve(loaded, is_worker=_WORKER in os.environ)


def _serve(loaded: "Settings", is_worker: bool) -> None:
    import asyncio

    from voice_agent_cli.server.logs import log_to_stderr
    from voice_agent_cli.server.services import open_services

    log_to_stderr(loaded.log_level)
    services = open_services(loaded, shared=is_worker)
    if not is_worker:
        _show_first_key(loaded)
    asyncio.run(_until_stopped(services, is_worker))


async def _until_stopped(services: "Services", is_worker: bool) -> None:
    import asyncio

    from voice_agent_cli.server.app import run

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = services.settings.server
    await run(services, server.host, server.port, shared_port=is_worker, stop=stop, ready=_show_url)


def _show_first_key(loaded: "Settings") -> None:
    """At the very first start there is nobody with a key yet."""
    from voice_agent_cli.storage.keys import Keys

    keys = Keys(loaded.data_dir)
    if not keys.all():
        _, secret = keys.create("first")
        typer.echo(f"API key, shown this once: {secret}")
    keys.close()


def _show_url(url: str) -> None:
    typer.echo(f"Serving {url} (documentation: {url}/docs)")
    sys.stdout.flush()
