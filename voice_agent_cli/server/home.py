"""``/``: a page to shop by voice in a browser. It loads nothing from anywhere else."""

import ipaddress
import re
from pathlib import Path

from aiohttp import hdrs, web
from pydantic import Field

from voice_agent_cli.server.endpoint import Call, Endpoint
from voice_agent_cli.server.faults import UnauthorizedError
from voice_agent_cli.server.pictures import Pictures
from voice_agent_cli.server.schemas import CreatedSession, NewSession
from voice_agent_cli.server.services import SERVICES
from voice_agent_cli.server.sessions import create_session
from voice_agent_cli.settings import shipped
from voice_agent_cli.shop.shop import Shop

PAGE = Path(__file__).parent / "page"
SDK = "sdk/javascript/src"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


class PageSession(CreatedSession):
    """A session for the page, and the name to show above it."""

    shop: str = Field(description="The shop's own name.")


async def page_session(call: Call) -> PageSession:
    """A session for the page: for holders of an API key, and for a browser on the server's own machine."""
    if hdrs.AUTHORIZATION in call.request.headers:
        call.services.gate.identify(call.request).check_opens_everything()
    elif call.services.settings.server.trust_proxy or not _is_on_this_machine(call.request):
        raise UnauthorizedError("this page needs an API key here; voice-agent keys create NAME makes one")
    call.body = NewSession(user_id=None, metadata={"source": "page"})
    made = await create_session(call)
    shop = await call.services.counter.serve("", None, _shop_name)
    return PageSession(**made.model_dump(), shop=shop or call.services.settings.shop.name)


def add_home(app: web.Application) -> None:
    """Serve the page at ``/`` and what it needs under ``/page/``."""
    session = Endpoint("POST", "/page/session", "", page_session, PageSession, "page", access="open")
    app.router.add_get("/", _index)
    app.router.add_post(session.path, session.serve)
    app.router.add_get("/page/pictures/{product_id}", Pictures(app[SERVICES].counter).serve)
    app.router.add_static("/page/sdk", shipped(SDK))
    app.router.add_static("/page", PAGE)


async def _index(request: web.Request) -> web.FileResponse:
    # Not every browser takes 'self' to include the page's own WebSocket.
    host = request.host if _HOST.fullmatch(request.host) else ""
    sockets = f"ws://{host} wss://{host}" if host else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return web.FileResponse(
        PAGE / "index.html",
        headers={
            "Content-Security-Policy": policy,
            "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
        },
    )


def _is_on_this_machine(request: web.Request) -> bool:
    """Whether a browser here asks, for this page: not a proxy, another site, or a name that was rebound."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    name = re.sub(r":\d+$", "", request.host)
    origin = request.headers.get(hdrs.ORIGIN)
    if name not in _LOCAL_NAMES or (origin and origin.partition("://")[2] != request.host):
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def _shop_name(shop: Shop) -> str | None:
    return shop.catalogue.fact("name")
