import zipfile
from pathlib import Path

import pytest

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import fetch, registry
from voice_agent_cli.models.fetch import Download
from voice_agent_cli.models.pull import pull
from voice_agent_cli.models.registry import Model, ModelFile

WEIGHTS = b"weights" * 1000


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the real pip takes for the user's only index; it holds one package with a model."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "fake_voice-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("fake_voice/voice.onnx", WEIGHTS)
        wheel.writestr(
            "fake_voice-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: fake-voice\nVersion: 1.0\n"
        )
        wheel.writestr("fake_voice-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("fake_voice-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.usefixtures("index")
def test_a_model_comes_out_of_a_package_of_the_users_own_index(tmp_path: Path) -> None:
    expected = tmp_path / "expected"
    expected.write_bytes(WEIGHTS)
    file = ModelFile(
        path="voice.onnx",
        source="pypi:fake-voice==1.0#fake_voice/voice.onnx",
        size=len(WEIGHTS),
        sha256=registry.sha256(expected),
    )
    model = Model(name="fake", purpose="speaking", about="", licence="CC0-1.0", default="no", files=(file,))
    assert pull(model, tmp_path / "models", lambda *_: None)
    assert registry.state(model, tmp_path / "models") == "ready"


@pytest.mark.usefixtures("index")
def test_a_package_that_the_index_lacks_is_unreachable_in_one_line() -> None:
    with pytest.raises(fetch.UnreachableError, match="no-such-model==9") as caught:
        fetch.locate_package("no-such-model==9")
    assert "\n" not in caught.value.message


def test_pip_itself_fetches_where_its_index_asks_for_a_password(index: Path, tmp_path: Path) -> None:
    wheel = next(index.iterdir())
    part = tmp_path / "part"
    fetch.fetch_package("fake-voice==1.0", Download("http://unused/x.whl", registry.sha256(wheel)), part)
    assert part.read_bytes() == wheel.read_bytes()
    with pytest.raises(ModelError, match="SHA-256 differs"):
        fetch.fetch_package("fake-voice==1.0", Download("http://unused/x.whl", "0" * 64), part)
    assert not part.exists()
