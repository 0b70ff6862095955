import os
from collections.abc import Callable
from pathlib import Path

import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry
from voice_agent_cli.models.pull import pull
from voice_agent_cli.models.registry import Model

Offer = Callable[..., Model]


@pytest.fixture
def here(offer: Offer, tmp_path: Path) -> Model:
    model = offer("small", b"a model's bytes")
    pull(model, tmp_path, lambda *_: None)
    return model


@pytest.fixture
def file(here: Model, tmp_path: Path) -> Path:
    return registry.location(here, here.files[0], tmp_path)


def test_every_known_model_has_one_name_and_its_default_ones_cover_the_pipeline() -> None:
    known = registry.models()
    assert len({model.name for model in known}) == len(known)
    always = {model.purpose for model in known if model.default == "yes"}
    assert always == {"understanding", "speaking", "meaning"}
    assert [model.name for model in known if model.default == "try"] == ["vosk-en"]


def test_the_models_of_the_default_settings_are_known() -> None:
    loaded = settings.load()
    for name in (loaded.hearing.model, loaded.understanding.model, loaded.speaking.voice):
        assert registry.find(name).name == name


def test_every_model_that_the_program_brings_along_is_whole() -> None:
    for model in registry.models():
        if model.shipped:
            assert registry.verify(model, Path("unused")) == "ready", model.name


def test_an_absent_model_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="voice-agent models pull vosk-en"):
        registry.path("vosk-en", tmp_path)


def test_an_unknown_model_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="smollm2-135m"):
        registry.path("gpt-99", tmp_path)


def test_a_file_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"x")
    assert registry.path(str(own), tmp_path) == own


def test_a_whole_model_is_ready_without_being_read(
    here: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_: Path) -> str:
        raise AssertionError("read every byte")

    monkeypatch.setattr(registry, "sha256", forbidden)
    assert registry.state(here, tmp_path) == "ready"


def test_a_shortened_or_deleted_file_is_found_at_load(here: Model, file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"a model's")
    assert registry.state(here, tmp_path) == "damaged"
    file.unlink()
    assert registry.state(here, tmp_path) == "damaged"


def test_a_swapped_file_of_the_same_size_is_found_at_load_by_its_time(
    here: Model, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(b"A model's bytes")
    os.utime(file, ns=(1, 1))
    assert registry.state(here, tmp_path) == "damaged"


def test_verify_finds_a_swap_that_kept_size_and_time(here: Model, file: Path, tmp_path: Path) -> None:
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    file.write_bytes(b"A model's bytes")
    os.utime(file, ns=times)
    assert registry.state(here, tmp_path) == "ready"
    assert registry.verify(here, tmp_path) == "damaged"


def test_a_copied_model_with_new_times_is_still_ready(here: Model, file: Path, tmp_path: Path) -> None:
    os.utime(file, ns=(1, 1))
    assert registry.state(here, tmp_path) == "ready"


def test_files_without_a_record_are_not_loaded(here: Model, tmp_path: Path) -> None:
    (tmp_path / here.name / registry.RECORD).unlink()
    assert registry.state(here, tmp_path) == "damaged"


def test_a_record_that_is_no_record_is_not_believed(here: Model, tmp_path: Path) -> None:
    (tmp_path / here.name / registry.RECORD).write_text("{}")
    assert registry.state(here, tmp_path) == "damaged"


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "c:\\x", ""])
def test_a_registry_entry_cannot_place_a_file_outside_its_folder(path: str) -> None:
    entry = f"""
    [[model]]
    name = "m"
    purpose = "meaning"
    about = ""
    licence = "CC0-1.0"
    default = "no"
    files = [{{ path = '{path}', source = "x", size = 1, sha256 = "{"0" * 64}" }}]
    """
    with pytest.raises(ValueError, match="relative path"):
        registry.parse(entry)
