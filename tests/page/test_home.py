"""Who gets a session from the page, and what the page is allowed to do."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from voice_agent_cli import settings
from voice_agent_cli.server.app import build
from voice_agent_cli.server.services import open_services


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from voice_agent_cli.shop.shops import ensure_shop

    folder = tmp_path_factory.mktemp("data")
    ensure_shop(folder)
    return folder


@pytest.fixture
async def home(data: Path, tmp_path: Path) -> AsyncIterator[Any]:
    """A client of the server, with ``api_key``."""
    shutil.copytree(data, tmp_path / "data")
    services = open_services(settings.load({"data_dir": str(tmp_path / "data")}))
    async with TestClient(TestServer(build(services))) as client:
        client.api_key = services.keys.create("test")[1]  # type: ignore[attr-defined]
        yield client


async def status(home: Any, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with home.post("/page/session", headers=named) as response:
        return int(response.status)


async def test_a_browser_beside_the_server_needs_no_key(home: Any) -> None:
    async with home.post("/page/session") as response:
        made = await response.json()
    assert set(made) == {"session_id", "token", "expires_at", "shop"}
    assert made["shop"] == "Alder Street Store"
    path = f"/api/sessions/{made['session_id']}"
    async with home.get(path, headers={"Authorization": f"Bearer {made['token']}"}) as response:
        assert response.status == 200


async def test_a_browser_from_elsewhere_does(home: Any) -> None:
    assert await status(home, Host="shop.example") == 401
    assert await status(home, X_Forwarded_For="203.0.113.5") == 401
    assert await status(home, Origin="https://other.example") == 401
    assert await status(home, Host="shop.example", Authorization=f"Bearer {home.api_key}") == 200
    assert await status(home, Authorization="Bearer va_wrong") == 401


async def test_the_token_of_a_session_opens_no_other(home: Any) -> None:
    async with home.post("/page/session") as response:
        token = (await response.json())["token"]
    assert await status(home, Authorization=f"Bearer {token}") == 403


async def test_sessions_from_one_address_are_limited(home: Any) -> None:
    assert [await status(home) for _ in range(11)] == [200] * 10 + [429]


async def test_the_page_may_load_from_its_own_server_only(home: Any) -> None:
    async with home.get("/") as response:
        policy = response.headers["Content-Security-Policy"]
        text = await response.text()
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "//" not in text
    for path in ("/page/page.js", "/page/page.css", "/page/icon.svg", "/page/sdk/browser.js"):
        async with home.get(path) as response:
            assert response.status == 200


async def test_a_product_without_a_picture_has_none(home: Any) -> None:
    for product in ("prod_marsh-lane-rain-jacket", "nothing"):
        async with home.get(f"/page/pictures/{product}") as response:
            assert response.status == 404
