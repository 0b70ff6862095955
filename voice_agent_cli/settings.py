"""One typed settings object, and where each of its values came from.

Defaults in ``config/default.toml``, then the user's ``config.toml``, then
``VOICE_AGENT_*``, then flags. A new setting is one line in the defaults and one
field here.
"""

import json
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError
from pydantic_core import ErrorDetails

from voice_agent_cli.errors import UsageError

APPLICATION = "voice-agent"
DEFAULTS = "config/default.toml"
FLAG = "flag"
NO_FLAGS: Mapping[str, object] = MappingProxyType({})


class Section(BaseModel):
    """A table of the settings file: fixed once loaded, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class AudioSettings(Section):
    input_device: str
    output_device: str
    barge_in: bool


class HearingSettings(Section):
    engine: Literal["auto", "vosk", "pocketsphinx"]
    model: str


class UnderstandingSettings(Section):
    engine: Literal["llama_cpp", "openai_compatible"]
    model: str
    adapter: str
    tagger: str
    threads: Annotated[int, Field(ge=0, le=1024)]
    url: Annotated[str, Field(pattern=r"^(https?://.+)?$")]
    api_key_file: str


class SpeakingSettings(Section):
    engine: Literal["auto", "piper", "espeak"]
    voice: str
    rate: Annotated[float, Field(ge=0.5, le=2.0)]


class ShopSettings(Section):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class ServerSettings(Section):
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=0, le=65535)]
    cors_origins: Annotated[str, Field(pattern=r"^(\*|(https?://[^\s/]+(\s+|$))*)$")]
    trust_proxy: bool
    token_lifetime_s: Annotated[int, Field(ge=60, le=86_400 * 30)]
    session_timeout_s: Annotated[int, Field(ge=10, le=86_400 * 30)]
    keep_days: Annotated[int, Field(ge=0, le=36_500)]
    jwt_secret_file: str


class Settings(Section):
    """Every setting, checked. ``source`` tells where a value came from."""

    data_dir: Path
    models_dir: Path
    log_level: Literal["debug", "info", "warning", "error"]
    audio: AudioSettings
    hearing: HearingSettings
    understanding: UnderstandingSettings
    speaking: SpeakingSettings
    shop: ShopSettings
    server: ServerSettings

    _sources: dict[str, str] = PrivateAttr(default_factory=dict)

    def source(self, key: str) -> str:
        """Where ``section.key`` was set: a file, a ``VOICE_AGENT_…`` variable or ``flag``."""
        return self._sources[key]

    def values(self) -> dict[str, object]:
        """Every setting by its dotted key, in the order of the defaults."""
        return dict(_flatten(self.model_dump(mode="json")))

    def secret(self, key: str) -> str | None:
        """The secret ``section.key``: from its variable, else from the file ``section.key_file`` names.

        Raises:
            UsageError: The file is absent, empty, or readable by others.
        """
        if value := os.environ.get(variable(key)):
            return value
        name = self.values().get(f"{key}_file")
        return _read_secret(f"{key}_file", Path(str(name)).expanduser()) if name else None


def load(flags: Mapping[str, object] = NO_FLAGS) -> Settings:
    """Read every layer, the later overriding the earlier.

    Args:
        flags: Dotted key to value, as in ``{"hearing.engine": "vosk"}``; None = not given.

    Raises:
        UsageError: A file that is not TOML, an unknown key, or a value that is not allowed.
    """
    defaults = dict(_flatten(_read_toml(shipped(DEFAULTS))))
    named = {variable(key): key for key in defaults}
    layers: list[tuple[str, Mapping[str, object]]] = [
        (DEFAULTS, defaults),
        (str(user_file()), dict(_flatten(_read_toml(user_file())))),
        *((name, {key: os.environ[name]}) for name, key in named.items() if name in os.environ),
        (FLAG, {key: value for key, value in flags.items() if value is not None}),
    ]
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for source, layer in layers:
        for key, value in layer.items():
            _check_known(source, key, value, defaults)
            values[key], sources[key] = value, source
    return _checked(values, sources)


def user_file() -> Path:
    """The user's own settings file, which need not exist."""
    return Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"


def variable(key: str) -> str:
    """The environment variable of a dotted key: ``hearing.engine`` -> ``VOICE_AGENT_HEARING_ENGINE``."""
    return "VOICE_AGENT_" + key.replace(".", "_").upper()


def shipped(name: str) -> Path:
    """What the repository ships in ``config/`` or ``models/``, as in ``models/registry.toml``.

    Found in the checkout or, once installed, inside the package.
    """
    package = Path(__file__).resolve().parent
    in_wheel = package / "_data"
    return (in_wheel if in_wheel.is_dir() else package.parent) / name


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); make it readable") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _check_known(source: str, key: str, value: object, known: Mapping[str, object]) -> None:
    if key in known:
        return
    section = key.rpartition(".")[0]
    siblings = [name for name in known if name.rpartition(".")[0] == section]
    near = get_close_matches(key, known, n=1)
    allowed = f"did you mean {near[0]}?" if near else f"allowed here: {', '.join(siblings or known)}"
    raise UsageError(f"{source}: {key} = {_shown(value)}: no such setting; {allowed}", {"field": key})


def _checked(values: Mapping[str, object], sources: dict[str, str]) -> Settings:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        table = tree
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = value
    tree["data_dir"] = _folder(tree["data_dir"], platformdirs.user_data_dir(APPLICATION))
    tree["models_dir"] = _folder(tree["models_dir"], platformdirs.user_cache_dir(APPLICATION) + "/models")
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        wrong = f"{sources.get(key, DEFAULTS)}: {key} = {_shown(first['input'])}"
        raise UsageError(f"{wrong}: {_allowed(first)}", {"field": key}) from error
    settings._sources.update(sources)
    return settings


def _folder(value: object, default: str) -> Path:
    return Path(str(value) or default).expanduser().absolute()


def _allowed(error: ErrorDetails) -> str:
    context = cast("Mapping[str, object]", error.get("ctx", {}))
    if error["type"] == "literal_error":
        return f"allowed: {context['expected']}"
    if error["type"] == "string_pattern_mismatch":
        return f"must match {context['pattern']}"
    return error["msg"].replace("Input should be", "must be")


def _shown(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _read_secret(key: str, path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{key} = {path}: cannot be read; write the secret into it", {"field": key}
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"{key} = {path}: others can read it; type: chmod 600 {path}", {"field": key})
    if not text:
        raise UsageError(f"{key} = {path}: is empty; write the secret into it", {"field": key})
    return text
