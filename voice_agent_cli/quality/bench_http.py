"""A small HTTP client, so that what is measured is the server: fixed requests over kept connections."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

_CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What a route bore: requests a second, and how long one took, in ms."""

    requests_per_s: float
    median_ms: float
    p99_ms: float


async def bear(port: int, request: Callable[[int], bytes], seconds: float) -> Load:
    """Send ``request(n)`` over eight connections for ``seconds``, each after the answer to the last.

    Raises:
        ConnectionError: an answer was not 200.
    """
    took: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_keep_asking(port, request, until, took) for _ in range(_CONNECTIONS)))
    passed = time.perf_counter() - began
    took.sort()
    return Load(
        round(len(took) / passed, 1),
        round(statistics.median(took) * 1000, 2),
        round(took[len(took) * 99 // 100] * 1000, 2),
    )


async def _keep_asking(port: int, request: Callable[[int], bytes], until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(request(len(took)))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        took.append(time.perf_counter() - began)
    writer.close()
