"""Answers that are made once and hold until a database changes."""

from collections import OrderedDict
from collections.abc import Callable

_MOST = 256
Versions = tuple[int, ...]


class KeptAnswers:
    """Bodies by session. ``versions`` tells whether anything was written since, by whomever."""

    def __init__(self, versions: Callable[[], Versions]) -> None:
        self._versions = versions
        self._bodies: OrderedDict[str, tuple[Versions, bytes]] = OrderedDict()

    def body(self, session_id: str, make: Callable[[], bytes]) -> bytes:
        """The body that was kept, where it still holds; else a new one."""
        now = self._versions()  # before it is made: what changes meanwhile makes it old
        kept = self._bodies.get(session_id)
        if kept is None or kept[0] != now:
            kept = now, make()
            self._bodies[session_id] = kept
            while len(self._bodies) > _MOST:
                self._bodies.popitem(last=False)
        return kept[1]
