"""Flow archive: results streams into one store. One process for each store.

    results streams > decode > write > store | spool

DuckDB's process also owns the files and serves readers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import bytewax.operators as op
import redis
from bytewax.dataflow import Dataflow

from flows.archive_metrics import Metrics
from flows.process import run_flow
from rules.errors import Transient
from schema import keys
from sinks.archive import PARTITION, ArchiveSink
from sinks.batch import BatchFrame
from sinks.batch_parts import Flush, Rows, Writer
from sinks.duckdb.database import Database, DatabaseBusy, Limits
from sinks.duckdb.server import DuckServer
from sinks.duckdb.writer import DuckWriter
from sinks.hold import HeldWriter
from sinks.positions import StoredPositions
from sinks.retry import Backoff
from sinks.settled import Settled
from sinks.spool import Spool
from sources.redis_streams import BEGINNING, parse_id
from sources.results import Decoded, ResultsSource
from sources.stop import Stop

StoreName = Literal["duckdb", "clickhouse"]
STORES: tuple[StoreName, ...] = ("duckdb", "clickhouse")
PARTITIONS = 64
EPOCH_SECONDS = 0.25
BUSY_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class ArchiveSettings:
    """What an archive process is told.

    Attributes:
        duckdb_dir: of DuckDB's files.
        socket: where DuckDB's readers connect.
        spool_dir: of all spools; each store has a directory in it.
        clickhouse_url: `http://user:password@host:port/database`.
        signal_streams: number of signal streams.
        flush_rows: rows that are written at the latest together.
        epoch_seconds: age at which rows are written.
        spool_bytes: limit of the spool.
        retry_max_seconds: longest pause between attempts on a failing store.
        limits: of DuckDB.
        stores: that must have an entry before it is trimmed.
        durability: of Redis.
    """

    duckdb_dir: Path
    socket: Path
    spool_dir: Path
    clickhouse_url: str = ""
    signal_streams: int = 1
    flush_rows: int = 50_000
    epoch_seconds: float = EPOCH_SECONDS
    spool_bytes: int = 2 << 30
    retry_max_seconds: float = 15.0
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    stores: tuple[StoreName, ...] = STORES
    durability: str = "always"


def build(source: ResultsSource, sink: ArchiveSink) -> Dataflow:
    """Wire the flow."""
    flow = Dataflow("archive")
    entries = op.input("results", flow, source)
    keyed = op.map("write", entries, _as_rows)
    op.output("store", keyed, sink)
    return flow


def run_archive(
    store: StoreName, client: redis.Redis, settings: ArchiveSettings, stop: Stop
) -> None:
    """Archive into one store until a stop is requested.

    Args:
        store: which.
        client: of the Redis that has the results streams; replies are bytes.
        settings: all else.
        stop: ends it, after all that was read is durable.

    Raises:
        Fatal: the store was made by a newer release, refuses the rows, or the spool is damaged.
        DatabaseBusy: another process has DuckDB's files.
    """
    streams = stream_names(settings.signal_streams)
    metrics = Metrics(store)
    with ExitStack() as stack:
        writer = _open_writer(store, settings, stack, stop)
        spool = Spool(settings.spool_dir / store, settings.spool_bytes)
        metrics.spool_limit(settings.spool_bytes)
        published = StoredPositions(client, store, settings.stores)
        positions = start_positions(writer, spool, published, streams)
        # Who was killed behind a commit has not told of it, and there may be no next one.
        published.publish({s: at for s, at in positions.items() if at != BEGINNING})
        flush = Flush(rows=settings.flush_rows, backoff=Backoff(longest=settings.retry_max_seconds))
        held = HeldWriter(writer, client, store, stop)
        frame = BatchFrame(held, spool, positions, published.publish, metrics, stop, flush)
        stack.callback(frame.close)
        settle = Settled(client, store).wait if settings.durability == "waitaof" else _nothing
        source = ResultsSource(client, lambda: positions, stop, metrics, settle=settle)
        run_flow(build(source, ArchiveSink(lambda: frame)), epoch_seconds=settings.epoch_seconds)


def stream_names(signal_streams: int) -> list[str]:
    """All results streams: one for each account partition and each signal stream."""
    return [keys.results(partition) for partition in range(PARTITIONS)] + [
        keys.signal_results(stream) for stream in range(signal_streams)
    ]


def start_positions(
    writer: Writer, spool: Spool, published: StoredPositions, streams: Sequence[str]
) -> dict[str, str]:
    """The last entry that the store or its spool has, of each stream.

    A store that is down cannot be asked; what Redis was told of it is never too far ahead.
    """
    try:
        known = writer.positions()
    except Transient:
        known = published.read(streams)
    positions = {stream: known.get(stream, BEGINNING) for stream in streams}
    for stream, entry_id in spool.positions().items():
        if stream in positions:
            positions[stream] = max(positions[stream], entry_id, key=parse_id)
    return positions


def _open_writer(
    store: StoreName, settings: ArchiveSettings, stack: ExitStack, stop: Stop
) -> Writer:
    if store == "clickhouse":
        from sinks.clickhouse import ClickHouseWriter  # noqa: PLC0415 - 15 MB that DuckDB spares

        return ClickHouseWriter(settings.clickhouse_url, lambda: stop.requested)
    settings.duckdb_dir.mkdir(parents=True, exist_ok=True)
    database = stack.enter_context(_open_database(settings, stop))
    stack.enter_context(DuckServer(database, settings.socket))
    return DuckWriter(database)


def _open_database(settings: ArchiveSettings, stop: Stop) -> Database:
    """Open DuckDB's files. A command that found no archive to ask has them for a moment only."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return Database(settings.duckdb_dir, settings.limits)
        except DatabaseBusy:
            if stop.requested or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _nothing() -> None:
    """A reply of Redis implies its fsync, or nobody asked for one."""


def _as_rows(entries: Sequence[Decoded]) -> tuple[str, Sequence[Rows]]:
    return PARTITION, [Rows(entry.stream, entry.entry_id, entry.tables) for entry in entries]
