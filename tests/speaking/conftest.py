"""The real voice where its model is on this machine."""

import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.speaking.piper import PiperVoice


@pytest.fixture(scope="session")
def piper() -> PiperVoice:
    try:
        return PiperVoice(settings.load())
    except ModelError as absent:
        pytest.skip(absent.message)
