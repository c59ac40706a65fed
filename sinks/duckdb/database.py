"""The two DuckDB files of an installation, opened as one instance."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb

from config import faults
from rules.errors import Fatal, Transient
from schema import migrations, sql
from schema.migrations import LEDGER
from sinks.duckdb.gate import WRITING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

ARCHIVE = "archive"
CONTROL = "control"
_PATH = f"'{ARCHIVE}.main,{CONTROL}.main'"


class DatabaseBusy(Transient):
    """Another process has the files open."""


class DatabaseMissing(Fatal):
    """There are no files yet."""


class DatabaseTooNew(Fatal):
    """A newer release, or another one, made the files."""


# A checkpoint writes the last rows of every table anew, a tenth of a second in which no row is
# stored. With DuckDB's 16 MiB that came after every second or third flush; a start reads the log
# again, at some 200 MiB a second.
_LOG_MB = 128


@dataclass(frozen=True)
class Limits:
    """What DuckDB may use.

    Attributes:
        memory_mb: MiB of memory.
        threads: of one query.
    """

    memory_mb: int = 512
    threads: int = 2


class Database:
    """History in `archive.duckdb`, configuration in `control.duckdb`.

    Args:
        directory: where the files are.
        limits: what DuckDB may use.
        read_only: open for queries alone; nothing is made or migrated.
        known: migrations that the program knows.

    Raises:
        DatabaseBusy: another process has the files.
        DatabaseMissing: `read_only`, and there are none.
        DatabaseTooNew: a newer release has migrated them.
    """

    def __init__(
        self,
        directory: Path,
        limits: Limits,
        *,
        read_only: bool = False,
        known: tuple[migrations.Migration, ...] = migrations.MIGRATIONS,
    ) -> None:
        self.directory = directory
        self._known = known
        files = [directory / f"{name}.duckdb" for name in (ARCHIVE, CONTROL)]
        if read_only and not all(file.exists() for file in files):
            raise DatabaseMissing(f"{directory} has no database yet; start the system once")
        try:
            self._root = duckdb.connect(str(files[0]), read_only=read_only)
        except duckdb.IOException as error:
            raise DatabaseBusy(_first_line(error)) from error
        try:
            self._prepare(files[1], limits, read_only=read_only)
        except BaseException:
            self._root.close()
            raise

    def _prepare(self, control: Path, limits: Limits, *, read_only: bool) -> None:
        root = self._root
        root.execute(f"SET memory_limit = '{limits.memory_mb}MiB'")
        root.execute(f"SET threads = {limits.threads}")
        root.execute(f"SET checkpoint_threshold = '{_LOG_MB}MiB'")
        # Times come back in the zone of the session.
        root.execute("SET GLOBAL TimeZone = 'UTC'")
        mode = " (READ_ONLY)" if read_only else ""
        try:
            root.execute(f"ATTACH {sql.text(str(control))} AS {CONTROL}{mode}")
        except duckdb.IOException as error:
            raise DatabaseBusy(_first_line(error)) from error
        # Queries see tables only: no file, no network, no variable of this program.
        root.execute("SET python_enable_replacements = false")
        root.execute("SET enable_external_access = false")
        if not read_only:
            self._migrate("duckdb", ARCHIVE)
            self._migrate("control", CONTROL)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own, which sees the tables of both files by their plain names."""
        cursor = self._root.cursor()
        cursor.execute(f"SET search_path = {_PATH}")
        return cursor

    @contextmanager
    def held(self, patience: float = 30.0) -> Iterator[None]:
        """Have the files stay as they are, for who copies them; readers go on.

        Args:
            patience: seconds to wait for transactions that run.

        Raises:
            GateBusy: a transaction did not end, or somebody else holds them.
        """
        with WRITING.closed(patience):
            yield

    def close(self) -> None:
        """Let go of the files."""
        self._root.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _migrate(self, store: migrations.MigratedStore, catalog: str) -> None:
        cursor = self._root.cursor()
        cursor.execute(f"USE {catalog}.main")
        with transaction(cursor):
            made = cursor.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
                [catalog, LEDGER],
            ).fetchall()
            query = f"SELECT version, checksum FROM {LEDGER}"  # noqa: S608 - a constant
            applied = dict(cursor.execute(query).fetchall()) if made else {}
            try:
                pending = migrations.pending(applied, store, self._known)
            except (migrations.SchemaTooNewError, migrations.MigrationChangedError) as error:
                raise DatabaseTooNew(str(error)) from error
            for migration in pending:
                for statement in migrations.statements(migration, store):
                    faults.point("migrate.statement")
                    cursor.execute(statement)
                faults.point("migrate.record")
                cursor.execute(
                    f"INSERT INTO {LEDGER} (version, name, checksum, applied_at)"  # noqa: S608
                    " VALUES (?, ?, ?, ?)",
                    [
                        migration.version,
                        migration.name,
                        migrations.checksum(migration, store),
                        datetime.now(UTC),
                    ],
                )
        cursor.close()


@contextmanager
def transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, or nothing of it; it waits while a backup copies the files."""
    with WRITING.inside():
        cursor.execute("BEGIN")
        try:
            yield
            cursor.execute("COMMIT")
        except BaseException:
            # A commit that failed has ended the transaction by itself.
            with suppress(duckdb.TransactionException):
                cursor.execute("ROLLBACK")
            raise


@contextmanager
def registered(
    cursor: duckdb.DuckDBPyConnection, batches: Mapping[str, pa.Table]
) -> Iterator[None]:
    """Let statements of a transaction see rows, each under `source(table)`.

    Both ends lie outside the transaction: in one that failed, nothing can be unregistered.
    """
    for name, rows in batches.items():
        cursor.register(source(name), rows)
    try:
        yield
    finally:
        for name in batches:
            cursor.unregister(source(name))


def source(table: str) -> str:
    """The name under which rows of a table are registered."""
    return f"batch_of_{table}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].partition(" See also ")[0]
