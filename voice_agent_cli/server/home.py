"""``/``: the page that ``server/page`` holds, and the files beside it."""

from pathlib import Path

from aiohttp import web

PAGE = Path(__file__).parent / "page"


def add_home(app: web.Application) -> None:
    """Serve ``page/index.html`` at ``/`` and what it needs under ``/page/``."""
    if not (PAGE / "index.html").exists():  # an installation without the page has the API alone
        return
    app.router.add_get("/", _index)
    app.router.add_static("/page", PAGE)


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")
