"""Backfill of years, end to end: books in a store, and days, performance and KPIs written to it.

Each account trades some 640 times in three years, and is marked four times a day. What is timed
is a whole look at the books, as `tradecast snapshot` has it: reading, computing, writing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.measure import Row, timed
from benchmarks.servers import scratch
from flows.snapshots.updating import PARTITIONS, Look
from flows.snapshots.writing import DuckTarget
from rules.kpi.registry import KPIS
from schema import polars as registry
from schema.ids import make_id, partition_of
from schema.registry import table
from sinks.duckdb.database import Limits
from sinks.duckdb.files import DuckFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "backfill"
FIRST = date(2023, 1, 2)
_BEGIN = datetime.combine(FIRST, time(), UTC)
_TARGET_SECONDS = 180
_AT_ONCE = 100  # accounts whose rows are made together
_MARK_HOURS = (3, 9, 15, 21)
_PRICES = {"entry_price": 1.1, "exit_price": 1.1, "sl_pips": 20.0, "pip_value": 10.0}
_SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "XAUUSD")


def run(accounts: int = 1_000, days: int = 1_096, trades: int = 640) -> Iterator[Row]:
    """Measure a look at books that nobody has looked at, and one that finds nothing new."""
    now = _BEGIN + timedelta(days=days, minutes=1)
    with scratch() as directory, DuckFiles(directory, Limits(), write=True) as files:
        _control(files, accounts)
        for place in range(0, accounts, _AT_ONCE):
            ids = _ids(accounts)[place : place + _AT_ONCE]
            _books(files, np.random.default_rng(place), ids, days, trades)
        target = DuckTarget(files)

        def look(**more: Any) -> Look:
            return Look(target.kept, [target], range(PARTITIONS), now, **more)

        built = timed(lambda: look(windows=()).catch_up())
        computed = timed(lambda: look().catch_up())
        again = timed(lambda: look().catch_up())
        rows = target.kept.numbers("SELECT count(*) FROM kpi_values_versions")[0][0]
    whole = built + computed
    size = (
        f"{accounts:,} accounts x {days:,} days x {trades} trades, {len(_MARK_HOURS)} marks a day"
    )
    yield Row(
        group=NAME,
        what=f"{size}, from DuckDB to its days, performance and KPIs",
        value=f"{whole:.1f} s",
        target=f"<= {_TARGET_SECONDS} s",
        held=whole <= _TARGET_SECONDS,
        ratio=f"{whole / again:.0f}x",
        against=f"a look that finds nothing new, {again:.2f} s",
    )
    yield Row(
        group=NAME,
        what=f"of it, {accounts * days:,} rows of days, and performance",
        value=f"{built:.1f} s",
    )
    yield Row(
        group=NAME,
        what=f"of it, {len(KPIS)} KPIs over all windows, {rows:,} rows",
        value=f"{computed:.1f} s",
    )


def _ids(accounts: int) -> list[bytes]:
    return [make_id("account", str(each)).bytes for each in range(accounts)]


def _batch(name: str, rows: pl.DataFrame) -> pa.Table:
    """Return rows as a table has them; what is not given is the column's default."""
    known = table(name)
    whole = rows.with_columns(
        pl.lit(column.default).alias(column.name)
        for column in known.columns
        if column.name not in rows.columns
    )
    typed = whole.select(pl.col(name).cast(kind) for name, kind in registry.schema(known).items())
    return pa.Table.from_batches([registry.batch(known, typed)])


def _control(files: DuckFiles, accounts: int) -> None:
    changed = {"created_at": _BEGIN, "updated_at": _BEGIN, "config_version": 1, "status": "active"}
    broker, instance = make_id("broker").bytes, make_id("instance").bytes
    ids = _ids(accounts)
    rows = {
        "brokers": {"broker_id": [broker], "key": ["b"], "name": ["Broker"]},
        "instances": {
            "instance_id": [instance],
            "key": ["i"],
            "broker_id": [broker],
            "driver": ["simulated"],
        },
        "accounts": {
            "account_id": ids,
            "key": [f"a-{each}" for each in range(accounts)],
            "broker_id": [broker] * accounts,
            "instance_id": [instance] * accounts,
            "partition": [partition_of(make_id("account", str(n))) for n in range(accounts)],
        },
    }
    changed |= {"currency": "USD", "leverage": 100.0, "balance": 10_000.0}
    made = {
        name: _batch(
            name,
            pl.DataFrame(columns).with_columns(
                **{k: pl.lit(v) for k, v in changed.items() if k in table(name).names}
            ),
        )
        for name, columns in rows.items()
    }
    files.write_control(made, "benchmark")


def _books(
    files: DuckFiles, rng: np.random.Generator, ids: list[bytes], days: int, trades: int
) -> None:
    count = len(ids) * trades
    owner = pl.Series("account_id", ids).gather(np.repeat(np.arange(len(ids)), trades))
    opened = np.sort(rng.integers(0, days * 1440 - 240, (len(ids), trades)), axis=1).ravel()
    minutes = pl.DataFrame({"opened": opened, "held": rng.integers(1, 240, count)})
    made = minutes.select(
        owner.alias("account_id"),
        trade_id=pl.Series([rng.bytes(16) for _ in range(count)]),
        executed_at=_BEGIN + pl.duration(minutes="opened"),
        created_at=_BEGIN + pl.duration(minutes="opened"),
        closed_at=_BEGIN + pl.duration(minutes=pl.col("opened") + pl.col("held")),
        profit=pl.Series(np.round(rng.normal(1, 50, count), 2)),
        symbol=pl.Series(np.array(_SYMBOLS)[rng.integers(0, len(_SYMBOLS), count)]),
        mfe=pl.Series(np.round(rng.exponential(40, count), 2)),
        mae=pl.Series(np.round(-rng.exponential(40, count), 2)),
        partition=pl.lit(0),
        broker_id=pl.lit(make_id("broker").bytes),
        strategy_id=pl.lit(make_id("strategy").bytes),
        quantity=1.0,
        closed_quantity=1.0,
        contract=100_000.0,
        status=pl.lit("executed"),
        type=pl.Series(np.array(["buy", "sell"])[rng.integers(0, 2, count)]),
        close_reason=pl.lit("tp"),
        version=_version(pl.col("opened") + pl.col("held")),
        **{name: pl.lit(value) for name, value in _PRICES.items()},
    )
    hours = pl.DataFrame({"hour": _MARK_HOURS})
    when = pl.DataFrame({"day": np.arange(days)}).join(hours, how="cross")
    marks = pl.DataFrame({"account_id": ids}).join(when, how="cross")
    at = _BEGIN + pl.duration(days="day", hours="hour")
    equity = np.round(10_000 + rng.normal(0, 30, marks.height), 2)
    marks = marks.select(
        "account_id", minute=at, marked_at=at, balance=10_000.0, equity=pl.Series(equity),
        equity_low=pl.Series(equity - 1), equity_high=pl.Series(equity + 1),
        currency=pl.lit("USD"), open_positions=0,
        version=_version(1440 * pl.col("day") + 60 * pl.col("hour")),
        partition=0,
    )  # fmt: skip
    files.append(
        {"trades": _batch("trades", made), "account_marks": _batch("account_marks", marks)}, {}
    )


def _version(minutes: pl.Expr) -> pl.Expr:
    """Return the version that a row has which was written so many minutes after the beginning."""
    since = int(_BEGIN.timestamp() * 1000)
    return (since + 60_000 * minutes.cast(pl.Int64)) * (1 << 20)
