from datetime import UTC, datetime

import pytest

from voice_agent_cli.shop.catalogue import SCHEMA, Catalogue
from voice_agent_cli.shop.importers import import_file
from voice_agent_cli.storage.database import connect


@pytest.fixture
def clock():
    """Set ``clock[0]`` to move time."""
    return [datetime(2026, 6, 1, 12, tzinfo=UTC)]


@pytest.fixture
def catalogue(tmp_path, clock):
    db = connect(tmp_path / "shop.db", SCHEMA)
    yield Catalogue(db, now=lambda: clock[0])
    db.close()


@pytest.fixture
def load(tmp_path, catalogue):
    """Import a text or bytes; the answer is the report."""

    def load(content, name="catalogue", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(catalogue, path, **options)

    return load
