"""A route, declared once: the same declaration serves it and documents it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import hdrs, web
from pydantic import BaseModel

from voice_agent_cli.errors import UsageError, VoiceAgentError
from voice_agent_cli.server import faults
from voice_agent_cli.server.auth import Caller, address
from voice_agent_cli.server.limits import Verdict, Window, tightest
from voice_agent_cli.server.reading import read_json
from voice_agent_cli.server.services import CALLER, SERVICES, Services

MOST_BYTES = 1024 * 1024
_JSON = "application/json"


@dataclass
class Call:
    """One request on its way through a route. ``body`` is the endpoint's model, checked."""

    services: Services
    request: web.Request
    caller: Caller | None = None
    body: Any = None
    verdicts: list[Verdict] = field(default_factory=list)
    status: int | None = None

    @property
    def session_id(self) -> str:
        return self.request.match_info["session_id"]

    @property
    def holder(self) -> Caller:
        """Who calls, on a route that is not open to all."""
        assert self.caller is not None
        return self.caller

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return address(self.request, self.services.settings)

    def limit(self, window: Window, key: str, what: str) -> None:
        """Count this request against a limit.

        Raises:
            RateLimitExceededError: it is one too many.
        """
        verdict = window.hit(key)
        self.verdicts.append(verdict)
        if not verdict.allowed:
            self.services.metrics.refused.add(limit=what)
            raise verdict.error(what, self.services.clock())


Answer = BaseModel | bytes | web.Response
Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Endpoint:
    """One route. ``access``: open to all, to API keys, or also to the session's own token.

    The handler returns the ``answer`` model, its JSON, or (where there is no model) a whole response.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    answer: type[BaseModel] | None
    tag: str
    body: type[BaseModel] | None = None
    access: Literal["open", "key", "session"] = "key"
    errors: tuple[int, ...] = ()

    @property
    def operation(self) -> str:
        return self.handler.__name__

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one request; every error of ours in the documented form."""
        call = Call(request.app[SERVICES], request)
        try:
            answer = await self._answer(call)
        except VoiceAgentError as error:
            headers = tightest(call.verdicts)
            if isinstance(error, faults.RateLimitExceededError):
                headers["Retry-After"] = str(error.details["retry_after_s"])
            return faults.response(error, headers)
        if isinstance(answer, web.Response):
            return answer
        return web.Response(
            body=answer if isinstance(answer, bytes) else as_body(answer),
            status=call.status or 200,
            content_type=_JSON,
            headers=tightest(call.verdicts),
        )

    async def _answer(self, call: Call) -> Answer:
        if self.access != "open":
            call.caller = call.services.gate.identify(call.request)
            call.request[CALLER] = call.caller.name
            call.limit(call.services.limits.requests, call.caller.name, "requests in an hour")
            if self.access == "key":
                call.caller.check_opens_everything()
            elif "session_id" in call.request.match_info:
                call.caller.check_opens(call.session_id)
        if self.body is not None:
            call.body = await read_body(call.request, self.body)
        return await self.handler(call)


def as_body(answer: BaseModel) -> bytes:
    """An answer as JSON; what was not set is left out."""
    return answer.model_dump_json(exclude_unset=True).encode()


async def read_body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    """The body of ``request`` as ``model``; no body counts as an empty object.

    Raises:
        UnsupportedMediaTypeError: it is not JSON by its own account.
        PayloadTooLargeError: it is over 1 MiB.
        UsageError: it is no JSON, or not what the model asks for; ``details["field"]`` names what is wrong.
    """
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()
    if not _is_json(request) and (hdrs.CONTENT_TYPE in request.headers or request.body_exists):
        raise faults.UnsupportedMediaTypeError(f"send the body as {_JSON}, in UTF-8")
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise _too_large() from error
    except (web.RequestPayloadError, web.HTTPException, ValueError) as error:
        raise UsageError("the body cannot be read: it is not encoded as its headers say") from error
    body: BaseModel = read_json(raw or b"{}", model)
    return body


def _is_json(request: web.Request) -> bool:
    return request.content_type == _JSON and (request.charset or "utf-8").lower() in ("utf-8", "utf8")


def _too_large() -> faults.PayloadTooLargeError:
    return faults.PayloadTooLargeError(
        "the body is over 1 MiB; send less at once", {"limit_bytes": MOST_BYTES}
    )
