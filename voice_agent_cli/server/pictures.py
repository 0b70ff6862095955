"""Product pictures, fetched by the server: a page that loads them tells no other site who looks at what.

Only what the catalogue names is fetched, over http or https, from public addresses,
as a bitmap of at most 4 MiB.
"""

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from voice_agent_cli.errors import NotFoundError
from voice_agent_cli.server.services import ShopCounter
from voice_agent_cli.shop.shop import Shop

_MOST_BYTES = 4 * 1024 * 1024
_KEPT_BYTES = 64 * 1024 * 1024
_AT_ONCE = 4
_TIMEOUT_S = 10.0
_BITMAPS = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")  # an SVG can hold programs


@dataclass(frozen=True)
class Picture:
    data: bytes
    content_type: str


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


class GuardedResolver(AbstractResolver):
    """Names to allowed addresses only: a catalogue must not make the server look into its own network."""

    def __init__(self, is_allowed: Callable[[str], bool]) -> None:
        self._is_allowed = is_allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        resolver = aiohttp.ThreadedResolver()
        allowed = [one for one in await resolver.resolve(host, port, family) if self._is_allowed(one["host"])]
        if not allowed:
            raise OSError(f"{host} has no allowed address")
        return allowed

    async def close(self) -> None:
        pass


class Pictures:
    """The first picture of each product; the last ones shown are kept in memory."""

    def __init__(self, counter: ShopCounter) -> None:
        self._counter = counter
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer ``/page/pictures/{product_id}``; 404 where there is none to be had."""
        url = await self._counter.serve("", None, _first_picture(request.match_info["product_id"]))
        picture = await self._picture(url) if url else None
        if picture is None:
            raise NotFoundError("there is no picture of this product")
        return web.Response(
            body=picture.data,
            content_type=picture.content_type,
            headers={"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"},
        )

    async def _picture(self, url: str) -> Picture | None:
        async with self._gate:
            if url in self._kept:
                self._kept.move_to_end(url)
                return self._kept[url]
            picture = await fetch(url)
        if picture is not None:
            self._kept[url] = picture
            while sum(len(one.data) for one in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)
        return picture


async def fetch(url: str, is_allowed: Callable[[str], bool] = is_public) -> Picture | None:
    """The bitmap at ``url``, or None: it cannot be had, is none, or is too large.

    ``is_allowed`` tells of an IP address whether it may be connected to.
    """
    parts = urlsplit(url)
    literal = parts.hostname or ""
    if parts.scheme not in ("http", "https") or (_is_address(literal) and not is_allowed(literal)):
        return None
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(is_allowed))
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)
            ) as session,
            # A redirect could lead anywhere; a shop's own pictures need none.
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200 or response.content_type not in _BITMAPS:
                return None
            data = await response.content.read(_MOST_BYTES + 1)
            while len(data) <= _MOST_BYTES and (more := await response.content.read(_MOST_BYTES)):
                data += more
            return Picture(data, response.content_type) if len(data) <= _MOST_BYTES else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _first_picture(product_id: str) -> Callable[[Shop], str | None]:
    def look(shop: Shop) -> str | None:
        product = shop.catalogue.get(product_id)
        return product.images[0] if product and product.images else None

    return look
