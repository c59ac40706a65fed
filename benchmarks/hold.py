"""What it costs an archive to ask, at each flush, whether a backup holds the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import stores
from benchmarks.history import History
from benchmarks.measure import Row, milliseconds, p50, p99, timed
from benchmarks.servers import valkey
from sinks.hold import HeldWriter
from sources.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

NAME = "hold"
FLUSHES = 500
_ROWS = 1_000
_POSITIONS = {"{0}:results": "1-1"}


class _Nothing:
    """A store that has nothing to do."""

    def positions(self) -> dict[str, str]:
        return {}

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None: ...
    def close(self) -> None: ...


def run(flushes: int = FLUSHES) -> Iterator[Row]:
    """Measure the two round trips alone, and a small flush with and without them, in turn."""
    rows = next(History(trades=_ROWS).rows("trades", _ROWS)).combine_chunks()
    with valkey() as client, stores.duckdb("trades") as store:
        alone = HeldWriter(_Nothing(), client, "nothing", Stop())
        held = HeldWriter(store.writer, client, "duckdb", Stop())
        asked = [timed(lambda: alone.write({}, {})) for _ in range(flushes)]
        found: dict[bool, list[float]] = {True: [], False: []}
        for number in range(2 * (flushes // 10)):
            writer = held if number % 2 else store.writer
            spent = timed(lambda to=writer: to.write({"trades": rows}, _POSITIONS))
            found[writer is held].append(spent)
    yield Row(
        group=NAME,
        what="asking Redis before and after a flush, p50 / p99",
        value=milliseconds(p50(asked), p99(asked)),
        ratio=f"{p50(asked) / p50(found[False]):.2f}",
        against=f"a flush of {_ROWS:,} trades into DuckDB without it, p50",
    )
    yield Row(
        group=NAME,
        what=f"flush of {_ROWS:,} trades into DuckDB with it, p50 / p99",
        value=milliseconds(p50(found[True]), p99(found[True])),
        ratio=f"{p50(found[True]) / p50(found[False]):.2f}x",
        against=f"without it, {milliseconds(p50(found[False]), p99(found[False]))}",
    )
