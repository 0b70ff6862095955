"""The shops of the trips, made once for all tests of this folder."""

import pytest

from voice_agent_cli.quality.trips import Shops


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    return Shops(tmp_path_factory.mktemp("shops"))
