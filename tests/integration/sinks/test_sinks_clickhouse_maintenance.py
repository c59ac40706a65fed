"""ClickHouse drops what has expired at once, and merges where it pays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from benchmarks.history import History
from flows.common_queries import QUERIES
from flows.common_queries.binding import bound
from schema import clickhouse as ch
from schema.registry import table
from sinks.clickhouse_maintenance import ClickHouseMaintenance, pays
from sinks.upkeep import Done, Wanted
from tests.aged_rows import (
    AUDIT,
    BARS,
    DRY,
    MARKS,
    NOW,
    WANTED,
    ago,
    bars,
    filled,
    marks,
)
from tests.servers import ClickHouseServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clickhouse_connect.driver.client import Client


@pytest.fixture
def click(tmp_path: Path) -> Iterator[tuple[Client, str]]:
    with (
        ClickHouseServer(tmp_path / "clickhouse", migrated=True) as server,
        server.client() as client,
    ):
        client.command("SYSTEM STOP TTL MERGES")
        client.command("SYSTEM STOP MERGES")
        yield client, f"{server.url}/default"


def put(client: Client, name: str, rows: pa.Table) -> None:
    client.insert_arrow(ch.target(table(name)), rows)


def parts(client: Client, name: str) -> list[tuple[str, int]]:
    query = (
        "SELECT partition_id, count() FROM system.parts WHERE active AND"
        f" database = currentDatabase() AND table = '{ch.target(table(name))}' GROUP BY 1 ORDER BY 1"
    )
    return [(str(which), int(count)) for which, count in client.query(query).result_rows]


def maintain(url: str, wanted: Wanted) -> list[Done]:
    store = ClickHouseMaintenance(url)
    try:
        return store.maintain(wanted)
    finally:
        store.close()


def test_clickhouse_drops_what_has_expired(click: tuple[Client, str]) -> None:
    client, url = click
    put(client, MARKS.name, marks(800.0, 700.0))
    put(client, BARS.name, bars("1m", 420.0, 380.0))
    put(client, BARS.name, bars("1h", 4000.0))
    put(client, "trade_signal", filled(table("trade_signal"), (5000.0,), {}))
    put(client, AUDIT.name, filled(AUDIT, (2700.0, 2500.0), {"version": [1, 1]}))
    client.command("SYSTEM START MERGES")
    would = maintain(url, DRY)
    assert client.command("SELECT count() FROM account_marks") == 2
    done = maintain(url, WANTED)
    expired = {(one.table, one.rows) for one in done if one.action == "expire"}
    assert expired == {("account_marks", 1), ("market_data", 1), ("audit_log", 1)}
    assert {(one.table, one.rows) for one in would if one.action == "expire"} == expired
    assert client.command("SELECT count() FROM account_marks") == 1
    assert client.command("SELECT count() FROM market_data") == 2
    assert client.command("SELECT count() FROM trade_signal") == 1
    assert client.command("SELECT count() FROM audit_log_versions") == 1


def test_clickhouse_merges_where_it_pays(click: tuple[Client, str]) -> None:
    client, url = click
    for age in (0.1, 0.2, 0.3):
        put(client, MARKS.name, marks(age))  # the present month: few parts stay
    for age in (60.1, 60.2):
        put(client, MARKS.name, marks(age))  # a month that is over
    client.command("SYSTEM START MERGES")
    before = dict(parts(client, MARKS.name))
    maintain(url, WANTED)
    after = dict(parts(client, MARKS.name))
    month, over = f"{NOW:%Y%m}", f"{ago(60):%Y%m}"
    assert after[over] == 1
    assert after[month] == before[month]
    assert client.command("SELECT count() FROM account_marks") == 5


@pytest.mark.parametrize(
    ("span", "partition", "count", "size", "wanted"),
    [
        ("month", "202611", 7, 1, False),
        ("month", "202611", 8, 1, True),
        ("month", "202610", 1, 1, False),
        ("month", "202610", 2, 1, True),
        ("month", "202610", 50, 5 << 30, False),
        ("month", "all", 7, 1, False),
        ("month", "all", 8, 1, True),
        ("year", "2026", 1, 1, False),
        ("year", "2026", 2, 1, True),
        ("year", "2026", 2, 5 << 30, False),
        ("year", "2025", 2, 1, True),
    ],
)
def test_a_merge_pays_for_many_parts_and_for_months_that_are_over_and_years(
    span: str, partition: str, count: int, size: int, wanted: bool
) -> None:
    assert pays(span, partition, count, size, "202611") is wanted


def test_a_heatmap_reads_one_granule_of_a_year_that_was_maintained(
    click: tuple[Client, str],
) -> None:
    """However many accounts there are, and on however many days their rows were written."""
    client, url = click
    history = History(accounts=60, days=366)  # 2 000 rows of each of eleven batches
    for rows in history.rows("daily_snapshots", 2_000):
        put(client, "daily_snapshots", rows)
    values = {"account": history.account(7), "zone": "UTC"}
    values |= {"year_start": "2025-01-01", "year_end": "2026-01-01"}
    query = bound(QUERIES["heatmap"], "clickhouse")

    def read() -> int:
        told = json.loads(client.raw_query(query, values, fmt="JSON"))
        assert told["rows"] == 365
        return int(told["statistics"]["rows_read"])

    before = read()
    client.command("SYSTEM START MERGES")
    maintain(url, WANTED)
    assert dict(parts(client, "daily_snapshots"))["2025"] == 1
    # One granule, or two where it ends amid the account.
    assert read() <= 2 * 8192 < before
