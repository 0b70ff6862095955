"""The OpenAPI 3.1 document, made from the endpoints and the models that validate."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from voice_agent_cli import __version__
from voice_agent_cli.server.endpoint import Endpoint
from voice_agent_cli.server.schemas import ErrorAnswer

_REF = "#/components/schemas/{model}"
_JSON = "application/json"
_DESCRIPTION = (
    "Shop by voice. Besides these routes there is the WebSocket /ws/voice/session, described in "
    "/asyncapi.json. Limits: 10 new sessions a minute from one address, 1000 requests an hour with one "
    "token, 100 messages a minute in one session; each is a sliding window, exact at its edge."
)
_ERRORS = {
    400: "The request is malformed, or its data are not valid.",
    401: "The token is missing or not good.",
    403: "The token does not open this.",
    404: "There is no such thing.",
    413: "The body is over 1 MiB.",
    415: "The body is not JSON by its own account.",
    429: "A rate limit is used up.",
    500: "The server failed; its log tells more.",
    503: "The database or a model cannot be used now.",
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    endpoints = tuple(endpoints)
    models: set[type[BaseModel]] = {ErrorAnswer}
    models.update(model for e in endpoints for model in (e.body, e.answer) if model is not None)
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "voice-agent",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key (va_…), or a session's JWT for its own session.",
                }
            },
            "headers": {name: _header(text) for name, text in _HEADERS.items()},
        },
    }


_HEADERS = {
    "X-RateLimit-Limit": "How many requests the nearest limit allows.",
    "X-RateLimit-Remaining": "How many of them are left.",
    "X-RateLimit-Reset": "When at least one more is served, in seconds since 1970.",
}


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": (endpoint.handler.__doc__ or "").strip(),
        "tags": [endpoint.tag],
        "security": [] if endpoint.access == "open" else [{"bearer": []}],
        "responses": _responses(endpoint),
    }
    if "{session_id}" in endpoint.path:
        operation["parameters"] = [
            {
                "name": "session_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1},
            }
        ]
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": _needs_body(endpoint),
            "content": {_JSON: {"schema": _ref(endpoint.body)}},
        }
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    content = {_JSON: {"schema": _ref(endpoint.answer)}} if endpoint.answer else _TEXT
    responses: dict[str, Any] = {"200": {"description": "Done.", "content": content, **_limited(endpoint)}}
    if endpoint.path == "/health":
        return {**responses, "503": {"description": "The service is unhealthy.", "content": content}}
    for status in _possible_errors(endpoint):
        responses[str(status)] = {
            "description": _ERRORS[status],
            "content": {_JSON: {"schema": _ref(ErrorAnswer)}},
            **(_limited(endpoint) if status not in (401, 500) else {}),
        }
    return responses


_TEXT = {"text/plain": {"schema": {"type": "string"}}}


def _possible_errors(endpoint: Endpoint) -> tuple[int, ...]:
    statuses = {500, 503}
    if endpoint.access != "open":
        statuses |= {401, 403, 429}
    if endpoint.body is not None:
        statuses |= {400, 413, 415}
    if "{session_id}" in endpoint.path:
        statuses.add(404)
    return tuple(sorted({*statuses, *endpoint.errors}))


def _limited(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer is None or endpoint.access == "open":
        return {}
    return {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "integer", "minimum": 0}}


def _needs_body(endpoint: Endpoint) -> bool:
    fields = endpoint.body.model_fields.values() if endpoint.body else ()
    return any(field.is_required() for field in fields)


def _ref(model: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
