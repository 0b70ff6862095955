"""HTTP that cannot even be parsed, answered in the error form too."""

import asyncio
import logging
import secrets
from functools import partial
from typing import Any

from aiohttp import web

from voice_agent_cli.errors import UsageError
from voice_agent_cli.server import faults
from voice_agent_cli.server.middleware import ID_HEADER

_LOG = logging.getLogger(__name__)


class FormedRunner(web.AppRunner):
    """Runs an application whose every connection speaks the error form, from its first byte on."""

    @property
    def server(self) -> Any:
        """What makes the protocol of a new connection."""
        server = super().server
        options: dict[str, Any] = {"loop": asyncio.get_running_loop(), "access_log": None}
        return server and partial(_Protocol, server, **options)


class _Protocol(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what never became a request; the connection is closed after it."""
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        # No trace, and none of the bytes: they may hold a token.
        told = " ".join((message or "bad request").split(":")[0].split()).partition(" when reading")[0]
        request_id = secrets.token_hex(8)
        _LOG.info("not HTTP", extra={"facts": {"request_id": request_id, "status": status, "reason": told}})
        error = UsageError(f"the request is not valid HTTP: {told}")
        response = faults.response(error, {ID_HEADER: request_id})
        response.force_close()
        return response
