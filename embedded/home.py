"""The directory that holds everything of one installation: data, logs, secrets."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded.errors import HomeLocked, NotAHome, Unwritable, WrongVersion
from embedded.lock import DirectoryLock
from embedded.server import make_private

VERSION: Final = 1
_VERSION_FILE: Final = "version"
_PASSWORD_BYTES: Final = 24
_SECRET_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home; every directory exists, private to this user.

    Attributes:
        path: absolute.
    """

    path: Path

    @property
    def valkey_dir(self) -> Path:
        """Valkey's append-only file."""
        return self.path / "valkey"

    @property
    def clickhouse_dir(self) -> Path:
        """The chdb data and its configuration."""
        return self.path / "clickhouse"

    @property
    def duckdb_dir(self) -> Path:
        """DuckDB's database files."""
        return self.path / "duckdb"

    @property
    def run_dir(self) -> Path:
        """Sockets, and the lock of `tradecast up`."""
        return self.path / "run"

    @property
    def log_dir(self) -> Path:
        """A log file for each process."""
        return self.path / "log"

    @property
    def spool_dir(self) -> Path:
        """Arrow files that wait for a store."""
        return self.path / "spool"

    @property
    def executors_dir(self) -> Path:
        """Journals of the executors."""
        return self.path / "executors"

    @property
    def recovery_dir(self) -> Path:
        """Bytewax's recovery stores."""
        return self.path / "recovery"

    @property
    def secrets_dir(self) -> Path:
        """Passwords of the embedded servers."""
        return self.path / "secrets"

    @property
    def directories(self) -> tuple[Path, ...]:
        """All of them."""
        return (
            self.valkey_dir,
            self.clickhouse_dir,
            self.duckdb_dir,
            self.run_dir,
            self.log_dir,
            self.spool_dir,
            self.executors_dir,
            self.recovery_dir,
            self.secrets_dir,
        )

    def lock(self) -> DirectoryLock:
        """The lock that one `tradecast up` holds; not taken yet. It raises `HomeLocked`."""
        return DirectoryLock(self.run_dir, error=HomeLocked)

    def password_file(self, name: str) -> Path:
        """The file (0600) with a server's password, made with a random one when first asked for.

        Args:
            name: of the server, such as `valkey`.

        Raises:
            Unwritable: it cannot be written or read.
        """
        if not _SECRET_NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a secret")
        path = self.secrets_dir / name
        if not path.exists():
            # Whoever comes first decides; a second process that asks at once gets the same.
            with suppress(FileExistsError):
                _publish(path, secrets.token_urlsafe(_PASSWORD_BYTES), replace=False)
        return path

    def password(self, name: str) -> str:
        """A server's password, made when first asked for.

        Args:
            name: of the server, such as `valkey`.

        Raises:
            Unwritable: its file cannot be written or read.
        """
        path = self.password_file(name)
        try:
            return path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise Unwritable(
                f"cannot read {path}: {error.strerror}; give this user access to it"
            ) from error


def open_home(path: Path, *, create: bool = True) -> Home:
    """Open a home, or make one.

    Args:
        path: the directory; missing or empty for a new home.
        create: whether to make one where there is none.

    Raises:
        NotAHome: the directory holds something else, or there is none and `create` is false.
        Unwritable: it cannot be created or written.
        WrongVersion: another release made it, in a layout unknown here.
    """
    home = Home(path.expanduser().absolute())
    marker = home.path / _VERSION_FILE
    found = _read_version(home.path, marker)
    if found is None:
        if not create:
            raise NotAHome(
                f"{home.path} is not a Tradecast home; name another, or run tradecast up"
            )
        make_private(home.path)
        _publish(marker, f"{VERSION}\n", replace=True)
    elif found != str(VERSION):
        raise WrongVersion(_version_message(home.path, found))
    for directory in home.directories:
        make_private(directory)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise Unwritable(
                f"cannot write to {directory}; give this user write access, or choose another home"
            )
    return home


def _read_version(home: Path, marker: Path) -> str | None:
    """What the version file says; None for a home yet to be made."""
    try:
        return marker.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Unwritable(
            f"cannot read {marker}: {error.strerror}; give this user access, or choose another home"
        ) from error
    try:
        # A hidden file may be the version that another process is about to write.
        content = sorted(entry.name for entry in home.iterdir() if entry.name[0] != ".")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unwritable(
            f"cannot use {home} as home: {error.strerror}; choose another directory"
        ) from error
    if _VERSION_FILE in content:
        # Another process has made it since we looked.
        return _read_version(home, marker)
    if content:
        raise NotAHome(
            f"{home} is not a Tradecast home: it has no file {_VERSION_FILE} but holds"
            f" {content[0]}; choose an empty or a new directory"
        )
    return None


def _version_message(home: Path, found: str) -> str:
    if not found.isascii() or not found.isdigit():
        return (
            f"{home} has layout version {found[:20]!r}, which is no number; restore its file"
            f" {_VERSION_FILE}, or choose another home"
        )
    if int(found) > VERSION:
        return (
            f"{home} has layout version {found}, and this release knows {VERSION}; install the"
            " newer release that made it, or choose another home"
        )
    return (
        f"{home} has layout version {found}, and this release needs {VERSION}; open it with the"
        " older release that made it, or choose another home"
    )


def _publish(path: Path, text: str, *, replace: bool) -> None:
    """Write a private file so that it is never seen half written, and is on disk.

    Raises:
        FileExistsError: it exists, and is not to be replaced.
        Unwritable: it cannot be written.
    """
    try:
        fd, name = tempfile.mkstemp(prefix=".", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(fd, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(path)
            else:
                path.hardlink_to(temporary)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise Unwritable(
            f"cannot write {path}: {error.strerror}; give this user write access, or choose another"
            " home"
        ) from error
