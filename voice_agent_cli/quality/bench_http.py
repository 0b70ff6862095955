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


class Route:
    """A route that is asked ``request(n)`` for the n-th time, over eight connections."""

    def __init__(self, port: int, request: Callable[[int], bytes]) -> None:
        self._port = port
        self._request = request
        self._took: list[float] = []
        self._passed = 0.0

    async def bear(self, seconds: float) -> None:
        """Ask for ``seconds``, on each connection after the answer to the last.

        Raises:
            ConnectionError: an answer was not 200.
        """
        began = time.perf_counter()
        await asyncio.gather(*(self._keep_asking(began + seconds) for _ in range(_CONNECTIONS)))
        self._passed += time.perf_counter() - began

    def load(self) -> Load:
        """What it bore in all."""
        took = sorted(self._took)
        return Load(
            round(len(took) / self._passed, 1),
            round(statistics.median(took) * 1000, 2),
            round(took[len(took) * 99 // 100] * 1000, 2),
        )

    async def _keep_asking(self, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while (began := time.perf_counter()) < until:
            writer.write(self._request(len(self._took)))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(head.split(b"\r\n")[0].decode())
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            self._took.append(time.perf_counter() - began)
        writer.close()
