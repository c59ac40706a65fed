"""Migrations of ClickHouse: by one program at a time, and cut short wherever it may be.

ClickHouse has no transaction for definitions and no lock to take, and every statement that a
migration runs may be repeated, but not amid another run of it: what one takes away, the other
must still find. A turn is a table, which can be created once; its comment says whose it is.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from config import faults
from embedded.processes import alive
from rules.errors import Fatal
from schema import arrow, clickhouse, migrations
from schema.migrations import LEDGER
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clickhouse_connect.driver.client import Client

    from schema.migrations import Migration

# The number behind it rises whenever a turn is taken from a holder that is gone.
_TURN: Final = "migration_turn_"
_DEFAULT: Final = (
    "SELECT default_kind FROM system.columns"
    " WHERE database = currentDatabase() AND table = {of:String} AND name = {name:String}"
)
_TABLE_ALREADY_EXISTS: Final = 57
_RENEWED_S: Final = 5.0
_POLL_S: Final = 0.2
# Held while this process migrates: a turn of its own that stands meanwhile is of a migration that
# failed, with the server that would have taken it back.
_OURS: Final = threading.Lock()


class DatabaseTooNew(Fatal):
    """A newer release has migrated the database."""


class MigrationRuns(OperationalError):
    """Another program migrates the database: it may be done the next time."""


class MigrationStopped(OperationalError):
    """This program shall end: whoever is next goes on with the migration."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for another program's migration.

    Attributes:
        wait_s: until it is done.
        gone_s: until a holder that says nothing is taken for gone; less where it is seen to be.
    """

    wait_s: float = 60.0
    # Longer than an answer of the server may take, after which a program gives up.
    gone_s: float = 30.0


def migrate(
    client: Client,
    known: tuple[Migration, ...] = migrations.MIGRATIONS,
    patience: Patience = Patience(),
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Bring a database to this release; nobody who reads or writes has to wait.

    Args:
        client: of the database.
        known: all migrations, in order.
        patience: with another program that migrates.
        stopped: whether this program shall end; asked before each statement.

    Raises:
        DatabaseTooNew: it is beyond it.
        MigrationRuns: another program migrates it, and is not done in time.
        MigrationStopped: this program shall end.
    """
    if not _pending(client, known):
        return
    with _OURS, _turn(client, patience, stopped) as renew:
        for migration in _pending(client, known):
            # Each statement may be repeated, for a migration may be interrupted.
            for statement in migrations.statements(migration, "clickhouse"):
                faults.point("migrate.statement")
                _go_on(stopped)
                renew()
                run(client, statement)
            faults.point("migrate.record")
            _record(client, migration)


def _go_on(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise MigrationStopped("stopped amid a migration of ClickHouse, which the next start ends")


def run(client: Client, statement: str) -> None:
    """Run one statement of a migration, which may have run before."""
    removed = clickhouse.removed_default(statement)
    if removed is None or client.command(_DEFAULT, dict(zip(("of", "name"), removed, strict=True))):
        client.command(statement)


def _pending(client: Client, known: tuple[Migration, ...]) -> list[Migration]:
    applied: dict[str, str] = {}
    if int(client.command(f"EXISTS TABLE {LEDGER}")):  # type: ignore[arg-type]
        query = f"SELECT version, checksum FROM {LEDGER} FINAL"  # noqa: S608 - a constant
        applied = {str(version): str(mark) for version, mark in client.query(query).result_rows}
    try:
        return migrations.pending(applied, "clickhouse", known)
    except (migrations.SchemaTooNewError, migrations.MigrationChangedError) as error:
        raise DatabaseTooNew(str(error)) from error


def _record(client: Client, migration: Migration) -> None:
    row = arrow.batch(
        table(LEDGER),
        {
            "version": [migration.version],
            "name": [migration.name],
            "checksum": [migrations.checksum(migration, "clickhouse")],
            "applied_at": datetime.now(UTC),
        },
    )
    client.insert_arrow(LEDGER, pa.Table.from_batches([row]))


@contextmanager
def _turn(
    client: Client, patience: Patience, stopped: Callable[[], bool]
) -> Iterator[Callable[[], None]]:
    """Hold the turn; what is given tells the others that it is still held."""
    number = _take(client, patience, stopped)
    name, renewed = f"{_TURN}{number}", time.monotonic()

    def renew() -> None:
        nonlocal renewed
        if time.monotonic() - renewed > _RENEWED_S:
            client.command(f"ALTER TABLE {name} MODIFY COMMENT '{_told_by(client)}'")
            renewed = time.monotonic()

    try:
        yield renew
    finally:
        # Those before it are of holders that are gone. Where the server is gone too, the turn stays
        # until this process tries again, or `gone_s` ends it; what is to be told now is why the
        # migration failed.
        with suppress(ClickHouseError):
            for each in _numbers(client):
                if each <= number:
                    client.command(f"DROP TABLE IF EXISTS {_TURN}{each}")


def _take(client: Client, patience: Patience, stopped: Callable[[], bool]) -> int:
    deadline = time.monotonic() + patience.wait_s
    while True:
        _go_on(stopped)
        held = max(_numbers(client).items(), default=None)
        if held is None or held[1].is_gone(patience.gone_s):
            number = held[0] + 1 if held else 1
            try:
                client.command(clickhouse.turn(f"{_TURN}{number}", _told_by(client)))
            except DatabaseError as error:
                if error.code != _TABLE_ALREADY_EXISTS:
                    raise
            else:
                return number
        if time.monotonic() > deadline:
            holder = held[1].name if held else "another program"
            raise MigrationRuns(f"{holder} migrates ClickHouse; it is not done yet")
        time.sleep(_POLL_S)


def _numbers(client: Client) -> dict[int, _Holder]:
    """Who holds, or held, each turn."""
    found = client.query(
        "SELECT name, comment, toUnixTimestamp(now()) FROM system.tables"
        " WHERE database = currentDatabase() AND startsWith(name, {prefix:String})",
        {"prefix": _TURN},
    )
    return {
        int(name.removeprefix(_TURN)): _Holder.read(comment, now)
        for name, comment, now in found.result_rows
    }


def _told_by(client: Client) -> str:
    """Host, process and the server's time: clocks of programs need not agree."""
    now = client.command("SELECT toUnixTimestamp(now())")
    return f"{socket.gethostname()} process {os.getpid()} at {now}"


@dataclass(frozen=True)
class _Holder:
    """A program that has, or had, the turn.

    Attributes:
        host: that it runs on.
        process: its number there.
        silent_s: how long it has not told that it still holds the turn.
    """

    host: str
    process: int
    silent_s: int

    @classmethod
    def read(cls, told: str, now: int) -> _Holder:
        host, _, process, _, at = told.rsplit(" ", 4)
        return cls(host, int(process), abs(now - int(at)))

    @property
    def name(self) -> str:
        return f"{self.host} process {self.process}"

    def is_gone(self, gone_s: float) -> bool:
        """Whether the turn is nobody's; to be asked under `_OURS`."""
        here = self.host == socket.gethostname()
        if here and (self.process == os.getpid() or not alive(self.process)):
            return True
        return self.silent_s > gone_s
