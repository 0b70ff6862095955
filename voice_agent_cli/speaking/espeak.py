"""eSpeak NG as a program: robotic, tiny, and there when Piper is not."""

import io
import shutil
import subprocess

import numpy as np

from voice_agent_cli.errors import ModelError
from voice_agent_cli.speaking.voice import Speech

_WORDS_PER_MINUTE = 165
_TIMEOUT_S = 30


class EspeakVoice:
    """Speaks through ``espeak-ng``; ``rate`` 1.0 is a normal pace.

    Raises:
        ModelError: espeak-ng is not installed.
    """

    def __init__(self, rate: float = 1.0, voice: str = "en-us") -> None:
        if not self.is_installed():
            raise ModelError("espeak-ng is not installed; type: apt install espeak-ng")
        self.name = f"espeak-ng {voice}"
        self._command = [
            "espeak-ng",
            "-v",
            voice,
            "-s",
            str(round(_WORDS_PER_MINUTE * rate)),
            "--stdout",
            "--",
        ]

    @staticmethod
    def is_installed() -> bool:
        return shutil.which("espeak-ng") is not None

    def synthesize(self, text: str) -> Speech:
        import soundfile

        try:
            done = subprocess.run([*self._command, text], capture_output=True, timeout=_TIMEOUT_S, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise ModelError(f"espeak-ng could not speak ({error}); type: espeak-ng hello") from error
        if not done.stdout:
            return Speech(np.zeros(0, np.int16), 22050, text)
        # A WAV written to a pipe has no true length in its header; soundfile wants the file whole.
        samples, rate = soundfile.read(io.BytesIO(_with_length(done.stdout)), dtype="int16")
        return Speech(samples, rate, text)


def _with_length(wav: bytes) -> bytes:
    at = wav.index(b"data") + 4
    size = len(wav) - at - 4
    return (
        wav[:4]
        + (len(wav) - 8).to_bytes(4, "little")
        + wav[8:at]
        + size.to_bytes(4, "little")
        + wav[at + 4 :]
    )
