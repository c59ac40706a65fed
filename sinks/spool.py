"""Rows on disk that wait for a store: ordered Arrow files, whole or not there."""

import json
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from config import faults
from rules.errors import Fatal
from schema import arrow
from schema.registry import table
from sinks.files import sync_directory

Tables = Mapping[str, pa.Table]
Positions = Mapping[str, str]

_NAME = re.compile(r"(\d{12})\.spool\Z")
_HEAD = 4


class SpoolFull(Exception):
    """The spool may not grow any further; nothing was written."""


class SpoolDamaged(Fatal):
    """A file is not what was written: the disk failed, or somebody changed it."""


@dataclass(frozen=True)
class Spooled:
    """One file of the spool: rows by table, and how far they reach in their streams."""

    path: Path
    size: int


class Spool:
    """Keeps batches in the order they came.

    A file is written under another name, fsynced and renamed, so that it is whole if it exists;
    a checksum over all of it tells what a disk did to it since.

    Args:
        directory: of this store's spool alone; made if missing.
        limit: bytes that all files may have together.
    """

    def __init__(self, directory: Path, limit: int) -> None:
        self._directory = directory
        self._limit = limit
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for torn in directory.glob("*.new"):
            torn.unlink()
        self._files = [Spooled(path, path.stat().st_size) for path in spooled_files(directory)]
        self._next = 1 + (int(self._files[-1].path.stem) if self._files else 0)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self._files)

    @property
    def damaged(self) -> int:
        """Files that were put aside."""
        return len(list(self._directory.glob("*.damaged")))

    def append(self, tables: Tables, positions: Positions) -> None:
        """Keep rows; they are on disk when this returns.

        Raises:
            SpoolFull: the limit would be exceeded.
            OSError: the disk is full or failed.
        """
        data = _encode(tables, positions)
        if self.size + len(data) > self._limit:
            raise SpoolFull(f"{self._directory} holds {self.size} of {self._limit} bytes")
        path = self._newest()
        new = path.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            faults.point("archive.spooling", OSError)
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        sync_directory(self._directory)
        self._added(path, len(data))

    def adopt(self, path: Path) -> None:
        """Take a file of another spool on the same disk, whatever the limit; its rows are newest.

        The caller sees to it that nobody else uses the other spool. After a crash the file is in
        one of the two.

        Raises:
            SpoolDamaged: the file is not what was written; it stays where it is.
            OSError: it cannot be moved.
        """
        _head(path)
        size = path.stat().st_size
        ours = path.replace(self._newest())
        # At once, or what fails next would let a later file take its name.
        self._added(ours, size)
        sync_directory(self._directory)
        sync_directory(path.parent)

    def first(self) -> tuple[dict[str, pa.Table], dict[str, str]]:
        """Return the oldest rows, and how far they reach.

        Raises:
            SpoolDamaged: the file is not what was written.
        """
        return _decode(self._files[0].path)

    def drop_first(self) -> None:
        """Forget the oldest rows, which the store has."""
        self._files.pop(0).path.unlink()

    def put_first_aside(self) -> Path:
        """Leave the oldest file to people, under another name; return that.

        Raises:
            OSError: it cannot be renamed.
        """
        path = self._files[0].path
        aside = path.replace(path.with_suffix(".damaged"))
        del self._files[0]
        return aside

    def positions(self) -> dict[str, str]:
        """Return how far all files together reach.

        Raises:
            SpoolDamaged: a file is not what was written.
        """
        reached: dict[str, str] = {}
        for file in self._files:
            reached.update(_head(file.path)[0]["positions"])
        return reached

    def _newest(self) -> Path:
        """Where the next file will be."""
        return self._directory / f"{self._next:012d}.spool"

    def _added(self, path: Path, size: int) -> None:
        self._files.append(Spooled(path, size))
        self._next += 1


def spooled_files(directory: Path) -> list[Path]:
    """Return the files of a spool, oldest first."""
    return sorted(path for path in directory.iterdir() if _NAME.match(path.name))


def _encode(tables: Tables, positions: Positions) -> bytes:
    parts: list[bytes] = []
    for rows in tables.values():
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, rows.schema, options=options) as writer:
            writer.write_table(rows)
        parts.append(sink.getvalue().to_pybytes())
    head = json.dumps(
        {"positions": dict(positions), "tables": list(tables), "sizes": [len(p) for p in parts]}
    ).encode()
    body = b"".join([len(head).to_bytes(_HEAD, "little"), head, *parts])
    return zlib.crc32(body).to_bytes(_HEAD, "little") + body


def _head(path: Path) -> tuple[dict[str, Any], memoryview]:
    data = memoryview(path.read_bytes())
    if len(data) < 2 * _HEAD or zlib.crc32(data[_HEAD:]) != int.from_bytes(data[:_HEAD], "little"):
        raise SpoolDamaged(f"{path} is damaged; restore it, or move it away to give up its rows")
    size = int.from_bytes(data[_HEAD : 2 * _HEAD], "little")
    body = 2 * _HEAD + size
    return json.loads(bytes(data[2 * _HEAD : body])), data[body:]


def _decode(path: Path) -> tuple[dict[str, pa.Table], dict[str, str]]:
    head, body = _head(path)
    tables: dict[str, pa.Table] = {}
    for name, size in zip(head["tables"], head["sizes"], strict=True):
        rows = pa.ipc.open_stream(pa.py_buffer(body[:size])).read_all()
        # An older program may have written it.
        tables[name] = pa.Table.from_batches([arrow.conform(table(name), rows)])
        body = body[size:]
    return tables, head["positions"]
