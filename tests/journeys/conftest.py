"""The real engines, where their models are on this machine; the shop that ships, in a place of its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.settings import Settings

Opened = Callable[[Path], Settings]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample shop made once."""
    from voice_agent_cli.shop.shops import ensure_shop

    folder = tmp_path_factory.mktemp("prepared")
    ensure_shop(folder)
    return folder


@pytest.fixture
def private(prepared: Path, tmp_path: Path) -> Settings:
    """Settings with a copy of it, and every model that the journey needs."""
    from voice_agent_cli.models import registry

    shutil.copytree(prepared, tmp_path / "data")
    chosen = settings.load({"data_dir": str(tmp_path / "data"), "shop.name": "sample"})
    try:
        registry.path(chosen.understanding.model, chosen.models_dir)
        registry.path(chosen.speaking.voice, chosen.models_dir)
    except ModelError as absent:
        pytest.skip(absent.message)
    return chosen
