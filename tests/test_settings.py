import os
import tomllib
from pathlib import Path

import pytest

from voice_agent_cli import settings
from voice_agent_cli.errors import UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith("VOICE_AGENT_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "user_file", lambda: tmp_path / "config.toml")
    return tmp_path


def write(home: Path, text: str) -> Path:
    path = home / "config.toml"
    path.write_text(text)
    return path


def message(flags: dict[str, object] | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        settings.load(flags or {})
    assert "\n" not in caught.value.message
    return caught.value.message


def test_without_a_file_every_value_is_the_default_and_says_so() -> None:
    loaded = settings.load()
    assert loaded.hearing.engine == "auto"
    assert {loaded.source(key) for key in loaded.values()} == {"config/default.toml"}


def test_the_users_file_a_variable_and_a_flag_override_in_this_order(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(home, '[hearing]\nengine = "vosk"\n[server]\nport = 1\n[speaking]\nrate = 1.5\n')
    monkeypatch.setenv("VOICE_AGENT_SERVER_PORT", "2")
    monkeypatch.setenv("VOICE_AGENT_SPEAKING_RATE", "0.8")
    loaded = settings.load({"speaking.rate": 0.9, "audio.barge_in": None})
    assert (loaded.hearing.engine, loaded.source("hearing.engine")) == ("vosk", str(path))
    assert (loaded.server.port, loaded.source("server.port")) == (2, "VOICE_AGENT_SERVER_PORT")
    assert (loaded.speaking.rate, loaded.source("speaking.rate")) == (0.9, "flag")
    assert (loaded.audio.barge_in, loaded.source("audio.barge_in")) == (True, "config/default.toml")


def test_settings_cannot_be_changed_once_loaded() -> None:
    loaded = settings.load()
    with pytest.raises(ValueError, match="frozen"):
        loaded.server.port = 1  # type: ignore[misc]


def test_empty_folders_become_the_systems_places_and_a_tilde_the_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setenv("VOICE_AGENT_DATA_DIR", "~/shop")
    loaded = settings.load()
    assert loaded.data_dir == Path("/home/anna/shop")
    assert loaded.models_dir.is_absolute()


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("hearing.engine", "kaldi", "'auto', 'vosk' or 'pocketsphinx'"),
        ("server.port", 99999, "less than or equal to 65535"),
        ("speaking.rate", "fast", "valid number"),
        ("audio.barge_in", "perhaps", "valid boolean"),
        ("shop.name", "../other", "must match"),
        ("understanding.url", "localhost:8080", "must match"),
    ],
)
def test_a_wrong_value_is_one_line_with_source_key_value_and_what_is_allowed(
    key: str, value: object, allowed: str
) -> None:
    said = message({key: value})
    assert said.startswith(f"flag: {key} = ")
    assert str(value) in said
    assert allowed in said


def test_a_wrong_value_in_the_users_file_names_the_file(home: Path) -> None:
    path = write(home, "[server]\nport = -1\n")
    assert message().startswith(f"{path}: server.port = -1")


def test_a_misspelt_key_is_answered_with_the_nearest_one(home: Path) -> None:
    write(home, '[hearing]\nengin = "vosk"\n')
    assert "did you mean hearing.engine?" in message()


def test_an_unknown_key_is_answered_with_what_its_section_has(home: Path) -> None:
    write(home, "[shop]\nzzz = 1\n")
    assert "shop.name" in message()


def test_a_value_in_place_of_a_section_is_refused(home: Path) -> None:
    write(home, "hearing = 3\n")
    assert "hearing = 3" in message()


def test_a_file_that_is_not_toml_names_the_line(home: Path) -> None:
    path = write(home, "[hearing]\nengine = \n")
    assert message().startswith(f"{path}: not valid TOML")
    assert "line 2" in message()


def test_every_default_is_allowed_and_every_field_has_a_default() -> None:
    table = tomllib.loads(settings.shipped(settings.DEFAULTS).read_text())
    assert table.keys() == settings.Settings.model_fields.keys()
    assert settings.load().values().keys() >= {"log_level", "understanding.threads"}


def test_a_secret_comes_from_its_variable_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_AGENT_UNDERSTANDING_API_KEY", "from the environment")
    loaded = settings.load({"understanding.api_key_file": str(home / "absent")})
    assert loaded.secret("understanding.api_key") == "from the environment"


def test_a_secret_comes_from_a_file_that_its_owner_alone_reads(home: Path) -> None:
    path = home / "key"
    path.write_text("from the file\n")
    loaded = settings.load({"understanding.api_key_file": str(path)})
    path.chmod(0o644)
    with pytest.raises(UsageError, match=f"chmod 600 {path}"):
        loaded.secret("understanding.api_key")
    path.chmod(0o600)
    assert loaded.secret("understanding.api_key") == "from the file"


def test_an_absent_or_empty_secret_file_is_an_error_and_no_file_is_no_secret(home: Path) -> None:
    assert settings.load().secret("understanding.api_key") is None
    loaded = settings.load({"understanding.api_key_file": str(home / "key")})
    with pytest.raises(UsageError, match="cannot be read"):
        loaded.secret("understanding.api_key")
    (home / "key").touch(mode=0o600)
    with pytest.raises(UsageError, match="is empty"):
        loaded.secret("understanding.api_key")
