"""A file to import as a stream of bytes or text: unpacked within limits, its encoding found."""

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, BinaryIO, cast

from voice_agent_cli.errors import NotFoundError, UsageError

MOST_UNPACKED = 2 * 1024**3
MOST_EXPANSION = 150  # real exports shrink 5 to 30 times; a bomb a thousand
_EXPANSION_FROM = 32 * 1024**2
_DATA_ENDINGS = (".csv", ".tsv", ".txt", ".xml", ".json", ".jsonl", ".ndjson")
_START = 64 * 1024


@dataclass(frozen=True)
class Source:
    """A catalogue file on disk. Opened anew for each pass; nothing of it is kept in memory."""

    path: Path

    @contextmanager
    def bytes(self) -> Iterator[BinaryIO]:
        """The file's bytes, unpacked if it is gzip or zip.

        Raises:
            NotFoundError: there is no such file.
            UsageError: it cannot be read or unpacked, or unpacks to more than a catalogue can be.
        """
        try:
            with self.path.open("rb") as packed, self._unpacked(packed) as plain:
                yield plain
        except FileNotFoundError:
            raise NotFoundError(f"{self.path} does not exist", {"field": "file"}) from None
        except IsADirectoryError:
            raise UsageError(f"{self.path} is a folder; name a file", {"field": "file"}) from None
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise UsageError(
                f"{self.path} cannot be unpacked ({error}); save it again", {"field": "file"}
            ) from error
        except PermissionError:
            raise UsageError(
                f"{self.path} may not be read; check its permissions", {"field": "file"}
            ) from None

    @contextmanager
    def text(self) -> Iterator[IO[str]]:
        """The file's text, its line ends kept, without a byte order mark."""
        with self.bytes() as stream:
            buffered = io.BufferedReader(cast(io.RawIOBase, stream))
            yield io.TextIOWrapper(buffered, self.encoding, errors="replace", newline="")

    @cached_property
    def encoding(self) -> str:
        """By its byte order mark; else UTF-8 if all of it is; else what older Windows programs write."""
        with self.bytes() as stream:
            start = stream.read(_START)
            if start.startswith(codecs.BOM_UTF8):
                return "utf-8-sig"
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if start[1:2] == b"\0" or start[:1] == b"\0":
                return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                while start:
                    decoder.decode(start)
                    start = stream.read(_START)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
        return "utf-8"

    @cached_property
    def start(self) -> str:
        """The first characters, for telling formats apart."""
        with self.bytes() as stream:
            raw = stream.read(_START)
        return raw.decode(self.encoding, errors="ignore").lstrip("\ufeff")

    @contextmanager
    def _unpacked(self, packed: BinaryIO) -> Iterator[BinaryIO]:
        magic = packed.read(4)
        packed.seek(0)
        size = self.path.stat().st_size
        if magic.startswith(b"\x1f\x8b"):
            with gzip.open(packed) as stream:
                yield cast(BinaryIO, _Limited(cast(BinaryIO, stream), size))
        elif magic == b"PK\x03\x04":
            with zipfile.ZipFile(packed) as archive, archive.open(_only_data_file(archive)) as stream:
                yield cast(BinaryIO, _Limited(cast(BinaryIO, stream), size))
        else:
            yield cast(BinaryIO, _Limited(packed, size))


class _Limited(io.RawIOBase):
    """A stream that refuses to give more than a catalogue can be, for what it was packed in."""

    def __init__(self, stream: BinaryIO, packed_size: int) -> None:
        self._stream = stream
        self._packed_size = max(1, packed_size)
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        chunk = self._stream.read(len(view))
        view[: len(chunk)] = chunk
        self._given += len(chunk)
        expanded = self._given > _EXPANSION_FROM and self._given / self._packed_size > MOST_EXPANSION
        if expanded or self._given > MOST_UNPACKED:
            raise UsageError(
                f"the file unpacks to more than {self._given // 1024**2} MB, which no catalogue is; "
                "unpack it yourself if you trust it",
                {"field": "file"},
            )
        return len(chunk)


def _only_data_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    found = [
        entry
        for entry in archive.infolist()
        if entry.filename.lower().endswith(_DATA_ENDINGS) and not entry.filename.startswith("__MACOSX")
    ]
    if len(found) != 1:
        names = ", ".join(entry.filename for entry in found[:5]) or "none"
        raise UsageError(
            f"the zip must hold one catalogue file, it holds {names}; unpack it and name the file",
            {"field": "file"},
        )
    return found[0]
