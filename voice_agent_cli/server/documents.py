"""``/openapi.json``, ``/asyncapi.json`` and ``/docs``: made once, served without outside resources."""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import cache
from html import escape
from typing import Any

from aiohttp import web

from voice_agent_cli.server import asyncapi, openapi
from voice_agent_cli.server.endpoint import Endpoint

_JSON = "application/json"
_HTML = "text/html"
_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1b1b; background: #fff }
h2 { border-bottom: 1px solid #999; margin-top: 2.5rem }
code, pre { font: .9rem/1.4 ui-monospace, monospace }
pre { background: #f3f3f3; padding: .7rem; overflow-x: auto }
table { border-collapse: collapse; margin: .5rem 0 }
td, th { border: 1px solid #bbb; padding: .2rem .6rem; text-align: left; vertical-align: top }
summary { cursor: pointer }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #161616 } pre { background: #242424 } a { color: #8ab4ff }
}
"""


def add_documents(app: web.Application, endpoints: Iterable[Endpoint]) -> None:
    """Serve the documents of ``endpoints`` and of the WebSocket."""
    routes = tuple(endpoints)
    for path, content_type in (("/openapi.json", _JSON), ("/asyncapi.json", _JSON), ("/docs", _HTML)):
        app.router.add_get(path, _serve(routes, path, content_type))


@cache
def _made(endpoints: tuple[Endpoint, ...]) -> Mapping[str, str]:
    """Every document by its path; made when the first of them is asked for."""
    rest, voice = openapi.document(endpoints), asyncapi.document()
    return {
        "/openapi.json": json.dumps(rest, ensure_ascii=False),
        "/asyncapi.json": json.dumps(voice, ensure_ascii=False),
        "/docs": page(rest, voice),
    }


def page(rest: Mapping[str, Any], voice: Mapping[str, Any]) -> str:
    """Both documents as one page to read."""
    body = "\n".join(
        (*_operations(rest), *_messages(voice), *_schemas(rest, "REST"), *_schemas(voice, "WebSocket"))
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>voice-agent API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f"<h1>voice-agent API {escape(rest['info']['version'])}</h1>"
        f"<p>{escape(rest['info']['description'])}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>, '
        '<a href="asyncapi.json">asyncapi.json</a>.</p>'
        f"{body}</main></body></html>"
    )


def _serve(
    endpoints: tuple[Endpoint, ...], path: str, content_type: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=_made(endpoints)[path], content_type=content_type)

    return answer


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Routes</h2>"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
            yield f"<p>{escape(operation['description'])}</p>"
            yield "<p>No token needed.</p>" if not operation["security"] else ""
            if "requestBody" in operation:
                yield f"<p>Request: {_link(operation['requestBody']['content'][_JSON]['schema'])}</p>"
            rows = (
                f"<tr><td>{status}</td><td>{escape(answer['description'])}</td><td>{_body(answer)}</td></tr>"
                for status, answer in operation["responses"].items()
            )
            yield f"<table><tr><th>Status</th><th>Meaning</th><th>Body</th></tr>{''.join(rows)}</table>"


def _messages(document: Mapping[str, Any]) -> Iterator[str]:
    address = document["channels"]["voice"]["address"]
    yield f"<h2><code>WS {escape(address)}</code></h2><p>{escape(document['info']['description'])}</p>"
    for title, action in (("From the client", "receive"), ("From the server", "send")):
        yield f"<h3>{title}</h3><ul>"
        for reference in document["operations"][action]["messages"]:
            message = document["components"]["messages"][reference["$ref"].rpartition("/")[2]]
            yield f"<li><code>{escape(message['name'])}</code>: {escape(message['summary'] or '')} "
            yield f"{_link(message['payload'])}</li>"
        yield "</ul>"


def _schemas(document: Mapping[str, Any], title: str) -> Iterator[str]:
    yield f"<h2>Schemas of {title}</h2>"
    for name, schema in document["components"]["schemas"].items():
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        yield f"<pre>{text}</pre></details>"


def _body(answer: Mapping[str, Any]) -> str:
    (content_type, content), *_ = answer["content"].items()
    return _link(content["schema"]) if content_type == _JSON else escape(content_type)


def _link(schema: Mapping[str, Any]) -> str:
    name = escape(str(schema["$ref"]).rpartition("/")[2])
    return f'<a href="#{name}"><code>{name}</code></a>'
