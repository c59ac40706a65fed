"""DuckDB's files and a database of ClickHouse for tests of snapshots, and what strikes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from flows.snapshots.reading import DAILY
from flows.snapshots.updating import PARTITIONS, Look
from flows.snapshots.writing import ClickHouseTarget, DuckTarget, Target
from schema import polars as registry
from schema.registry import table
from sinks.duckdb.changes import Actor
from tests.daily_books import BOB, at, deal, deposit, frame, mark, trade

if TYPE_CHECKING:
    from uuid import UUID

    from flows.stores import ClickHouseStore, Store
    from rules.kpi.kpi import Window
    from sinks.clickhouse import ClickHouseWriter
    from sinks.duckdb.client import DuckFiles

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
    *("trade_signal", "signal_execution_status"),
    *("broker_performance", "instance_performance"),
)


class Stores:
    """DuckDB's files and a database of ClickHouse, with the books of two accounts."""

    def __init__(self, duck: DuckFiles, writer: ClickHouseWriter, store: ClickHouseStore) -> None:
        self.duck = duck
        self.readers: tuple[Store, ...] = (duck, store)
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
