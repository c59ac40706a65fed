"""A migration of a large table while others write: how long one of their writes takes."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from benchmarks.measure import Row, milliseconds, p99, timed
from benchmarks.postgres import PostgresServer
from benchmarks.servers import PASSWORD, scratch
from embedded.clickhouse.process import ClickHouse
from schema import arrow, types
from schema.migrations import MIGRATIONS, Migration, draft, snapshot
from schema.parts import Check, Column, Index
from schema.registry import table
from sinks import clickhouse as click
from sinks import postgres
from sinks.duckdb.database import Database, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Write = Callable[[], object]

NAME = "migrate"
ROWS = 10_000_000
_SECONDS = 3.0
_LONGEST = 1.0
_BATCH = 1_000
_TABLE = table("oracle_scores")
_AFTER = replace(
    _TABLE,
    columns=(
        *_TABLE.columns,
        Column("calibration", types.RATIO, "A new figure.", default=1.0),
        Column("reviewed_at", types.TIMESTAMP, "A new time.", nullable=True),
    ),
    checks=(*_TABLE.checks, Check("score_below", "score < 1000")),
    indices=(*_TABLE.indices, Index(("model", "created_at"), newest_first=True)),
)
_COLUMNS = "(id, symbol, model, score, created_at, version)"
_ONE = (
    f"INSERT INTO oracle_scores {_COLUMNS}"
    " VALUES (gen_random_uuid(), 'SYMBOL', 'model', 1, now(), 1)"
)
# PostgreSQL asks the system for each random id, two thirds of an insert; a digest is as random.
# ClickHouse would look for repeated keys row by row, and there are none.
_FILL = {
    "postgres": f"INSERT INTO oracle_scores {_COLUMNS} SELECT md5(n::text)::uuid, 'SYMBOL'"
    " || n % 24, 'model', n % 100, timestamptz '2025-01-01' + n * interval '2 s', 1"
    " FROM generate_series(1, {}) AS n",
    "clickhouse": f"INSERT INTO oracle_scores {_COLUMNS} SELECT generateUUIDv4(),"
    " concat('SYMBOL', toString(number % 24)), 'model', number % 100,"
    " toDateTime64('2025-01-01', 6, 'UTC') + number * 2, 1 FROM numbers({})"
    " SETTINGS optimize_on_insert = 0",
    "duckdb": f"INSERT INTO archive.main.oracle_scores_versions {_COLUMNS} SELECT uuid(),"
    " 'SYMBOL' || n % 24, 'model', n % 100, TIMESTAMPTZ '2025-01-01' + to_seconds(n * 2), 1"
    " FROM range({}) AS r(n)",
}


def run(rows: int = ROWS, seconds: float = _SECONDS) -> Iterator[Row]:
    """Measure writes before and during a migration that adds columns, a check and an index."""
    with _postgres(rows) as (migrate, write):
        yield _row("PostgreSQL, one row", rows, *_watched(migrate, write, seconds))
    with _clickhouse(rows) as (migrate, write):
        yield _row(f"ClickHouse, {_BATCH:,} rows", rows, *_watched(migrate, write, seconds))
    yield _duckdb(rows)


def _known() -> tuple[Migration, ...]:
    before = {
        "functions": snapshot.take()["functions"],
        "tables": {_TABLE.name: snapshot.table(_TABLE)},
    }

    def build(store: str) -> list[str]:
        # DuckDB's control file has none of it.
        return draft.draft(store, before, {_TABLE.name: _AFTER})

    return (*MIGRATIONS, Migration("9999", "benchmark", build))


@contextmanager
def _postgres(rows: int) -> Iterator[tuple[Write, Write]]:
    settings = {"shared_buffers": "256MB", "max_wal_size": "8GB", "maintenance_work_mem": "256MB"}
    with PostgresServer(**settings) as server:
        for name in server.database("tradecast_migrate"):
            url = server.url(name)
            with postgres.connect(url) as owner, postgres.connect(url) as writer:
                postgres.migrate(owner)
                _fill_postgres(owner, rows)
                yield (lambda: postgres.migrate(owner, _known())), lambda: writer.execute(_ONE)


def _fill_postgres(owner: Any, rows: int) -> None:
    """Fill the table, and make its indices afterwards: all at once is much faster."""
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'oracle_scores'"
    indices = dict(owner.execute(query).fetchall())
    key = indices.pop("oracle_scores_pkey")
    owner.execute("ALTER TABLE oracle_scores DROP CONSTRAINT oracle_scores_pkey")
    for index in indices:
        owner.execute(f'DROP INDEX "{index}"')
    owner.execute(_FILL["postgres"].format(rows))
    for made in (key, *indices.values()):
        owner.execute(made)
    owner.execute("ALTER TABLE oracle_scores ADD PRIMARY KEY USING INDEX oracle_scores_pkey")
    # What it does by itself after a while, with a checkpoint beside it, would meet the writer.
    owner.execute("VACUUM ANALYZE oracle_scores")
    owner.execute("CHECKPOINT")


@contextmanager
def _clickhouse(rows: int) -> Iterator[tuple[Write, Write]]:
    import clickhouse_connect  # noqa: PLC0415 - slow to load
    import pyarrow as pa  # noqa: PLC0415

    def batch() -> Any:
        values = {"symbol": "SYMBOL", "model": "model", "score": 1.0, "version": 1}
        ids = [uuid4() for _ in range(_BATCH)]
        made = arrow.batch(_TABLE, values | {"id": ids, "created_at": 1_767_225_600_000_000})
        return pa.Table.from_batches([made])

    with (
        scratch() as directory,
        ClickHouse(directory, password=PASSWORD, die_with_parent=True) as server,
    ):
        dsn = f"{server.url}/default"
        connect = clickhouse_connect.get_client
        with (
            closing(connect(dsn=dsn, autogenerate_session_id=False)) as owner,
            closing(connect(dsn=dsn, autogenerate_session_id=False)) as writer,
        ):
            click.migrate(owner)
            owner.command(_FILL["clickhouse"].format(rows))
            yield (
                lambda: click.migrate(owner, _known()),
                lambda: writer.insert_arrow(_TABLE.name, batch()),
            )


def _watched(
    migrate: Write, write: Write, seconds: float
) -> tuple[list[float], list[float], float]:
    """Return how long writes took before and during a migration, and the migration itself."""
    writes: list[tuple[float, float]] = []
    ended, failed = threading.Event(), []

    def keep_writing() -> None:
        try:
            while not ended.is_set():
                began = time.perf_counter()
                write()
                writes.append((began, time.perf_counter()))
        except Exception as error:
            failed.append(error)

    writer = threading.Thread(target=keep_writing, daemon=True)
    writer.start()
    time.sleep(seconds)
    start = time.perf_counter()
    try:
        took = timed(migrate)
        # One of metadata alone is over before many writes are: those right behind it count too.
        time.sleep(max(0.0, seconds - took))
    finally:
        ended.set()
        writer.join()
    if failed:
        raise failed[0]
    before = [end - began for began, end in writes if end < start]
    during = [end - began for began, end in writes if end >= start]
    return before[1:], during, took


def _row(who: str, rows: int, before: list[float], during: list[float], took: float) -> Row:
    return Row(
        group=NAME,
        what=f"{rows:,} rows of {_TABLE.name} migrated; a write to {who}, p99 / max",
        value=milliseconds(p99(during), max(during)),
        target=f"max <= {_LONGEST:g} s",
        held=max(during) <= _LONGEST,
        ratio=f"{p99(during) / p99(before):.2f}x / {max(during) / max(before):.2f}x",
        against=f"before it, {milliseconds(p99(before), max(before))};"
        f" it took {took:.3g} s, {len(during):,} writes",
    )


def _duckdb(rows: int) -> Row:
    """A process migrates its own file before it reads: what would be written waits on Redis."""
    limits = Limits()
    with scratch() as directory:
        with Database(directory, limits) as database:
            cursor = database.cursor()
            cursor.execute(_FILL["duckdb"].format(rows))
            cursor.execute("CHECKPOINT archive")
        plain = timed(lambda: Database(directory, limits).close())
        with_it = timed(lambda: Database(directory, limits, known=_known()).close())
    return Row(
        group=NAME,
        what=f"{rows:,} rows of {_TABLE.name} migrated when DuckDB's process starts",
        value=milliseconds(with_it),
        ratio=f"{with_it / plain:.2f}x",
        against=f"a start without it, {milliseconds(plain)}; no writer is there yet",
    )
