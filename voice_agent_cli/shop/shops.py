"""Which database is which shop's, and the shops that come along."""

import re
from pathlib import Path

from voice_agent_cli import settings
from voice_agent_cli.errors import NotFoundError, UsageError
from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.storage.database import connect

SAMPLE = "sample"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def shop_path(data_dir: Path, name: str) -> Path:
    """The database of the shop called ``name``, whether it exists or not.

    Raises:
        UsageError: that is no name of a shop.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a shop's name; use letters, digits, - and _", {"field": "shop"})
    return data_dir / "shops" / f"{name}.db"


def ensure_shop(data_dir: Path, name: str = SAMPLE) -> Path:
    """The database of a shop that exists; one that comes along is imported at its first use (0.7 s).

    Its vectors are made by the first search for a need, or by ``Search.warm``.

    Raises:
        NotFoundError: no such shop was imported; the message says how to.
        StorageError: the database cannot be made.
    """
    path, ours = shop_path(data_dir, name), settings.shipped(f"config/shops/{name}.json")
    if path.exists() and not (ours.exists() and _is_empty(path)):
        return path
    if not ours.exists():
        raise NotFoundError(
            f"there is no shop {name!r}; type: voice-agent catalog import FILE --shop {name}",
            {"field": "shop"},
        )
    db = connect(path, SCHEMA)
    try:
        import_file(Catalogue(db), ours)
    finally:
        db.close()
    return path


def shops(data_dir: Path) -> tuple[str, ...]:
    """The names of the shops that were imported."""
    return tuple(sorted(path.stem for path in (data_dir / "shops").glob("*.db")))


def _is_empty(path: Path) -> bool:
    """Whether the first import was interrupted before its end."""
    db = connect(path, SCHEMA)
    try:
        return Catalogue(db).fact("currency") is None
    finally:
        db.close()
