"""What a server refuses or a connection loses, as exceptions."""

from collections.abc import Mapping
from typing import Any


class VoiceAgentError(Exception):
    """The server refused a request, or could not be reached.

    Attributes:
        code: Machine-readable, such as ``NOT_FOUND``.
        message: One line for a person.
        details: More about it; ``field`` names what is wrong in a request.
        status: The HTTP status; None where there was no answer.
    """

    def __init__(
        self, code: str, message: str, details: Mapping[str, Any] | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.status = status


class InvalidRequestError(VoiceAgentError):
    """400, 413, 415: a field is wrong; ``details["field"]`` names it."""


class UnauthorizedError(VoiceAgentError):
    """401: the token or API key is missing, unknown, revoked or expired."""


class ForbiddenError(VoiceAgentError):
    """403: a good token, but not for this."""


class NotFoundError(VoiceAgentError):
    """404: there is no such session."""


class RateLimitError(VoiceAgentError):
    """429: a limit is used up."""

    @property
    def retry_after_s(self) -> float:
        """Seconds until at least one more request is served."""
        return float(self.details.get("retry_after_s", 1))


class ServerError(VoiceAgentError):
    """5xx: the server failed, or something that it needs."""


class UnreachableError(VoiceAgentError):
    """There is no server at the address, or the connection was lost and did not come back."""

    def __init__(self, message: str) -> None:
        super().__init__("UNREACHABLE", message)


class ConnectionClosedError(VoiceAgentError):
    """Something was sent over a voice connection whose session is over."""

    def __init__(self, message: str = "the voice connection is closed; connect again") -> None:
        super().__init__("CLOSED", message)


_BY_STATUS: dict[int, type[VoiceAgentError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    429: RateLimitError,
}


def from_answer(status: int, body: object) -> VoiceAgentError:
    """The exception for an answer of ``status`` whose JSON is ``body`` (anything, if it is not ours)."""
    error = body.get("error") if isinstance(body, dict) else None
    told = error if isinstance(error, dict) else {}
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else InvalidRequestError)
    return kind(
        str(told.get("code", f"HTTP_{status}")),
        str(told.get("message", f"the server answered with status {status}")),
        told.get("details") if isinstance(told.get("details"), dict) else {},
        status,
    )
