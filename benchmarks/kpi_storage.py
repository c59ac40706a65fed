"""How KPIs are best kept: one JSON value or map per account and day, or a row for each KPI.

The question is what each layout costs three readers: one account's KPIs of one day, one KPI of
all accounts on one day, and one KPI of one account over time.
"""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl

from benchmarks.measure import Row, p50, seconds_of, timed
from embedded.clickhouse.process import ClickHouse
from rules.kpi.registry import KPIS
from schema.ids import make_id

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "kpi-storage"
ACCOUNTS, DAYS = 500, 30
FIRST = date(2026, 1, 1)
LAST = FIRST + timedelta(days=DAYS - 1)
ONE = str(make_id("account", "250"))
KPI = "sharpe"
_ENGINE = "ENGINE = MergeTree PARTITION BY toYYYYMM(date) ORDER BY"
_TABLES = {
    "duckdb": {
        "json": "(account_id UUID, date DATE, kpis JSON)",
        "map": "(account_id UUID, date DATE, kpis MAP(VARCHAR, DOUBLE))",
        "long": "(account_id UUID, date DATE, kpi VARCHAR, value DOUBLE)",
    },
    "clickhouse": {
        "json": "(account_id UUID, date Date32, kpis String CODEC(ZSTD(3)))"
        f" {_ENGINE} (account_id, date)",
        "map": "(account_id UUID, date Date32, kpis Map(LowCardinality(String), Float64)"
        f" CODEC(ZSTD(3))) {_ENGINE} (account_id, date)",
        "long": "(account_id UUID, date Date32, kpi LowCardinality(String), value Float64"
        f" CODEC(ZSTD(3))) {_ENGINE} (account_id, kpi, date)",
        "long_by_kpi": "(account_id UUID, date Date32, kpi LowCardinality(String), value Float64"
        f" CODEC(ZSTD(3))) {_ENGINE} (kpi, account_id, date)",
    },
}
_VALUE = {
    ("duckdb", "json"): f"CAST(json_extract(kpis, '$.{KPI}') AS DOUBLE)",
    ("duckdb", "map"): f"kpis['{KPI}']",
    ("clickhouse", "json"): f"JSONExtract(kpis, '{KPI}', 'Nullable(Float64)')",
    ("clickhouse", "map"): f"kpis['{KPI}']",
}


def run(accounts: int = ACCOUNTS, days: int = DAYS) -> list[Row]:
    """Measure each layout in each store."""
    values = _values(accounts, days)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tradecast-bench-") as directory:
        rows += _duckdb(Path(directory), values)
        with ClickHouse(
            Path(directory) / "ch", password="benchmark", die_with_parent=True
        ) as server:
            rows += _clickhouse(server, values)
    return rows


def _values(number: int, nights: int) -> pl.DataFrame:
    """A value of each KPI for each account and day, as many digits as real ones have."""
    rng = np.random.default_rng(7)
    accounts = [str(make_id("account", str(each))) for each in range(number)]
    days = [FIRST + timedelta(days=each) for each in range(nights)]
    keys = pl.DataFrame({"account_id": accounts}).join(pl.DataFrame({"date": days}), how="cross")
    made = rng.normal(size=(keys.height, len(KPIS)))
    return keys.hstack(pl.DataFrame(made, schema=[kpi.id for kpi in KPIS]))


def _frame(values: pl.DataFrame, layout: str) -> pl.DataFrame:
    ids = [kpi.id for kpi in KPIS]
    if layout.startswith("long"):
        return values.unpivot(ids, index=["account_id", "date"], variable_name="kpi")
    kpis = pl.struct(ids)
    if layout == "json":
        return values.select("account_id", "date", kpis=kpis.struct.json_encode())
    entries = values.unpivot(ids, index=["account_id", "date"], variable_name="key")
    return entries.group_by("account_id", "date").agg(kpis=pl.struct("key", "value"))


def _queries(store: str, layout: str) -> dict[str, str]:
    one, day = f"account_id = '{ONE}'", f"date = '{LAST}'"
    kpi, source = f"kpi = '{KPI}'", f"FROM {layout}_kpis WHERE"
    if layout.startswith("long"):
        return {
            "one account": f"SELECT kpi, value {source} {one} AND {day}",
            "one KPI of all": f"SELECT account_id, value {source} {kpi} AND {day}",
            "one KPI over time": f"SELECT date, value {source} {kpi} AND {one} ORDER BY date",
        }
    value = _VALUE[store, layout]
    return {
        "one account": f"SELECT kpis {source} {one} AND {day}",
        "one KPI of all": f"SELECT account_id, {value} {source} {day}",
        "one KPI over time": f"SELECT date, {value} {source} {one} ORDER BY date",
    }


def _duckdb(directory: Path, values: pl.DataFrame) -> list[Row]:
    rows = []
    for layout, columns in _TABLES["duckdb"].items():
        file = directory / f"{layout}.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"CREATE TABLE {layout}_kpis {columns}")
            connection.register("made", _frame(values, layout).to_arrow())
            source = "map_from_entries(kpis)" if layout == "map" else "kpis"
            what = "*" if layout == "long" else f"account_id, date, {source}"
            statement = f"INSERT INTO {layout}_kpis SELECT {what} FROM made"
            insert = timed(partial(connection.execute, statement))
            connection.execute("CHECKPOINT")
            size = file.stat().st_size
            ask = partial(_fetch, connection)
            rows += _rows("duckdb", layout, insert, size, values.height, ask)
    return rows


def _fetch(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    return connection.execute(query).fetchall()


def _clickhouse(server: ClickHouse, values: pl.DataFrame) -> list[Row]:
    import clickhouse_connect  # noqa: PLC0415

    rows = []
    with clickhouse_connect.get_client(
        host=server.host, port=server.port, username=server.user, password=server.password,
        autogenerate_session_id=False,
    ) as client:  # fmt: skip
        for layout in _TABLES["clickhouse"]:
            client.command(f"CREATE TABLE {layout}_kpis {_TABLES['clickhouse'][layout]}")
            frame = _frame(values, layout)
            insert = timed(partial(_insert, client, layout, frame))
            client.command(f"OPTIMIZE TABLE {layout}_kpis FINAL")
            told: Any = client.query(
                "SELECT sum(bytes_on_disk) FROM system.parts"
                f" WHERE active AND table = '{layout}_kpis'"
            )
            size = int(told.result_rows[0][0])
            rows += _rows("clickhouse", layout, insert, size, values.height, client.query)
    return rows


def _insert(client: Any, layout: str, frame: pl.DataFrame) -> None:
    """Insert a day at a time, as days come."""
    for part in frame.partition_by("date"):
        _insert_day(client, layout, part)


def _insert_day(client: Any, layout: str, frame: pl.DataFrame) -> None:
    if layout == "map":
        # Maps have no Arrow type that Polars writes.
        rows = [[who, day, {e["key"]: e["value"] for e in kpis}] for who, day, kpis in frame.rows()]
        client.insert("map_kpis", rows, column_names=["account_id", "date", "kpis"])
        return
    client.insert_arrow(f"{layout}_kpis", frame.to_arrow())


def _rows(
    store: str, layout: str, insert: float, size: int, days: int, ask: Callable[[str], object]
) -> list[Row]:
    figures = {
        what: f"{p50(seconds_of(partial(ask, query), 7)) * 1000:.2f} ms"
        for what, query in _queries(store, layout).items()
    }
    figures["insert, per account and day"] = f"{insert / days * 1e6:.0f} us"
    figures["disk, per account and day"] = f"{size / days:.0f} B"
    return [
        Row(group=NAME, what=f"{store}, {layout}: {what}", value=value)
        for what, value in figures.items()
    ]
