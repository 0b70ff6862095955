"""Piper: a neural voice, as an ONNX model that runs in this process."""

import json
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry
from voice_agent_cli.settings import Settings
from voice_agent_cli.speaking.voice import Speech

# Piper's phonemizer is eSpeak NG, which keeps its state in C globals: one text at a time in a process.
_PHONEMIZER = Lock()


class PiperVoice:
    """The voice that the settings name: a registry name or a path of an ``.onnx`` with its ``.json``.

    Raises:
        ModelError: the voice is absent, damaged, or does not run here.
    """

    def __init__(self, settings: Settings) -> None:
        from piper.config import SynthesisConfig

        model = registry.path(settings.speaking.voice, settings.models_dir)
        self.name = model.stem
        self._voice = _load(model)
        self._how = SynthesisConfig(length_scale=self._voice.config.length_scale / settings.speaking.rate)

    def synthesize(self, text: str) -> Speech:
        """Speech of ``text`` (words; several sentences are allowed), at the model's own rate.

        Raises:
            ModelError: the model failed on this text.
        """
        try:
            with _PHONEMIZER:
                sentences = self._voice.phonemize(text)
            parts = [self._samples(sentence) for sentence in sentences if sentence]
        except Exception as error:
            raise ModelError(f"Piper could not say {text[:40]!r} ({error})") from error
        samples = np.concatenate(parts) if parts else np.zeros(0, np.int16)
        return Speech(samples, self._voice.config.sample_rate, text)

    def _samples(self, phonemes: list[str]) -> np.ndarray[Any, np.dtype[np.int16]]:
        audio = self._voice.phoneme_ids_to_audio(self._voice.phonemes_to_ids(phonemes), self._how)
        peak = float(np.max(np.abs(audio))) or 1.0
        return np.asarray(audio * (0.9 * 32767 / max(peak, 0.01)), np.int16)


def _load(model: Path) -> Any:
    """Piper's own voice object over a session that leaves the processor alone between sentences."""
    import onnxruntime
    from piper import PiperVoice as Engine
    from piper.config import PiperConfig

    options = onnxruntime.SessionOptions()
    # Spinning threads would take the cores from the recognizer and the language model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        config = PiperConfig.from_dict(json.loads(Path(f"{model}.json").read_text(encoding="utf-8")))
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        return Engine(session=session, config=config)
    except Exception as error:
        raise ModelError(
            f"the voice {model} does not load ({str(error).splitlines()[0]}); "
            "type: voice-agent models verify, or choose another voice"
        ) from error
