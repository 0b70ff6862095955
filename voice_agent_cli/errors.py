"""The one exception family: a code, a message, details.

The command line turns them into one line and an exit code, the API into its
documented error form, the WebSocket into an ``error`` message.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class VoiceAgentError(Exception):
    """What went wrong, in one line that also says how to mend it.

    Attributes:
        code: The machine-readable error code of the API.
        exit_code: The exit status of a command that ends with this error.
        http_status: The HTTP status of a route that ends with this error.
        message: One line for a person: what is wrong and what to do.
        details: Machine-readable context; ``field`` names a wrong argument.
    """

    code: ClassVar[str] = "INTERNAL_ERROR"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, object] = dict(details or {})


class UsageError(VoiceAgentError):
    """A wrong option, argument, setting or field: the caller can mend it."""

    code = "VALIDATION_ERROR"
    exit_code = 2
    http_status = 400


class NotFoundError(VoiceAgentError):
    """The session, product, file or order that was named does not exist."""

    code = "NOT_FOUND"
    http_status = 404


class AudioError(VoiceAgentError):
    """Audio that cannot be read, a device that cannot be opened or was lost."""

    code = "AUDIO_PROCESSING_ERROR"
    http_status = 400


class ModelError(VoiceAgentError):
    """A model file that is absent, damaged, not a model, or does not run here."""

    code = "MODEL_ERROR"
    http_status = 503


class StorageError(VoiceAgentError):
    """A database that is locked, read-only, corrupt, or on a full disk."""

    code = "STORAGE_ERROR"
    http_status = 503


class ToolError(UsageError):
    """A tool refused its arguments; nothing was changed.

    ``details["field"]`` names the argument, where one is to blame.
    """


class ChoiceNeeded(ToolError):  # noqa: N818 - no error of the shopper's
    """A tool needs one more answer from the shopper before it can run.

    Attributes:
        field: The argument that is missing, such as ``size`` or ``product``.
        choices: What the shopper can answer, in the order to read them out.
        understood: Arguments that the tool read otherwise than they came ("medium roast" was
            no size): the answer is to be added to these.
    """

    code = "CHOICE_NEEDED"

    def __init__(self, message: str, field: str, choices: tuple[str, ...] = ()) -> None:
        super().__init__(message, {"field": field, "choices": list(choices)})
        self.field = field
        self.choices = choices
        self.understood: dict[str, Any] = {}
