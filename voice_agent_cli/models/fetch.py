"""Bytes from a URL or from a package of the user's own index, resumed where they stopped."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from voice_agent_cli.errors import ModelError
from voice_agent_cli.models.registry import sha256

CONNECT_SECONDS = 5
READ_SECONDS = 60
ATTEMPTS = 3
CHUNK = 1 << 18

Progress = Callable[[int, int | None], None]
"""Told the bytes that are here and, where known, the bytes there will be."""


class UnreachableError(ModelError):
    """The server of a model did not answer, or refuses to give it."""


@dataclass(frozen=True)
class Download:
    """Bytes to fetch, and how to be certain of them. ``size`` is None where only the hash is known."""

    url: str
    sha256: str
    size: int | None = None

    @property
    def name(self) -> str:
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


def locate_package(requirement: str) -> Download:
    """Where the user's package index keeps the wheel of ``PACKAGE==VERSION``.

    pip is asked, so that its settings (index, proxy, links) are the ones in force.

    Raises:
        UnreachableError: The index does not answer or does not have it.
    """
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"]
    command += [
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
        "--quiet",
        "--report",
        "-",
        requirement,
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        reason = (answer.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise UnreachableError(
            f"the package {requirement} cannot be found ({reason}); check the network and `pip config list`"
        )
    found = json.loads(answer.stdout)["install"][0]["download_info"]
    return Download(found["url"], found["archive_info"]["hashes"]["sha256"])


def fetch_package(requirement: str, download: Download, part: Path) -> None:
    """Let pip itself fetch a wheel: it knows the passwords and certificates that an index may ask for.

    Raises:
        UnreachableError: pip cannot get it either.
        ModelError: It is not what the index said it is.
    """
    with TemporaryDirectory(dir=part.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check"]
        command += ["--only-binary", ":all:", "--quiet", "--dest", folder, requirement]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            raise UnreachableError(f"the package {requirement} cannot be fetched; check `pip config list`")
        next(Path(folder).iterdir()).replace(part)
    if sha256(part) != download.sha256:
        part.unlink()
        raise ModelError(f"{download.name} is not the file it must be (its SHA-256 differs)")


def fetch(download: Download, part: Path, progress: Progress) -> None:
    """Make ``part`` the whole of a download, going on from what is there already.

    Raises:
        UnreachableError: No server answered.
        ModelError: It broke off, is not what it must be, or the disk is full.
    """
    resumed = part.exists() and part.stat().st_size > 0
    _fill(download, part, progress)
    if sha256(part) == download.sha256:
        return
    part.unlink()
    if resumed:  # what was there may have been the bad half
        _fill(download, part, progress)
        if sha256(part) == download.sha256:
            return
        part.unlink()
    raise ModelError(
        f"{download.name} is not the file it must be (its SHA-256 differs) and was thrown away; "
        "try again, or get it over another network"
    )


def _fill(download: Download, part: Path, progress: Progress) -> None:
    import httpx

    for attempt in range(1, ATTEMPTS + 1):
        try:
            if urlsplit(download.url).scheme == "file":
                return _copy(Path(unquote(urlsplit(download.url).path)), part)
            return _stream(download, part, progress)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnreachableError(
                f"{urlsplit(download.url).hostname} does not answer; check the network"
            ) from error
        except httpx.HTTPStatusError as error:
            raise UnreachableError(
                f"{urlsplit(download.url).hostname} answers {error.response.status_code} for {download.name}"
            ) from error
        except httpx.HTTPError as error:
            if attempt == ATTEMPTS:
                raise ModelError(f"{download.name} broke off; run this again, it resumes") from error
        except OSError as error:
            raise ModelError(
                f"{part}: {error.strerror}; make room or mend the folder, then run this again"
            ) from error
    return None


def _copy(source: Path, part: Path) -> None:
    with source.open("rb") as origin, part.open("wb") as target:
        while chunk := origin.read(CHUNK):
            target.write(chunk)


def _stream(download: Download, part: Path, progress: Progress) -> None:
    import httpx

    have = part.stat().st_size if part.exists() else 0
    if have == download.size:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with httpx.stream(
        "GET", download.url, headers=headers, timeout=timeout, follow_redirects=True, verify=_certificates()
    ) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # everything is here already; its hash decides
        response.raise_for_status()
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            have = 0
        total = download.size or _total(response, have)
        with part.open("ab" if have else "wb") as target:
            for chunk in response.iter_raw():
                have += len(chunk)
                if total is not None and have > total:
                    raise httpx.RemoteProtocolError("more bytes than there are")
                target.write(chunk)
                progress(have, total)
        if total is not None and have < total:
            raise httpx.RemoteProtocolError("fewer bytes than there are")


def _total(response: Any, have: int) -> int | None:
    length = response.headers.get("content-length")
    return have + int(length) if length else None


def _certificates() -> ssl.SSLContext:
    """The system's certificates, certifi's, and those pip is told to trust."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if own := os.environ.get("PIP_CERT"):
        context.load_verify_locations(own)
    return context
