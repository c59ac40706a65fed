"""A million trades through the archive's frame, beside plain inserts of the same batches."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from benchmarks import stores
from benchmarks.history import History
from benchmarks.measure import Row, timed
from benchmarks.servers import scratch
from sinks.batch import BatchFrame
from sinks.batch_parts import Flush, Rows
from sinks.sifting import sift
from sinks.spool import Spool
from sources.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from benchmarks.stores import Store

NAME = "insert"
TRADES = 1_000_000
_FLUSH = 50_000
_STREAM = "{0}:results"


class _Nobody:
    """Counts nothing."""

    def stored(self, tables: Mapping[str, pa.Table], seconds: float, at: float) -> None: ...
    def flushed(self, seconds: float) -> None: ...
    def spool(self, size: int) -> None: ...
    def failed(self) -> None:
        raise AssertionError("the store did not take a batch")

    def refused(self, table: str) -> None:
        raise AssertionError(f"a row of {table} was refused")


def run(trades: int = TRADES) -> Iterator[Row]:
    """Measure each store: all trades, a flush at a time, ours and plain by lot."""
    flush = min(_FLUSH, trades)
    batches = [rows.combine_chunks() for rows in History(trades=trades).rows("trades", flush)]
    for opened in (stores.duckdb, stores.clickhouse):
        with opened("trades") as store, scratch() as directory:
            yield _row(store, trades, *_in_turn(store, batches, Spool(directory, 1 << 30)))
    spent = sum(timed(lambda rows=rows: sift({"trades": rows}, {})) for rows in batches)
    yield Row(
        group=NAME,
        what=f"{trades:,} trades sifted, bad rows from good ones",
        value=f"{spent:.2f} s",
        ratio="",
        against="part of the above",
    )


def _in_turn(store: Store, batches: list[pa.Table], spool: Spool) -> tuple[float, float]:
    """Return the seconds that all batches took by the frame, and plainly."""
    frame = BatchFrame(store.writer, spool, {}, lambda _: None, _Nobody(), Stop(), Flush(rows=1))
    number = {True: 0, False: 0}
    spent = {True: 0.0, False: 0.0}
    for ours in random.Random(1).sample([True, False] * len(batches), 2 * len(batches)):
        rows = batches[number[ours]]
        number[ours] += 1
        if ours:
            entry = Rows(_STREAM, f"{number[ours]}-1", {"trades": rows.to_batches()[0]})
            spent[ours] += timed(lambda entry=entry: frame.add([entry]))
        else:
            spent[ours] += timed(lambda rows=rows: store.raw(rows))
    return spent[True], spent[False]


def _row(store: Store, trades: int, ours: float, raw: float) -> Row:
    share = raw / ours
    return Row(
        group=NAME,
        what=f"{trades:,} trades into {store.name} through the frame",
        value=f"{ours:.2f} s, {trades / ours / 1000:.0f} k rows/s",
        target=">= 0.8 of raw",
        held=share >= 0.8,
        ratio=f"{share:.2f}",
        against=f"plain insert of the same batches, {raw:.2f} s",
    )
