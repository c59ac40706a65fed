"""The stores for readers, whether the system is up or down."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pyarrow as pa

from flows.context import CLICKHOUSE, System
from flows.errors import CommandError, Exit, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

StoreName = Literal["duckdb", "clickhouse"]
STORES: tuple[StoreName, ...] = ("duckdb", "clickhouse")
# Strings as text rather than bytes, and words rather than places in a dictionary.
_ARROW: dict[str, Any] = {
    "output_format_arrow_string_as_string": 1,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
}


class Store(Protocol):
    """What a reader of either store can do."""

    def query(self, sql: str) -> pa.RecordBatchReader:
        """Run one statement; read its rows to the end before the next."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class ClickHouseStore:
    """ClickHouse, through an ordinary client.

    Args:
        url: `http://user:password@host:port/database`.

    Raises:
        CommandError: it does not answer.
    """

    def __init__(self, url: str) -> None:
        import clickhouse_connect  # noqa: PLC0415 - a third of a second
        from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415

        self._error = ClickHouseError
        try:
            self.client: Client = clickhouse_connect.get_client(
                dsn=url, autogenerate_session_id=False
            )
        except ClickHouseError as error:
            raise CommandError(
                f"ClickHouse does not answer: {_reason(error)}", Exit.UNAVAILABLE
            ) from error

    def query(self, sql: str) -> pa.RecordBatchReader:
        """Run one statement.

        Raises:
            CommandError: ClickHouse refuses it.
        """
        try:
            stream: Any = self.client.raw_stream(
                sql.strip().rstrip(";"), fmt="ArrowStream", settings=_ARROW
            )
        except self._error as error:
            raise CommandError(f"ClickHouse: {_reason(error)}") from error
        try:
            reader: pa.RecordBatchReader = pa.ipc.open_stream(stream)
        except pa.ArrowInvalid:
            # A statement without rows answers with nothing.
            return pa.RecordBatchReader.from_batches(pa.schema([]), [])
        return reader

    def close(self) -> None:
        """Close the connection."""
        self.client.close()


@contextmanager
def open_store(system: System, name: StoreName) -> Iterator[Store]:
    """Open a store: through the process that has it, else, if the system is down, by itself.

    Raises:
        CommandError: it does not answer.
        DatabaseBusy, DatabaseMissing: DuckDB's files cannot be opened.
    """
    with ExitStack() as stack:
        store = _duckdb(system) if name == "duckdb" else _clickhouse(system, stack)
        stack.callback(store.close)
        yield store


def values(store: Store, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    rows: list[tuple[Any, ...]] = []
    for batch in store.query(sql):
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return rows


def _duckdb(system: System) -> Store:
    from sinks.duckdb.client import open_or_connect  # noqa: PLC0415
    from sinks.duckdb.database import Limits  # noqa: PLC0415

    wanted = system.settings.duckdb
    limits = Limits(memory_mb=wanted.memory_mb, threads=wanted.threads)
    return open_or_connect(system.duckdb_socket, system.home.duckdb_dir, limits)


def _clickhouse(system: System, stack: ExitStack) -> Store:
    if system.settings.clickhouse.url or system.running() is not None:
        return ClickHouseStore(system.clickhouse_url())
    from embedded.clickhouse.process import ClickHouse  # noqa: PLC0415

    server = ClickHouse(
        system.home.clickhouse_dir,
        password=system.home.password(CLICKHOUSE),
        host=system.settings.clickhouse.host,
        log=system.home.log_dir / "clickhouse.log",
        limits={"memory": system.settings.clickhouse.memory_mb << 20},
        die_with_parent=True,
    )
    stack.enter_context(server)
    return ClickHouseStore(system.clickhouse_url(server.port))


def _reason(error: Exception) -> str:
    """What ClickHouse said, without the client's frame around it."""
    return one_line(str(error))[:500]
