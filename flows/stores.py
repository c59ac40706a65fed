"""The stores for readers, whether the system is up or down."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

import pyarrow as pa

from flows.context import CLICKHOUSE, System
from flows.errors import CommandError, Exit, one_line
from schema.clickhouse_access import READER, USER_SETTING

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


Parameters = Mapping[str, Any]


class Store(Protocol):
    """What a reader of either store can do."""

    def query(self, sql: str, params: Parameters | None = None) -> pa.RecordBatchReader:
        """Run one statement that reads; read its rows to the end before the next.

        Args:
            sql: the statement; `{name:Type}` is a parameter of ClickHouse, `$name` of DuckDB.
            params: their values.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class ClickHouseStore:
    """ClickHouse, through an ordinary client.

    Args:
        url: `http://user:password@host:port/database`.
        user: whose rows alone are shown; None shows all.

    Raises:
        CommandError: it does not answer.
    """

    def __init__(self, url: str, user: UUID | None = None) -> None:
        import clickhouse_connect  # noqa: PLC0415 - a third of a second
        from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415

        self._error = ClickHouseError
        # 2: who asks may choose settings, and writes nothing.
        self._settings: dict[str, Any] = {**_ARROW, "readonly": 2}
        if user is not None:
            # The client knows no settings but the engine's own.
            clickhouse_connect.common.set_setting("invalid_setting_action", "send")
            self._settings |= {"role": READER, USER_SETTING: str(user), "readonly": 1}
        try:
            self.client: Client = clickhouse_connect.get_client(
                dsn=url, autogenerate_session_id=False
            )
        except ClickHouseError as error:
            raise CommandError(
                f"ClickHouse does not answer: {_reason(error)}", Exit.UNAVAILABLE
            ) from error

    def query(self, sql: str, params: Parameters | None = None) -> pa.RecordBatchReader:
        """Run one statement that reads.

        Raises:
            CommandError: ClickHouse refuses it, as it does what would write.
        """
        try:
            stream: Any = self.client.raw_stream(
                sql.strip().rstrip(";"),
                dict(params) if params else None,
                fmt="ArrowStream",
                settings=self._settings,
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


class ReaderStore:
    """DuckDB for one user: each query becomes one of that user's rows.

    Args:
        store: that is asked.
        user: whose rows alone are shown.
    """

    def __init__(self, store: Store, user: UUID) -> None:
        self._store = store
        self._user = user

    def query(self, sql: str, params: Parameters | None = None) -> pa.RecordBatchReader:
        """Run one SELECT.

        Raises:
            CommandError: it is none, or names what readers may not use.
        """
        from flows.duckdb_reader import for_user  # noqa: PLC0415 - with DuckDB

        return self._store.query(for_user(sql, str(self._user)), params)

    def close(self) -> None:
        """Close the store."""
        self._store.close()


@contextmanager
def open_store(system: System, name: StoreName, user: UUID | None = None) -> Iterator[Store]:
    """Open a store: through the process that has it, else, if the system is down, by itself.

    Args:
        system: whose.
        name: which store.
        user: whose rows alone are shown; None shows all.

    Raises:
        CommandError: it does not answer.
        DatabaseBusy, DatabaseMissing: DuckDB's files cannot be opened.
    """
    with ExitStack() as stack:
        store = _duckdb(system) if name == "duckdb" else _clickhouse(system, stack, user)
        if name == "duckdb" and user is not None:
            store = ReaderStore(store, user)
        stack.callback(store.close)
        yield store


def find_user(system: System, named: str) -> UUID:
    """The id of a user, who is named by it, by user name or by e-mail address.

    Raises:
        CommandError: there is none of that name.
    """
    try:
        return UUID(named)
    except ValueError:
        pass
    query = "SELECT id FROM users WHERE deleted_at IS NULL AND (username = $name OR email = $name)"
    with open_store(system, "duckdb") as store:
        found = values(store, query, {"name": named})
    if len(found) != 1:
        raise CommandError(
            f"there is no user {named!r}; give the user's id, name or e-mail address"
        )
    (value,) = found[0]
    return UUID(bytes=value) if isinstance(value, bytes) else UUID(str(value))


def values(store: Store, sql: str, params: Parameters | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    rows: list[tuple[Any, ...]] = []
    for batch in store.query(sql, params):
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return rows


def _duckdb(system: System) -> Store:
    from sinks.duckdb.client import open_or_connect  # noqa: PLC0415
    from sinks.duckdb.database import Limits  # noqa: PLC0415

    wanted = system.settings.duckdb
    limits = Limits(memory_mb=wanted.memory_mb, threads=wanted.threads)
    return open_or_connect(system.duckdb_socket, system.home.duckdb_dir, limits)


def _clickhouse(system: System, stack: ExitStack, user: UUID | None) -> Store:
    return ClickHouseStore(clickhouse_url(system, stack), user)


def clickhouse_url(system: System, stack: ExitStack) -> str:
    """The address of ClickHouse; while the system is down, of an engine that the stack ends."""
    if system.settings.clickhouse.url or system.running() is not None:
        return system.clickhouse_url()
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
    return system.clickhouse_url(server.port)


def _reason(error: Exception) -> str:
    """What ClickHouse said, without the client's frame around it."""
    return one_line(str(error))[:500]
