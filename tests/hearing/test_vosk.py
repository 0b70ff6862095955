import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_agent_cli.audio.frames import FRAME_SAMPLES, SAMPLE_RATE
from voice_agent_cli.audio.resample import resample
from voice_agent_cli.errors import ModelError
from voice_agent_cli.hearing.vosk import VoskRecognizer, check_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    path = tmp_path_factory.mktemp("korean") / "spoken.wav"
    subprocess.run(
        ["espeak-ng", "-v", "ko", "-s", "130", "-w", str(path), "안녕하세요 감사합니다"], check=True
    )
    samples, rate = soundfile.read(path, dtype="int16")
    return resample(samples, rate, SAMPLE_RATE)


def test_a_real_model_streams_partials_and_word_times(
    korean_model: Path, sentence: NDArray[np.int16]
) -> None:
    recognizer = VoskRecognizer(korean_model)
    partials = []
    for at in range(0, len(sentence), FRAME_SAMPLES):
        recognizer.accept(sentence[at : at + FRAME_SAMPLES])
        partials.append(recognizer.partial())
    transcript = recognizer.finish()
    assert any(partials)
    assert transcript.text
    assert transcript.text == " ".join(word.word for word in transcript.words)
    assert 0 < transcript.confidence <= 1
    assert all(0 <= word.start < word.end <= len(sentence) / SAMPLE_RATE + 0.1 for word in transcript.words)
    assert recognizer.finish().text == ""


def test_phrases_limit_what_is_heard(korean_model: Path, sentence: NDArray[np.int16]) -> None:
    recognizer = VoskRecognizer(korean_model, ("감사", "안녕"))
    recognizer.accept(sentence)
    assert set(recognizer.finish().text.split()) <= {"감사", "안녕"}


@pytest.mark.parametrize("lost", ["am/final.mdl", "graph/Gr.fst", "ivector/final.ie"])
def test_a_model_with_a_lost_file_is_refused_before_vosk_ends_the_process(
    korean_model: Path, tmp_path: Path, lost: str
) -> None:
    broken = tmp_path / "model"
    shutil.copytree(korean_model, broken, copy_function=lambda origin, copy: Path(copy).symlink_to(origin))
    (broken / lost).unlink()
    with pytest.raises(ModelError, match=lost):
        check_model(broken)


def test_a_damaged_acoustic_model_is_refused(korean_model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "model"
    shutil.copytree(korean_model, broken, copy_function=lambda origin, copy: Path(copy).symlink_to(origin))
    (broken / "am/final.mdl").unlink()
    (broken / "am/final.mdl").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"final\.mdl is damaged"):
        VoskRecognizer(broken)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no whole Vosk model"):
        VoskRecognizer(tmp_path)
    with pytest.raises(ModelError, match="no such Vosk model"):
        VoskRecognizer(tmp_path / "absent")
