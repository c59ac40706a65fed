"""The how-to of PostgreSQL's recovery, followed on a real server, step by step as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest

from embedded.ports import LOOPBACK, free_port
from tests.integration.schema.conftest import migrate
from tests.postgres import programs
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "postgres_recovery.md").read_text()
PASSWORD = "recovery test password"
EXAMPLE_TIME = "2026-11-21 08:30:00+00"


def blocks(kind: str) -> list[str]:
    found: list[str] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return found


class Server:
    """One PostgreSQL on a directory; the page's paths are those of the test."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.who: dict[str, Any] = {}
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            self.who = {"user": "nobody", "group": "nogroup"}
            shutil.chown(home, "nobody", "nogroup")
        self.programs = programs(home, self.who)
        self.port = free_port()
        self.url = f"postgresql://postgres:{quote(PASSWORD)}@{LOOPBACK}:{self.port}/postgres"
        self.data = home / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def here(self, text: str) -> str:
        """The page's text with the test's paths."""
        text = text.replace("/srv/postgres/data", str(self.data))
        return text.replace("/backup", str(self.home / "backup"))

    def run(self, script: str) -> None:
        """Run commands of the page as its reader would."""
        env = {
            **os.environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": "postgres",
            "PGPASSWORD": PASSWORD,
        }
        done = subprocess.run(
            ["bash", "-ec", self.here(script)], capture_output=True, text=True, check=False,
            cwd=self.home, env=env, **self.who,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def configure(self, lines: str) -> None:
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"\n{self.here(lines)}\n")

    def make(self) -> None:
        secret = self.home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self.run(
            f"initdb -D {self.data} -U postgres --auth=scram-sha-256 --pwfile={secret}"
            " --encoding=UTF8 --locale=C >/dev/null; mkdir -p /backup/wal"
        )
        self.configure(
            f"listen_addresses = '{LOOPBACK}'\nport = {self.port}\nunix_socket_directories = ''\n"
            "shared_buffers = '32MB'\n"
        )

    def start(self) -> None:
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data],
                stdout=log, stderr=log, cwd=self.home, **self.who,
            )  # fmt: skip
        eventually(self._answers, 60, what="PostgreSQL answers")

    def stop(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.home / "log").read_text()
        try:
            with self.connect() as connection:
                (recovers,) = connection.execute(blocks("sql")[1]).fetchone() or (True,)
        except psycopg.OperationalError:
            return False
        return not recovers


@pytest.fixture
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="tradecast-recovery-"))
    server = Server(home)
    try:
        server.make()
        yield server
    finally:
        server.stop(signal.SIGINT)
        shutil.rmtree(home)


def add_user(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(
        "INSERT INTO users (email, username, password_hash) VALUES (%s, %s, 'x')",
        [f"{name}@example.com", name],
    )


def users(connection: psycopg.Connection[Any]) -> set[str]:
    return {row[0] for row in connection.execute("SELECT username FROM users").fetchall()}


def test_rows_before_the_moment_are_there_and_later_ones_are_not(server: Server) -> None:
    archiving, recovery = blocks("ini")
    base, back = blocks("sh")
    watching = blocks("sql")[0]
    server.configure(archiving)
    server.start()
    with server.connect() as owner:
        migrate(owner.execute, "postgres")
        add_user(owner, "before the base backup")
        server.run(base)
        add_user(owner, "after the base backup")
        (moment,) = owner.execute("SELECT clock_timestamp()::text").fetchone() or ("",)
        add_user(owner, "after the moment")
        owner.execute("DELETE FROM users WHERE username = 'before the base backup'")
        assert users(owner) == {"after the base backup", "after the moment"}
        (last,) = owner.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)

        def archived() -> bool:
            found = owner.execute(watching).fetchone()
            return found is not None and found[0] is not None and found[0] >= last

        eventually(archived, 60, what="the log is archived")
    # The disk is gone.
    server.stop(signal.SIGKILL)
    server.data.rename(server.home / "lost")
    server.run(back)
    assert EXAMPLE_TIME in recovery
    server.configure(recovery.replace(EXAMPLE_TIME, str(moment)))
    server.start()
    with server.connect() as owner:
        assert users(owner) == {"before the base backup", "after the base backup"}
        told = owner.execute("SELECT new_values ->> 'username' FROM audit_log").fetchall()
        assert {row[0] for row in told} == {"before the base backup", "after the base backup"}
        # It is a server like any other again: rows go in, and are audited.
        add_user(owner, "after the recovery")
        (count,) = owner.execute("SELECT count(*) FROM audit_log").fetchone() or (0,)
        assert count == 3
