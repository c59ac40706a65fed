"""Both stores filled with the same rows, as a system that has traded for years leaves them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import clickhouse_connect
import numpy as np
import pyarrow as pa

from benchmarks.history import LAST_DAY, History, ids
from benchmarks.servers import PASSWORD
from embedded.clickhouse.process import ClickHouse
from schema import arrow
from schema import clickhouse as click
from schema import duckdb as duck
from schema.registry import table
from sinks.clickhouse_maintenance import ClickHouseMaintenance
from sinks.clickhouse_migration import migrate
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.maintenance import Maintenance
from sinks.upkeep import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT_ONCE = 250_000
_FACTS = ("daily_snapshots", "orders", "signal_execution_status", "result_metrics", "trades")
_LOAD = {"memory": 4 << 30}  # to load quickly; queries have what a system has
# Keys are looked for in the batch itself, row by row, which takes three quarters of an insert.
# There are none twice here, and maintenance merges the parts, which looks for them again.
_AS_THEY_ARE = {"optimize_on_insert": 0}
_THEN = Wanted(now=datetime.combine(LAST_DAY, time.max, UTC))


def fill(directory: Path, history: History) -> None:
    """Make both stores, fill them side by side, and keep them in order as each night does.

    How they are filled is not what is measured; what lies there afterwards is what the archive and
    a day's maintenance leave.
    """
    with ThreadPoolExecutor() as threads:
        loads = [threads.submit(each, directory, history) for each in (_load_duckdb, _load_click)]
        for each in loads:
            each.result()


def _load_duckdb(directory: Path, history: History) -> None:
    with Database(directory / "duckdb", Limits(memory_mb=1024)) as database:
        cursor = database.cursor()
        for name, rows in _rows(history):
            cursor.register(duck.BATCH, rows)
            cursor.execute(duck.insert(table(name)))
            cursor.unregister(duck.BATCH)
        Maintenance(database).run(_THEN)


def _load_click(directory: Path, history: History) -> None:
    with (
        ClickHouse(directory / "clickhouse", password=PASSWORD, limits=_LOAD,
                   die_with_parent=True) as server,
        # Without the patience of the archive's own writer: the machine may be busy.
        closing(clickhouse_connect.get_client(dsn=f"{server.url}/default",
                send_receive_timeout=600, autogenerate_session_id=False)) as client,
    ):  # fmt: skip
        migrate(client)
        for name, rows in _rows(history):
            client.insert_arrow(click.target(table(name)), rows, settings=_AS_THEY_ARE)
        upkeep = ClickHouseMaintenance(f"{server.url}/default")
        upkeep.maintain(_THEN)
        upkeep.close()


def _rows(history: History) -> Iterator[tuple[str, pa.Table]]:
    """All rows of both stores, with their tables, in the order in which they came."""
    for name in _FACTS:
        for rows in history.rows(name, _AT_ONCE):
            yield name, rows
    yield from _control(history).items()


def _control(history: History) -> dict[str, Any]:
    count = 50
    user = ids(6, history.accounts)
    made: dict[str, dict[str, Any]] = {
        "strategies": {
            "id": ids(4, count), "key": [f"key {n}" for n in range(count)], "name": "name",
            "magic": np.arange(count), "config_version": np.uint64(1),
        },
        "backtests": {
            "id": ids(10, count), "strategy_id": ids(4, count), "user_id": user[:1].repeat(count),
            "name": "name", "status": "completed",
            "performance_metrics": ['{"total_return":0.1}'] * count,
        },
        "risk_limits": {
            "id": ids(11, history.accounts), "user_id": user,
            "account_id": ids(1, history.accounts), "name": "name",
            "type": np.zeros(history.accounts, np.uint8),
            "limit_type": np.zeros(history.accounts, np.uint8), "is_active": True,
            "limit_value": np.full(history.accounts, 10**10), "config_version": np.uint64(1),
        },
    }  # fmt: skip
    for name, values in made.items():
        for column in table(name).columns:
            if column.fill == "now":
                values.setdefault(column.name, 1_767_225_600_000_000)
    return {n: pa.Table.from_batches([arrow.batch(table(n), v)]) for n, v in made.items()}
