"""The least that aiohttp can do: one fixed JSON answer. What a server's own work is measured against."""

import asyncio
import sys

from aiohttp import web


async def serve(body: bytes) -> None:
    """Answer every GET with ``body`` on a free port, which is printed, until killed."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.stdin.buffer.read()))
