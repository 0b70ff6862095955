"""What a server refuses, in the one error form of the API."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from voice_agent_cli.errors import VoiceAgentError


class UnauthorizedError(VoiceAgentError):
    """No token, or one that opens nothing."""

    code = "UNAUTHORIZED"
    http_status = 401


class ForbiddenError(VoiceAgentError):
    """A good token, but not for this."""

    code = "FORBIDDEN"
    http_status = 403


class MethodNotAllowedError(VoiceAgentError):
    code = "METHOD_NOT_ALLOWED"
    http_status = 405


class PayloadTooLargeError(VoiceAgentError):
    code = "PAYLOAD_TOO_LARGE"
    http_status = 413


class UnsupportedMediaTypeError(VoiceAgentError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    http_status = 415


class RateLimitExceededError(VoiceAgentError):
    code = "RATE_LIMIT_EXCEEDED"
    http_status = 429


class UnexpectedError(VoiceAgentError):
    """Our own mistake; what it was is in the log, under the request's id."""


def as_json(error: VoiceAgentError) -> dict[str, Any]:
    """The documented error form."""
    return {"error": {"code": error.code, "message": error.message, "details": error.details}}


def response(error: VoiceAgentError, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as an HTTP response."""
    more = {"WWW-Authenticate": "Bearer"} if error.http_status == 401 else {}
    return web.Response(
        status=error.http_status,
        text=json.dumps(as_json(error), ensure_ascii=False, default=str),
        content_type="application/json",
        headers={**more, **(headers or {})},
    )
