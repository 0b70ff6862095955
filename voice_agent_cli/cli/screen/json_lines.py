"""One event a line, for a program to read: the WebSocket's messages with ``at_ms`` added."""

import json
from typing import TextIO

from voice_agent_cli.events import AudioLevel, Event


class JsonLines:
    """A subscriber that prints every event but the meter's levels."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_read = True

    def __call__(self, event: Event) -> None:
        if isinstance(event, AudioLevel) or not self.is_read:
            return
        line = json.dumps({**event.message(), "at_ms": event.at_ms}, ensure_ascii=False, default=str)
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self.is_read = False
