"""A fake download server on this machine, and models that it offers."""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from voice_agent_cli.models.registry import Model, ModelFile


class FakeServer:
    """Serves ``content`` by path, with ranges; its faults are set by a test."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.ranges: list[str | None] = []
        self.break_off_after: int | None = None
        self.knows_ranges = True
        self.hold = threading.Event()
        self.hold.set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._http.serve_forever, args=[0.01], daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/{path}"

    def close(self) -> None:
        self.hold.set()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        body = self.content.get(request.path.lstrip("/"))
        if body is None:
            request.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.knows_ranges else 0  # type: ignore[index]
        if start >= len(body):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        self.hold.wait(10)
        request.wfile.write(
            body[start:] if self.break_off_after is None else body[start : self.break_off_after]
        )


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.close()


def make_model(name: str, *files: ModelFile) -> Model:
    return Model(
        name=name, purpose="understanding", about="a fake", licence="CC0-1.0", default="no", files=files
    )


@pytest.fixture
def offer(server: FakeServer) -> Callable[..., Model]:
    """``offer("name", b"bytes")`` puts a one-file model on the server."""

    def make(name: str, body: bytes) -> Model:
        server.content[f"{name}.gguf"] = body
        file = ModelFile(
            path=f"{name}.gguf",
            source=server.url(f"{name}.gguf"),
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
        )
        return make_model(name, file)

    return make


@pytest.fixture
def offer_archive(server: FakeServer) -> Callable[..., Model]:
    """``offer_archive("name", {"folder/member": b"bytes"})`` puts a zipped model on the server."""

    def make(name: str, members: Mapping[str, bytes], unpack: str = "folder") -> Model:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for member, body in members.items():
                archive.writestr(member, body)
        body = packed.getvalue()
        server.content[f"{name}.zip"] = body
        file = ModelFile(
            path=name,
            source=server.url(f"{name}.zip"),
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            unpack=unpack,
        )
        return make_model(name, file)

    return make
