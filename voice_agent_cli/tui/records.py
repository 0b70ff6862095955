"""The sessions on this machine, read beside the engine."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from voice_agent_cli.storage.sessions import Sessions

_SEARCHED = 300


class LocalRecords:
    """The sessions of a data directory, whoever made them: this dashboard, ``talk``, or a server on it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._sessions: Sessions | None = None

    async def recent(self, limit: int) -> Sequence[Mapping[str, Any]]:
        return await asyncio.to_thread(lambda: [vars(one) for one in self._open().recent(limit)])

    async def export(self, session_id: str) -> Mapping[str, Any]:
        return await asyncio.to_thread(lambda: self._open().export(session_id))

    async def find(self, words: str) -> Mapping[str, str]:
        return await asyncio.to_thread(self._find, words.lower())

    async def delete(self, session_id: str) -> None:
        await asyncio.to_thread(lambda: self._open().delete(session_id))

    def _find(self, words: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for session in self._open().recent(_SEARCHED):
            for message in self._open().messages(session.session_id):
                if words in message.content.lower():
                    found.setdefault(session.session_id, message.content)
        return found

    def _open(self) -> Sessions:
        self._sessions = self._sessions or Sessions(self._data_dir)
        return self._sessions
