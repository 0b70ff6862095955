"""Which models there are, where their files lie, and whether they are whole.

``models/registry.toml`` names every model. A model's files lie in a folder of its
own under the models directory, next to a record of their full check; loading
compares sizes and times with that record, ``verify`` reads every byte again.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from voice_agent_cli import settings
from voice_agent_cli.errors import ModelError

RECORD = ".verified.json"
State = Literal["ready", "absent", "damaged"]


class ModelFile(BaseModel):
    """One file of a model, or one folder that is unpacked from an archive.

    ``size`` (bytes) and ``sha256`` are the file's own, or the archive's where
    ``unpack`` names the folder inside it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    source: str
    size: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    unpack: str | None = None

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        if not is_inside(value):
            raise ValueError("must be a relative path without ..")
        return value

    @property
    def shipped(self) -> Path | None:
        """Where it lies when the program brings it along, else None."""
        is_remote = self.source.startswith(("pypi:", "http://", "https://"))
        return None if is_remote else settings.shipped("models") / self.source


class Model(BaseModel):
    """A known model. ``files[0]`` is what an engine opens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    purpose: Literal["hearing", "understanding", "speaking", "meaning"]
    about: str
    licence: Annotated[str, Field(min_length=1)]
    default: Literal["yes", "try", "no"]
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1)]

    @property
    def size(self) -> int:
        """Bytes of all its files as listed (of the archive where one is unpacked)."""
        return sum(file.size for file in self.files)

    @property
    def shipped(self) -> bool:
        """Whether the program brings it along, so that there is nothing to pull."""
        return all(file.shipped is not None for file in self.files)


class CheckedFile(BaseModel):
    """What a file was when all its bytes were checked."""

    size: int
    mtime_ns: int
    sha256: str


class Record(BaseModel):
    """The full check of one model: which registry entry it met, and what lay there."""

    model: Model
    files: dict[str, CheckedFile]


@cache
def models() -> tuple[Model, ...]:
    """Every known model, in the registry's order."""
    return parse(settings.shipped("models/registry.toml").read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Model, ...]:
    """The models of a registry file's text."""
    return tuple(Model.model_validate(entry) for entry in tomllib.loads(text)["model"])


def find(name: str) -> Model:
    """The model of that name.

    Raises:
        ModelError: There is none; the message lists the names.
    """
    for model in models():
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models())
    raise ModelError(f"no model is called {name}; known are {known}", {"field": "name"})


def path(name: str, models_dir: Path | None = None) -> Path:
    """The file or folder an engine opens for a model's name, or for a path of the user's own.

    Args:
        name: A name of the registry, or a file or folder anywhere.
        models_dir: Where models were pulled to; None = the settings' own.

    Raises:
        ModelError: Absent or damaged; the message says what to type.
    """
    own = Path(name).expanduser()
    if own.exists() and name not in {model.name for model in models()}:
        return own
    model = find(name)
    folder = models_dir or settings.load().models_dir
    match state(model, folder):
        case "ready":
            return location(model, model.files[0], folder)
        case "absent":
            raise ModelError(f"the model {name} is not here; type: voice-agent models pull {name}")
        case "damaged":
            raise ModelError(f"the model {name} is damaged; type: voice-agent models pull {name}")


def location(model: Model, file: ModelFile, models_dir: Path) -> Path:
    """Where one file of a model lies, or would lie."""
    return file.shipped or models_dir / model.name / file.path


def state(model: Model, models_dir: Path) -> State:
    """Whether a model can be loaded, from sizes and times; no byte is read where those are as recorded."""
    if model.shipped:
        return _state_of_shipped(model)
    folder = models_dir / model.name
    if not folder.is_dir():
        return "absent"
    record = _read_record(folder)
    if record is None or record.model.files != model.files:
        return "damaged"
    if all(_stat(folder / name) == (file.size, file.mtime_ns) for name, file in record.files.items()):
        return "ready"
    # A copy to another disk changes the times alone: read it once and remember.
    return verify(model, models_dir)


def verify(model: Model, models_dir: Path) -> State:
    """Read every byte of a model and compare it with what it must be."""
    if model.shipped:
        whole = all(_holds(file.shipped, file.sha256) for file in model.files)
        return "ready" if whole else "damaged"
    folder = models_dir / model.name
    if not folder.is_dir():
        return "absent"
    record = _read_record(folder)
    if record is None or record.model.files != model.files:
        return "damaged"
    if not all(_holds(folder / name, file.sha256) for name, file in record.files.items()):
        return "damaged"
    with suppress(OSError):  # a folder of models may be shared and read-only
        write_record(model, folder, {name: file.sha256 for name, file in record.files.items()})
    return "ready"


def write_record(model: Model, folder: Path, digests: Mapping[str, str]) -> None:
    """Remember, beside a model's files, that each was checked just now and has this SHA-256."""
    files = {}
    for name, digest in digests.items():
        size, mtime_ns = _stat(folder / name)
        files[name] = CheckedFile(size=size, mtime_ns=mtime_ns, sha256=digest)
    part = folder / f"{RECORD}.part"
    part.write_text(Record(model=model, files=files).model_dump_json(indent=1), encoding="utf-8")
    part.replace(folder / RECORD)


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_inside(name: str) -> bool:
    """Whether a name from an archive or a registry stays inside the folder it is put in."""
    parts = PurePosixPath(name).parts
    return (
        bool(parts) and not name.startswith("/") and ".." not in parts and not set(name) & {"\\", ":", "\0"}
    )


def _state_of_shipped(model: Model) -> State:
    sizes = [_stat(file.shipped)[0] if file.shipped else 0 for file in model.files]
    return "ready" if sizes == [file.size for file in model.files] else "damaged"


def _read_record(folder: Path) -> Record | None:
    try:
        return Record.model_validate(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def _stat(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return (-1, -1)
    return status.st_size, status.st_mtime_ns


def _holds(file: Path | None, digest: str) -> bool:
    try:
        return file is not None and sha256(file) == digest
    except OSError:
        return False
