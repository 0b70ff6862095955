"""What the server fetches for the page, and what it does not."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from voice_agent_cli.server.pictures import fetch, is_public

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
async def elsewhere() -> AsyncIterator[TestServer]:
    """Another host: a picture, a drawing that could hold a program, a huge one, a way round."""

    def answer(body: bytes, content_type: str) -> web.Response:
        return web.Response(body=body, content_type=content_type)

    async def picture(_: web.Request) -> web.Response:
        return answer(PNG, "image/png")

    async def drawing(_: web.Request) -> web.Response:
        return answer(b"<svg/>", "image/svg+xml")

    async def huge(_: web.Request) -> web.Response:
        return answer(bytes(5 * 1024 * 1024), "image/png")

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPFound("/picture.png")

    app = web.Application()
    routes = {"picture.png": picture, "drawing.svg": drawing, "huge.png": huge, "moved.png": moved}
    for name, handler in routes.items():
        app.router.add_get(f"/{name}", handler)
    async with TestServer(app) as server:
        yield server


def everywhere(_: str) -> bool:
    return True


async def test_a_bitmap_is_fetched_as_it_is(elsewhere: TestServer) -> None:
    for host in ("127.0.0.1", "localhost"):
        found = await fetch(f"http://{host}:{elsewhere.port}/picture.png", everywhere)
        assert found is not None
        assert (found.data, found.content_type) == (PNG, "image/png")


@pytest.mark.parametrize("name", ["drawing.svg", "huge.png", "moved.png", "absent.png"])
async def test_what_is_no_small_bitmap_is_left_out(elsewhere: TestServer, name: str) -> None:
    assert await fetch(f"http://127.0.0.1:{elsewhere.port}/{name}", everywhere) is None


async def test_a_catalogue_cannot_make_the_server_look_into_its_own_network(elsewhere: TestServer) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert await fetch(f"http://{host}:{elsewhere.port}/picture.png") is None
    assert await fetch("file:///etc/hostname") is None
    assert await fetch("not a url") is None


def test_only_addresses_of_the_internet_are_public() -> None:
    for address in (
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "127.0.0.1",
        "::1",
        "fe80::1%eth0",
        "0.0.0.0",
    ):
        assert not is_public(address)
    assert is_public("93.184.215.14")
