"""Days of accounts in both stores: new ones, late rows, corrections, faults in between."""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from contextlib import ExitStack
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from flows.snapshots.kpis import KpiBuilder
from flows.snapshots.reading import DAILY, BookReader
from flows.snapshots.updating import PARTITIONS, Look, Span
from flows.snapshots.writing import ClickHouseTarget, DuckTarget, Target, write
from flows.stores import ClickHouseStore
from rules.kpi.kpi import Window
from schema import polars as registry
from schema.ids import make_id
from schema.registry import table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.changes import Actor
from sinks.duckdb.client import DuckFiles
from sinks.duckdb.database import Limits
from tests.daily_books import ANN, BOB, account, at, deal, deposit, frame, mark, order, trade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schema.table import Table
    from tests.servers import ClickHouseServer


WRITTEN = (
    *(
        "accounts_versions",
        "prop_firm_templates_versions",
        "trades",
        "deals",
        "account_marks",
        "armor_breaches",
        "stream_marks",
    ),
    *(DAILY.name, "kpi_snapshots", "kpi_values", "kpi_states", "orders", "emotion_logs_versions"),
    *("result_metrics", "account_performance", "trade_performance"),
    *("broker_performance", "instance_performance"),
)


class Stores:
    """DuckDB's files and a database of ClickHouse, with the books of two accounts."""

    def __init__(self, duck: DuckFiles, writer: ClickHouseWriter, store: ClickHouseStore) -> None:
        self.duck = duck
        self.targets: list[Target] = [DuckTarget(duck), ClickHouseTarget(writer, store)]
        self._writer = writer
        self._client = store.client
        self.days: list[int] = []
        # KPIs take most of a round's time, and few tests are of them.
        self.windows: tuple[Window, ...] = ()

    def add(self, **rows: list[dict[str, Any]]) -> None:
        """Put rows of the books into both stores."""
        tables = {
            name: pa.Table.from_batches([registry.batch(table(name), frame(name, *each))])
            for name, each in rows.items()
        }
        self.duck.append(tables, {})
        self._writer.write(tables, {})

    def control(self, *accounts: dict[str, Any], **more: list[dict[str, Any]]) -> None:
        version = {"config_version": accounts[0].get("config_version", 1)}
        tables = {
            "brokers": frame("brokers", version),
            "instances": frame("instances", version),
            "accounts": frame("accounts", *accounts),
            **{name: frame(name, *rows) for name, rows in more.items()},
        }
        made = {
            name: pa.Table.from_batches([registry.batch(table(name), rows)])
            for name, rows in tables.items()
        }
        if "prop_firm_templates" in made:
            rows = {"prop_firm_templates": made.pop("prop_firm_templates")}
            self.duck.change(rows, {}, Actor("test"))
            self._client.insert_arrow("prop_firm_templates_versions", *rows.values())
        self.duck.write_control(made, "test")
        self._client.insert_arrow("accounts_versions", made["accounts"])

    def expire(self, name: str) -> None:
        """Take the rows of a table away, as maintenance does."""
        self._client.command(f"TRUNCATE TABLE {name}")
        self.duck._database.cursor().execute(f"DELETE FROM {name}_versions")

    def look(self, now: str, source: str = "duckdb", **more: Any) -> Look:
        self.days = []
        books = next(each.kept for each in self.targets if each.name == source)
        given: dict[str, Any] = {
            "targets": self.targets,
            "partitions": range(PARTITIONS),
            "windows": self.windows,
        }
        return Look(books, now=at(now), total=self.days.append, **(given | more))

    def catch_up(self, now: str, **more: Any) -> int:
        """Return how many rows of days were written in all."""
        return self.look(now, **more).catch_up().rows

    def kpis(self, store: str, who: UUID, window: str, day: int = 6) -> dict[str, Any]:
        """KPIs of an account as of a day in UTC, by id."""
        kept = next(each.kept for each in self.targets if each.name == store)
        stays = (
            f"account_id = '{who}' AND zone = 'UTC' AND kpi_window = '{window}'"
            f" AND date = '2026-03-{day:02}'"
        )
        rows = kept.rows(table("kpi_values"), stays).select("kpi", "value", "text")
        return {kpi: text or value for kpi, value, text in rows.rows()}

    def rows(self, store: str = "duckdb", zone: str = "UTC") -> list[dict[str, Any]]:
        kept = next(each.kept for each in self.targets if each.name == store)
        rows = kept.rows(DAILY, f"zone = '{zone}'").sort("account_id", "date")
        rows = rows.drop("version", "created_at")
        return rows.with_columns(pl.selectors.decimal().cast(pl.Float64)).to_dicts()


@pytest.fixture(scope="module")
def empty(
    tmp_path_factory: pytest.TempPathFactory, migrated_clickhouse: ClickHouseServer
) -> tuple[Path, str]:
    """DuckDB's files and the address of a database of ClickHouse, both migrated and without rows."""
    files = tmp_path_factory.mktemp("empty")
    DuckFiles(files, Limits(), write=True).close()
    return files, f"{migrated_clickhouse.url}/default"


@pytest.fixture
def stores(empty: tuple[Path, str], tmp_path: Path) -> Iterator[Stores]:
    files, url = empty
    shutil.copytree(files, tmp_path / "duckdb")
    with ExitStack() as stack:
        duck = stack.enter_context(DuckFiles(tmp_path / "duckdb", Limits(), write=True))
        writer = ClickHouseWriter(url)
        stack.callback(writer.close)
        store = ClickHouseStore(url)
        stack.callback(store.close)
        for name in WRITTEN:
            store.client.command(f"TRUNCATE TABLE {name}")
        made = Stores(duck, writer, store)
        made.control(
            account(ANN, partition=3, key="ann", reporting_zone="America/New_York"),
            account(BOB, partition=9, key="bob"),
        )
        yield made


def version(moment: str, number: int = 0) -> int:
    return (int(at(moment).timestamp() * 1000) << 20) + number


def first_days(stores: Stores) -> None:
    stores.add(
        deals=[
            deposit(1, "2026-03-04 08:00", 1_000),
            deal(2, "2026-03-05 10:00", 50, position_ticket=7),
            deposit(1, "2026-03-05 09:00", 500, account_id=BOB),
        ],
        trades=[
            trade(1, "2026-03-04 09:00", "2026-03-05 10:00", 50, position_ticket=7, version=version("2026-03-05 10:00")),
            trade(2, "2026-03-05 09:30", None, account_id=BOB, version=version("2026-03-05 09:30")),
        ],
        account_marks=[
            mark("2026-03-05 12:00:55", 500, 480, account_id=BOB, open_positions=1, version=version("2026-03-05 12:00")),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("source", ["duckdb", "clickhouse"])
def test_days_that_are_over_land_in_both_stores(stores: Stores, source: str) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01", source=source)
    rows = stores.rows()
    told = [(r["account_id"] == ANN.bytes, r["date"].day, r["balance"], r["equity"]) for r in rows]
    assert sorted(told) == [
        (False, 5, 500, 480),
        (False, 6, 500, 480),
        (True, 4, 1_000, 1_000),
        (True, 5, 1_050, 1_050),
        (True, 6, 1_050, 1_050),
    ]
    assert all(row["is_final"] for row in rows)
    assert stores.rows("clickhouse") == rows
    own = stores.rows(zone="America/New_York")
    assert [r["date"].day for r in own] == [4, 5]  # the 6th lasts there until 05:00
    assert stores.rows("clickhouse", "America/New_York") == own


def test_nothing_new_writes_nothing(stores: Stores) -> None:
    first_days(stores)
    assert stores.catch_up("2026-03-07 00:01") > 0
    assert stores.catch_up("2026-03-07 00:01") == 0
    assert stores.catch_up("2026-03-07 03:00") == 0


def test_a_normal_day_builds_that_day_alone(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01")
    stores.add(
        account_marks=[
            mark(f"2026-03-07 23:{minute}:55", 500, 450, account_id=BOB, open_positions=1, version=version(f"2026-03-07 23:{minute}"))
            for minute in range(10, 60)
        ]
    )  # fmt: skip
    # Two accounts in two stores, and Ann's New York is a day behind.
    assert stores.catch_up("2026-03-08 00:01") == 2 * 3
    # And back to what was marked within an hour of the last look, for clocks may differ.
    assert stores.days == [3 + 5]


def test_a_late_trade_opens_its_day_and_what_it_changed(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-20 00:01")
    before = {row["id"]: row for row in stores.rows()}
    stores.add(
        trades=[
            trade(3, "2026-03-09 09:00", "2026-03-10 10:00", -30, position_ticket=8, version=version("2026-03-20 00:30")),
        ],
        deals=[deal(3, "2026-03-10 10:00", -30, position_ticket=8)],
    )  # fmt: skip
    stores.catch_up("2026-03-20 01:00")
    after = {row["id"]: row for row in stores.rows()}
    assert stores.rows("clickhouse") == stores.rows()
    changed = {
        (row["account_id"], row["date"].day) for key, row in after.items() if row != before[key]
    }
    # Its balance is another from then on; not a day before, and no other account's.
    assert changed == {(ANN.bytes, day) for day in range(9, 20)}
    assert {
        row["balance"]
        for row in after.values()
        if row["date"] >= date(2026, 3, 10) and row["account_id"] == ANN.bytes
    } == {1_020}
    rows = [r for r in after.values() if r["account_id"] == ANN.bytes and r["date"].day == 10]
    assert (rows[0]["trades"], rows[0]["losses"], rows[0]["profit"]) == (1, 1, -30)


def test_a_correction_that_moves_a_trade_opens_both_days(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    stores.add(
        trades=[
            trade(1, "2026-03-04 09:00", "2026-03-08 10:00", 50, position_ticket=7, version=version("2026-03-12 00:30")),
        ],
    )  # fmt: skip
    stores.catch_up("2026-03-12 01:00")
    closed = {
        row["date"].day: row["trades"] for row in stores.rows() if row["account_id"] == ANN.bytes
    }
    assert closed[5] == 0
    assert closed[8] == 1
    assert stores.rows("clickhouse") == stores.rows()


def test_a_late_deposit_is_found(stores: Stores) -> None:
    """It has no version that tells when it came."""
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    stores.add(deals=[deposit(9, "2026-03-06 08:00", 400)])
    stores.catch_up("2026-03-12 01:00")
    flows = {
        row["date"].day: row["flow"] for row in stores.rows() if row["account_id"] == ANN.bytes
    }
    assert {day for day, flow in flows.items() if flow} == {4, 6}
    assert stores.rows("clickhouse") == stores.rows()


def test_a_late_mark_opens_its_day(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    stores.add(
        account_marks=[
            mark("2026-03-08 12:00:55", 500, 400, account_id=BOB, open_positions=1, version=version("2026-03-12 00:30")),
        ]
    )  # fmt: skip
    stores.catch_up("2026-03-12 01:00")
    equity = {
        row["date"].day: row["equity"] for row in stores.rows() if row["account_id"] == BOB.bytes
    }
    assert equity == {5: 480, 6: 480, 7: 480, 8: 400, 9: 400, 10: 400, 11: 400}


def test_a_store_that_is_down_stops_itself_alone(stores: Stores) -> None:
    first_days(stores)
    duck, other = stores.targets
    stores.catch_up("2026-03-07 00:01", targets=[duck])
    assert len(stores.rows()) == 5
    assert stores.rows("clickhouse") == []
    stores.catch_up("2026-03-09 00:01")  # one is further than the other
    assert stores.rows("clickhouse") == stores.rows()
    assert [(r["date"].day) for r in stores.rows("clickhouse")][:5] == [
        r["date"].day for r in stores.rows()
    ][:5]
    assert other.positions().keys() == duck.positions().keys()


class Struck(Exception):
    """What a test lets happen."""


class Mortal:
    """A store whose process is killed at its n-th write, before it or behind it."""

    def __init__(self, target: Target, clock: list[int], *, behind: bool) -> None:
        self.name, self.kept, self.positions = target.name, target.kept, target.positions
        self._target, self._clock, self._behind = target, clock, behind

    def append(self, tables: dict[str, pa.Table], positions: dict[str, str]) -> None:
        self._clock[0] -= 1
        if self._clock[0] < 0 and not self._behind:
            raise Struck
        self._target.append(tables, positions)
        if self._clock[0] < 0:
            raise Struck


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("writes", range(4))
def test_it_goes_on_where_it_was_killed(stores: Stores, writes: int, behind: bool) -> None:
    first_days(stores)
    clock = [writes]
    mortal = [Mortal(each, clock, behind=behind) for each in stores.targets]
    with pytest.raises(Struck):
        stores.catch_up("2026-03-20 00:01", targets=mortal)
    stores.catch_up("2026-03-20 00:01")
    whole = stores.rows()
    assert len(whole) == 16 + 15
    assert stores.rows("clickhouse") == whole
    assert stores.catch_up("2026-03-20 00:02") == 0


def test_a_day_whose_marks_have_expired_keeps_what_they_said(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-12 00:01")
    before = stores.rows()
    stores.expire("account_marks")
    stores.add(deals=[deposit(9, "2026-03-05 08:00", 400, account_id=BOB)])
    told = stores.look("2026-03-12 01:00").catch_up()
    assert stores.rows()[0] == before[0]
    assert (before[0]["equity"], before[0]["marks"]) == (480, 1)
    assert ("marks_expired", 1) in told.faults.select("fault", "rows").rows()


def test_figures_of_accounts_trades_brokers_and_instances(stores: Stores) -> None:
    first_days(stores)
    stores.add(
        orders=[
            order(1, "2026-03-04 09:00", "filled", 40),
            order(2, "2026-03-05 09:00", "refused", 60),
        ],
        result_metrics=[metric(1, "2026-03-04 09:00", 40), metric(2, "2026-03-05 09:00", 60)],
    )
    stores.catch_up("2026-03-07 00:01")
    for target in stores.targets:
        of = {
            name: target.kept.rows(table(f"{name}_performance"), "true")
            for name in ("account", "trade", "broker", "instance")
        }
        month = of["account"].filter(period="month", account_id=ANN.bytes).row(0, named=True)
        assert (month["trades"], month["profit"], month["flow"]) == (1, 50, 1_000)
        assert month["period_return"] == pytest.approx(0.05)
        assert of["account"].filter(period="day").height == 3 + 2
        (trade_row,) = of["trade"].to_dicts()
        assert (trade_row["net_profit"], trade_row["return_on_balance"]) == (50, 0.05)
        row = of["broker"].filter(period="month").row(0, named=True)
        assert (row["orders"], row["filled"], row["refused"]) == (2, 1, 1)
        assert (row["latency_p50_ms"], row["commission"]) == (50, 0)
        assert of["broker"].filter(period="day").height == 2
        row = of["instance"].filter(period="month").row(0, named=True)
        assert (row["orders"], row["accounts"], row["restarts"]) == (2, 1, None)
    assert stores.look("2026-03-07 00:02").catch_up().derived == 0


def metric(number: int, moment: str, waited: float) -> dict[str, Any]:
    return {
        "result_id": make_id("order", str(number)),
        "decided_at": at(moment),
        "finished_at": at(moment),
        "sent_to_done_ms": float(waited),
    }


def test_kpis_are_made_from_what_the_stores_have(stores: Stores) -> None:
    stores.windows = tuple(Window)
    first_days(stores)
    assert stores.look("2026-03-07 00:01").catch_up().derived > 0
    for store in ("duckdb", "clickhouse"):
        kpis = stores.kpis(store, ANN, "all")
        assert kpis["net_profit"] == 50
        assert kpis["trade_count"] == 1
        assert kpis["total_return"] == pytest.approx(0.05)
        assert kpis["profit_factor"] is None  # nothing was lost
        assert kpis["best_symbol"] == "EURUSD"
        assert kpis["max_intraday_equity_drop"] is None  # Ann was never marked
        assert stores.kpis(store, ANN, "7d")["trade_count"] == 1
        assert stores.kpis(store, BOB, "all")["trade_count"] == 0
    assert stores.look("2026-03-07 00:02").catch_up().derived == 0


def test_a_late_trade_makes_kpis_anew_that_rest_on_its_day(stores: Stores) -> None:
    stores.windows = (Window.ALL,)
    first_days(stores)
    for day in (8, 9, 10, 11):
        stores.catch_up(f"2026-03-{day:02} 00:01")
    late = {"position_ticket": 8, "version": version("2026-03-11 00:30")}
    stores.add(trades=[trade(3, "2026-03-09 09:00", "2026-03-09 10:00", -30, **late)])
    stores.catch_up("2026-03-11 01:00")
    for store in ("duckdb", "clickhouse"):
        counts = {day: stores.kpis(store, ANN, "all", day)["trade_count"] for day in (7, 8, 9, 10)}
        assert counts == {7: 1, 8: 1, 9: 2, 10: 2}
        assert stores.kpis(store, ANN, "all", 9)["net_profit"] == 20


def test_kpis_that_a_kill_left_out_are_made_by_the_next_round(stores: Stores) -> None:
    stores.windows = (Window.ALL,)
    first_days(stores)
    clock = [2]  # days in both stores, and then
    mortal = [Mortal(each, clock, behind=True) for each in stores.targets]
    with pytest.raises(Struck):
        stores.catch_up("2026-03-07 00:01", targets=mortal)
    assert stores.look("2026-03-07 00:02").catch_up().derived > 0
    for store in ("duckdb", "clickhouse"):
        assert stores.kpis(store, ANN, "all")["trade_count"] == 1


def test_parts_of_partitions_make_the_whole(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01", partitions=range(0, PARTITIONS, 2))
    assert stores.rows() == []  # Ann's 3 and Bob's 9 are odd
    stores.catch_up("2026-03-07 00:01", partitions=range(1, PARTITIONS, 2))
    assert len(stores.rows()) == 5


def test_today_is_built_on_demand_as_far_as_it_is(stores: Stores) -> None:
    first_days(stores)
    today = Span(date(2026, 3, 5), date(2026, 3, 5))
    stores.look("2026-03-05 11:00").rebuild(today, ["bob"])
    (row,) = stores.rows()
    assert (row["account_id"], row["is_final"], row["equity"]) == (BOB.bytes, False, 480)
    stores.catch_up("2026-03-06 00:01")
    assert [row["is_final"] for row in stores.rows()] == [True] * 3


def test_a_version_rises_although_the_clock_went_back(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01")
    stores.add(deals=[deposit(9, "2026-03-06 08:00", 400)])
    stores.catch_up("2026-03-06 23:00")  # the clock was set back; the 6th is not over by it
    stores.look("2026-03-06 23:00").rebuild(Span(date(2026, 3, 6), date(2026, 3, 6)))
    rows = [row for row in stores.rows() if row["account_id"] == ANN.bytes]
    assert rows[-1]["flow"] == 400
    assert stores.rows("clickhouse") == stores.rows()


def test_a_new_reporting_zone_gets_its_days(stores: Stores) -> None:
    first_days(stores)
    stores.catch_up("2026-03-07 00:01")
    stores.control(
        account(BOB, partition=9, key="bob", reporting_zone="Asia/Tokyo", config_version=2)
    )
    stores.catch_up("2026-03-07 00:01")
    assert [row["date"].day for row in stores.rows(zone="Asia/Tokyo")] == [5, 6]


def test_rules_of_a_firm_are_in_days_and_in_kpis(stores: Stores) -> None:
    stores.windows = (Window.ALL,)
    firm = {
        "id": make_id("template"),
        "rules": json.dumps({"daily_loss": 0.04, "max_loss": 0.08, "target": 0.5}),
        "effective_from": date(2026, 1, 1),
        "config_version": 2,
    }
    ruled = {
        "prop_firm_template_id": make_id("template"),
        "prop_firm_rules": json.dumps({"max_loss_from": "highest_balance", "best_day": 7}),
    }
    stores.control(
        account(ANN, partition=3, key="ann", config_version=3),
        account(BOB, partition=9, key="bob", config_version=3, **ruled),
        prop_firm_templates=[firm],
    )
    first_days(stores)
    told = stores.look("2026-03-06 00:01").catch_up()
    assert told.faults.rows() == [(BOB.bytes, "rule_of_firm", 1)]  # a share is at most 1
    # A day later than those that are stored goes on from them.
    later = mark(
        "2026-03-07 12:00:55", 500, 440, account_id=BOB, version=version("2026-03-07 12:01")
    )
    stores.add(account_marks=[later])
    stores.catch_up("2026-03-08 00:01")
    for store in ("duckdb", "clickhouse"):
        rows = [row for row in stores.rows(store) if row["account_id"] == BOB.bytes]
        names = ("daily_loss", "daily_loss_limit", "drawdown", "drawdown_limit")
        assert [tuple(row[name] for name in names) for row in rows] == [
            (20, 20, 20, 40),  # of 500, to 480
            (None, 20, None, 40),
            (60, 20, 60, 40),  # equity began with 480, balance with 500
        ]
        of_ann = [row for row in stores.rows(store) if row["account_id"] == ANN.bytes]
        assert {row["daily_loss_limit"] for row in of_ann} == {None}
        kpis = stores.kpis(store, BOB, "all", 7)
        assert kpis["daily_loss_used_today"] == 60 / 20
        assert kpis["max_loss_used"] == 60 / 40
        assert kpis["profit_target_remaining"] == 0.5 * 500
        kept = next(each.kept for each in stores.targets if each.name == store)
        made = kept.rows(table("kpi_snapshots"), f"account_id = '{BOB}'", "date = '2026-03-07'")
        parameters = json.loads(made["parameters"][0])
        assert (parameters["daily_loss"], parameters["best_day"]) == (0.04, 0.4)


def told(stores: Stores, day: int) -> pl.DataFrame:
    """All KPIs as of a day, of all accounts, zones and windows."""
    kept = stores.targets[0].kept
    rows = kept.rows(table("kpi_values"), f"date = '2026-03-{day:02}'").drop("version")
    return rows.sort("kpi", "kpi_window", "zone", "account_id")


def traded(stores: Stores, number: int, opened: str, closed: str | None, profit: float) -> None:
    ticket = {"position_ticket": number, "version": version(closed or opened)}
    stores.add(trades=[trade(number, opened, closed, profit, **ticket)])


def test_nights_one_by_one_make_the_kpis_that_all_history_makes(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tradecast.snapshots")
    stores.windows = (Window.ALL, Window.YEAR, Window.DAYS_7)
    first_days(stores)
    one = stores.targets[:1]
    stores.catch_up("2026-03-07 06:00", targets=one)
    assert "KPIs in UTC of all history of 2 accounts: new" in caplog.text
    caplog.clear()
    traded(stores, 11, "2026-03-07 09:00", "2026-03-07 15:00", -30)
    traded(stores, 12, "2026-03-07 20:00", None, 0)
    stores.catch_up("2026-03-08 06:00", targets=one)
    traded(stores, 12, "2026-03-07 20:00", "2026-03-08 22:00", 70)
    traded(stores, 13, "2026-03-09 01:00", "2026-03-09 02:00", 20)  # the day before in New York
    stores.catch_up("2026-03-09 06:00", targets=one)
    stores.catch_up("2026-03-10 06:00", targets=one)
    assert caplog.text == ""

    one_by_one = told(stores, 9)
    for name in ("kpi_states", "kpi_snapshots", "kpi_values"):
        stores.expire(name)
    stores.catch_up("2026-03-10 06:00", targets=one)
    as_a_whole = told(stores, 9)

    assert one_by_one.height > 2_500
    assert_frame_equal(one_by_one, as_a_whole, rel_tol=1e-9, abs_tol=1e-12)


def test_kpis_without_a_state_of_these_formulas_are_made_of_all_history(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tradecast.snapshots")
    stores.windows = (Window.ALL,)
    first_days(stores)
    one = stores.targets[:1]
    stores.catch_up("2026-03-07 06:00", targets=one)
    states = one[0].kept.rows(table("kpi_states"), "true")
    other = states.with_columns(formulas=pl.lit("other"), numbers=pl.lit("broken"))
    stores.expire("kpi_states")
    write(one[0], {"kpi_states": other}, {})
    caplog.clear()
    stores.catch_up("2026-03-08 06:00", targets=one)
    assert "of 2 accounts: a state of other formulas" in caplog.text
    assert stores.kpis("duckdb", ANN, "all", 7)["trade_count"] == 1

    states = one[0].kept.rows(table("kpi_states"), "date = '2026-03-07'")
    torn = states.with_columns(numbers=pl.col("numbers").str.head(100))
    stores.expire("kpi_states")
    write(one[0], {"kpi_states": torn}, {})
    caplog.clear()
    stores.catch_up("2026-03-09 06:00", targets=one)
    assert "of 2 accounts: a state that is broken" in caplog.text

    stores.expire("kpi_states")
    caplog.clear()
    stores.catch_up("2026-03-10 06:00", targets=one)
    assert "of 2 accounts: no state of the day before" in caplog.text
    assert stores.kpis("duckdb", ANN, "all", 9)["trade_count"] == 1


class Counting(BookReader):
    """Counts the rows that are read of each table."""

    def __init__(self, duck: DuckFiles) -> None:
        super().__init__(duck, "duckdb")
        self.read: Counter[str] = Counter()

    def rows(self, which: Table, stays: str, changes: str = "true") -> pl.DataFrame:
        found = super().rows(which, stays, changes)
        self.read[which.name] += found.height
        return found


def test_a_normal_night_reads_no_trades_of_years_ago(stores: Stores) -> None:
    one = stores.targets[:1]
    first = date(2025, 1, 6)
    years = [first + timedelta(n) for n in range(420)]  # to 2026-03-01
    stores.add(
        deals=[deposit(1, "2025-01-05 08:00", 1_000)],
        trades=[
            trade(n, f"{day} 09:00", f"{day} 10:00", 5, position_ticket=n, version=n + 1)
            for n, day in enumerate(years)
        ],
    )
    stores.catch_up("2026-03-02 06:00", targets=one)  # days alone, without their KPIs
    stores.windows = (Window.ALL,)
    stores.catch_up("2026-03-03 06:00", targets=one)

    stores.windows = ()
    stores.catch_up("2026-03-04 06:00", targets=one)
    counting = Counting(stores.duck)
    target = DuckTarget(stores.duck)
    target.kept = counting
    KpiBuilder(counting, target, at("2026-03-04 06:00"), (Window.ALL,)).build(
        counting.accounts(range(PARTITIONS))
    )

    assert stores.kpis("duckdb", ANN, "all", 3)["trade_count"] == len(years)
    since = sum(day >= date(2025, 12, 3) for day in years)  # the day before 90 days
    assert since == 89
    assert counting.read["trades"] <= 2 * since  # in two zones
