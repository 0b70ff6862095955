import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import SAMPLE_RATE
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import VoiceAgentError
from voice_agent_cli.hearing.vocabulary import Vocabulary
from voice_agent_cli.models import pull, registry
from voice_agent_cli.shop.products import Modifier, ModifierValue, Product, Variant


@pytest.fixture(scope="session")
def catalogue() -> tuple[Product, ...]:
    """A small shop of two trades."""

    def product(title: str, vendor: str, category: str, **options: tuple[str, ...]) -> Product:
        return Product(title, title, (Variant(title, Decimal(5)),), "", vendor, category, options=options)

    milk = Modifier("milk", tuple(map(ModifierValue, ("soy milk", "oat milk", "a little bit of cream"))))
    return (
        product(
            "Harbour Rain Jacket", "Northfold", "Jackets", color=("navy", "yellow"), size=("S", "M", "XL")
        ),
        product("Trail Running Shoes", "Zyquell", "Shoes", color=("red", "blue"), size=("9", "10", "10.5")),
        replace(product("Latte", "Corner", "Coffee", size=("small", "12 oz")), modifiers=(milk,)),
    )


@pytest.fixture(scope="session")
def vocabulary(catalogue: tuple[Product, ...]) -> Vocabulary:
    return Vocabulary.of(catalogue)


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., NDArray[np.int16]]:
    """A sentence in one of flite's voices, at 16 kHz."""
    folder = tmp_path_factory.mktemp("spoken")

    def say(text: str, voice: str = "slt") -> NDArray[np.int16]:
        path = folder / "spoken.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        samples, rate = soundfile.read(path, dtype="int16")
        quiet = np.random.default_rng(0).normal(0, 10, SAMPLE_RATE // 2).astype(np.int16)
        return np.concatenate([quiet, resample(samples, rate, SAMPLE_RATE), quiet])

    return say


@pytest.fixture(scope="session")
def korean_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The published Korean model: the real libvosk where no English model can be reached."""
    from voice_agent_cli import settings

    folder = settings.load().models_dir
    try:
        yield registry.path("vosk-ko", folder)
    except VoiceAgentError:
        folder = tmp_path_factory.mktemp("models")
        try:
            pull.pull(registry.find("vosk-ko"), folder, lambda *_: None)
        except VoiceAgentError as error:
            pytest.skip(f"the Korean model cannot be pulled: {error}")
        yield registry.path("vosk-ko", folder)
