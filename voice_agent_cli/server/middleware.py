"""Around every request: its id, the error form, CORS, one line of log, metrics."""

import logging
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from voice_agent_cli.errors import NotFoundError, UsageError, VoiceAgentError
from voice_agent_cli.server import faults
from voice_agent_cli.server.services import CALLER, REQUEST_ID, SERVICES
from voice_agent_cli.server.tracing import request_span

_LOG = logging.getLogger("voice_agent_cli.server")
ID_HEADER = "X-Request-ID"
_CLIENT_GONE = 499
_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_EXPOSED = f"X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, {ID_HEADER}"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, time it, count it, log it. The query is never logged: it may hold a token."""
    given = request.headers.get(ID_HEADER, "")
    request[REQUEST_ID] = given if _GOOD_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"
    began = time.perf_counter()
    route = _route(request)
    with request_span(request.method, route, request.headers) as facts:
        response = await handler(request)
        facts |= {"http.response.status_code": response.status, "request.id": request[REQUEST_ID]}
    seconds = time.perf_counter() - began
    if not response.prepared:
        response.headers[ID_HEADER] = request[REQUEST_ID]
    metrics = request.app[SERVICES].metrics
    metrics.requests.add(method=request.method, route=route, status=str(response.status))
    if not isinstance(response, web.WebSocketResponse):
        metrics.request_time.observe(seconds, route=route)
    if _LOG.isEnabledFor(logging.INFO):
        _log(request, response.status, seconds)
    return response


def _log(request: web.Request, status: int, seconds: float) -> None:
    facts = {
        "request_id": request[REQUEST_ID],
        "method": request.method,
        "path": request.path,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "caller": request.get(CALLER),
    }
    _LOG.info("request", extra={"facts": facts})


def cross_origin(allowed: str) -> Middleware:
    """CORS for the origins in ``allowed``, separated by spaces; ``*`` allows every one."""
    origins = frozenset(allowed.split())

    @web.middleware
    async def share(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN, "")
        if not origin or not origins & {origin, "*"}:
            return await handler(request)
        preflight = (
            request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        )
        response = web.Response(status=204) if preflight else await handler(request)
        if response.prepared:
            return response
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*" if "*" in origins else origin
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED
        if preflight:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST, DELETE"
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = f"Authorization, Content-Type, {ID_HEADER}"
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "600"
        return response

    return cast(Middleware, share)


@web.middleware
async def in_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error in the documented form; innermost, so that what wraps it sees responses only."""
    try:
        return await handler(request)
    except VoiceAgentError as error:
        return faults.response(error)
    except web.HTTPException as error:
        allow = {str(hdrs.ALLOW): error.headers[hdrs.ALLOW]} if hdrs.ALLOW in error.headers else {}
        return faults.response(_of_http(request, error), allow)
    except ConnectionError:  # the client has gone; nobody reads this
        return web.Response(status=_CLIENT_GONE)
    except Exception:
        _LOG.exception(
            "request failed", extra={"facts": {"request_id": request[REQUEST_ID], "path": request.path}}
        )
        return faults.response(
            faults.UnexpectedError(
                "something went wrong in the server; its log tells more under this request id",
                {"request_id": request[REQUEST_ID]},
            )
        )


def _of_http(request: web.Request, error: web.HTTPException) -> VoiceAgentError:
    """aiohttp's own refusal as one of ours."""
    if isinstance(error, web.HTTPNotFound):
        return NotFoundError(f"there is nothing at {request.path}")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return faults.MethodNotAllowedError(
            f"{request.path} takes {allowed}", {"allowed": allowed.split(", ")}
        )
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return faults.PayloadTooLargeError("the body is too large")
    if error.status < 500:
        return UsageError(f"the request cannot be served: {error.reason}")
    return faults.UnexpectedError(f"the server cannot serve this: {error.reason}")


def _route(request: web.Request) -> str:
    """The route's pattern, never the path itself: labels must stay few."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"
