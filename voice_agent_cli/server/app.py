"""The server: its routes, its start, and an end that lets sentences finish."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from voice_agent_cli.errors import UsageError
from voice_agent_cli.server import analytics, health, products, sessions, testing, voice
from voice_agent_cli.server.documents import add_documents
from voice_agent_cli.server.endpoint import MOST_BYTES, Endpoint
from voice_agent_cli.server.home import add_home
from voice_agent_cli.server.live import keep_house
from voice_agent_cli.server.middleware import cross_origin, in_form, watched
from voice_agent_cli.server.protocol import FormedRunner
from voice_agent_cli.server.services import SERVICES, Services

_SHUTDOWN_S = 5.0


def endpoints() -> tuple[Endpoint, ...]:
    """Every REST route, in the order of its documentation."""
    return (
        *health.ENDPOINTS,
        *sessions.ENDPOINTS,
        *products.ENDPOINTS,
        *analytics.ENDPOINTS,
        *testing.endpoints(),
    )


def build(services: Services) -> web.Application:
    """The application; it closes ``services`` when it ends."""
    cors = services.settings.server.cors_origins
    app = web.Application(
        middlewares=[watched, *([cross_origin(cors)] if cors else []), in_form], client_max_size=MOST_BYTES
    )
    app[SERVICES] = services
    routes = endpoints()
    for endpoint in routes:
        app.router.add_route(endpoint.method, endpoint.path, endpoint.serve)
    app.router.add_route("GET", voice.PATH, voice.voice_session)
    add_documents(app, routes)
    add_home(app)
    app.cleanup_ctx.append(_housekeeping)
    app.on_shutdown.append(_say_goodbye)
    return app


async def run(
    services: Services,
    host: str,
    port: int,
    *,
    shared_port: bool = False,
    stop: asyncio.Event,
    ready: Callable[[str], None],
) -> None:
    """Serve until ``stop``; ``ready`` is told the URL. What is being said is said to its end.

    Raises:
        UsageError: the address cannot be used.
    """
    runner = FormedRunner(build(services), shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, reuse_port=shared_port or None)
        try:
            await site.start()
        except OSError as error:
            raise UsageError(
                f"cannot listen on {host}:{port} ({error.strerror or error}); give another --port or --host",
                {"field": "server.port"},
            ) from error
        services.conversations.preload()
        bound = runner.addresses[0][1]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{bound}")
        await stop.wait()
    finally:
        await runner.cleanup()


async def _housekeeping(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_house(app[SERVICES]))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await app[SERVICES].live.all_gone()
    app[SERVICES].close()


async def _say_goodbye(app: web.Application) -> None:
    await asyncio.gather(*(connection.leave("shutdown") for connection in app[SERVICES].live))
