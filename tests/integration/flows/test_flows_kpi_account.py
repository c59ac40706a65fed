"""`tradecast kpi` on an account of the stores gives what it gives on files of the same rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest

from config.settings import load
from embedded.home import open_home
from flows.__main__ import main
from flows.context import System
from flows.errors import Exit
from flows.snapshots.reading import BookReader
from flows.snapshots.updating import PARTITIONS, Look, opened
from flows.stores import ClickHouseStore
from rules.daily.kpi_inputs import observed
from schema import polars as registry
from schema.ids import make_id
from schema.registry import table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.changes import Actor
from sinks.duckdb.client import DuckFiles
from sinks.duckdb.database import Limits
from tests.daily_books import ANN, BOB, account, at, deal, deposit, frame, mark, order, trade
from tests.migrated import duckdb_into
from tests.servers import ClickHouseServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    Ask = Callable[..., dict[str, Any]]

OWNER, STRANGER = make_id("user", "ann"), make_id("user", "bob")
USERS = [
    {"id": OWNER, "username": "ann", "email": "ann@example.com"},
    {"id": STRANGER, "username": "bob", "email": "bob@example.com"},
]
ACCOUNTS = (
    account(
        ANN,
        partition=3,
        key="ann",
        user_id=OWNER,
        currency="EUR",
        prop_firm_rules='{"target": 0.2}',
    ),
    account(BOB, partition=9, key="bob", user_id=STRANGER, reporting_zone="Asia/Tokyo"),
)
PRICED = {
    "entry_price": 1.1,
    "exit_price": 1.105,
    "sl_pips": 20.0,
    "pips": 50.0,
    "pip_value": 10.0,
    "contract": 100_000.0,
    "symbol": "EURUSD",
}
BOOKS = {
    "deals": [
        deposit(1, "2026-11-02 08:00", 1_000),
        deal(2, "2026-11-03 10:00", 50, position_ticket=7),
        deal(3, "2026-11-04 10:00", -20, position_ticket=8),
        deal(4, "2026-11-05 10:00", 10, position_ticket=9),
        deposit(5, "2026-11-02 08:00", 500, account_id=BOB),
    ],
    "trades": [
        trade(1, "2026-11-02 09:00", "2026-11-03 10:00", 50, position_ticket=7, **PRICED),
        trade(2, "2026-11-04 09:00", "2026-11-04 10:00", -20, position_ticket=8, **PRICED),
        trade(
            3,
            "2026-11-04 11:00",
            "2026-11-05 10:00",
            10,
            position_ticket=9,
            **(PRICED | {"type": "sell"}),
        ),
    ],
    "account_marks": [
        mark("2026-11-03 12:00:55", 1_050, 1_040, 990, 1_060, currency="EUR"),
        mark("2026-11-04 12:00:55", 1_030, 1_030, 1_000, 1_045, currency="EUR"),
    ],
    "orders": [order(1, "2026-11-02 09:00", "filled", 40), order(2, "2026-11-03 09:00", "done", 5)],
    "armor_breaches": [
        {"id": make_id("breach"), "severity": "soft", "created_at": at("2026-11-04 12:00")}
    ],
}


def batch(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_batches([registry.batch(table(name), frame(name, *rows))])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """Its readers see what is theirs in the database `default`."""
    with ClickHouseServer(tmp_path_factory.mktemp("clickhouse"), migrated=True) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, server: ClickHouseServer) -> Path:
    """A home whose stores have two accounts with days."""
    made = open_home(tmp_path_factory.mktemp("home") / "home", create=True)
    control = {"users": USERS, "brokers": [{}], "instances": [{}], "accounts": ACCOUNTS}
    tables = {name: batch(name, rows) for name, rows in control.items()}
    books = {name: batch(name, rows) for name, rows in BOOKS.items()}
    duckdb_into(made.duckdb_dir)
    with DuckFiles(made.duckdb_dir, Limits(), write=True) as files:
        files.change({"users": tables.pop("users")}, {}, Actor("test"))
        files.write_control(tables, "test")
        files.append(books, {})
    writer = ClickHouseWriter(address(server))
    writer.write(books, {})
    writer.close()
    with server.client() as client:
        for name, rows in tables.items():
            if "clickhouse" in table(name).stores:
                client.insert_arrow(f"{name}_versions", rows)
    settings = load(None, made.path, {"TRADECAST__CLICKHOUSE__URL": address(server)})
    with opened(System(made, settings)) as (reader, targets):
        look = Look(reader, targets, range(PARTITIONS), at("2026-11-08 00:01"), windows=())
        look.catch_up()
    return made.path


def address(server: ClickHouseServer) -> str:
    return f"{server.url}/default"


@pytest.fixture
def ask(
    home: Path,
    server: ClickHouseServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Ask:
    """Run `tradecast kpi compute`, and return the KPIs that it printed."""
    monkeypatch.setenv("TRADECAST__CLICKHOUSE__URL", address(server))
    monkeypatch.setenv("TRADECAST_HOME", str(home))
    capsys.readouterr()

    def run(*arguments: str) -> dict[str, Any]:
        code = main(["kpi", "compute", *arguments, "--format", "json"])
        out, err = capsys.readouterr()
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    return run


def exported(server: ClickHouseServer, directory: Path) -> list[str]:
    """Write what the stores have of Ann as the files of `kpi compute`, and return its arguments."""
    store = ClickHouseStore(address(server))
    reader = BookReader(store, "clickhouse")
    theirs = f"account_id = '{ANN}'"
    floats = pl.selectors.decimal().cast(pl.Float64)
    text = pl.selectors.binary().bin.encode("hex")
    every = reader.rows(table("daily_snapshots"), f"{theirs} AND zone = 'UTC'")
    days, last = every.filter(observed()), every["date"].max()
    days.with_columns(floats).rename({"daily_return": "r", "benchmark_return": "bench"}).select(
        pl.exclude(pl.Binary)
    ).write_parquet(directory / "daily")
    trades = reader.rows(table("trades"), theirs).with_columns(floats, text)
    trades.with_columns(
        side=pl.when(pl.col("type") == "buy").then(1).otherwise(-1),
        lots="closed_quantity",
        strategy="strategy_id",
        entry_time="executed_at",
        exit_time="closed_at",
        reason="close_reason",
        mfe=pl.col("mfe").abs(),
        mae=-pl.col("mae").abs(),
    ).write_parquet(directory / "trades")
    orders = reader.rows(table("orders"), theirs).with_columns(floats, text)
    waited = (pl.col("done_at") - pl.col("sent_at")).dt.total_milliseconds()
    orders.select(
        "order_id",
        "filled_volume",
        requested_volume="volume",
        status=pl.lit("filled"),
        slippage_pips=pl.lit(None, pl.Float64),
        latency_ms=waited.cast(pl.Float64),
    ).write_parquet(directory / "executions")
    reader.rows(table("armor_breaches"), theirs).select("date", "rule", "severity").write_parquet(
        directory / "breaches"
    )
    store.close()
    first = days.sort("date")["balance_open"][0]
    files = ("daily", "trades", "executions", "breaches")
    given = [x for name in files for x in (f"--{name}", str(directory / name))]
    about = ["--initial", str(first), "--currency", "EUR", "--target", "0.2", "--as-of", str(last)]
    return [*given, *about]


@pytest.mark.parametrize("store", ["duckdb", "clickhouse"])
@pytest.mark.parametrize(
    "window", [[], ["--window", "7d", "--as-of", "2026-11-06"], ["--daily-loss", "0.01"]]
)
def test_an_account_of_a_store_has_the_kpis_of_its_rows(
    ask: Ask, server: ClickHouseServer, tmp_path: Path, store: str, window: list[str]
) -> None:
    found = ask("--account", "ann", "--store", store, *window)
    assert found == ask(*exported(server, tmp_path), *window)
    # What is compared is not empty: results, marks, notional in its currency, orders, breaches.
    assert found["net_profit"] == 40
    assert found["trade_count"] == 3
    assert found["max_intraday_equity_drop"] < 0
    assert found["profit_target_remaining"] in {None, 0.2 * 1_000 - 40}
    if not window:
        assert found["avg_latency_ms"] == 22.5
        # A lot of EURUSD is that many of the account's EUR, at each end of three trades.
        assert found["turnover_notional"] == 2 * 3 * 100_000
        assert found["breach_count"] == 1


@pytest.mark.parametrize("store", ["duckdb", "clickhouse"])
def test_the_report_is_of_the_account_and_says_whose_it_is(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str], store: str
) -> None:
    page = tmp_path / "ann.html"
    assert main(["kpi", "report", "--account", str(ANN), "--store", store]) == 0
    text = capsys.readouterr().out
    for told in ("ann", "Broker", "demo", "EUR", "40.00"):
        assert told in text
    where = ["--account", "ann", "--store", store, "--html", str(page)]
    assert main(["kpi", "report", *where]) == 0
    written = page.read_text(encoding="utf-8")
    assert "Broker" in written
    assert written.count(' title="') >= 429


@pytest.mark.parametrize("store", ["duckdb", "clickhouse"])
def test_who_reads_for_a_user_finds_accounts_of_theirs_alone(
    ask: Ask, capsys: pytest.CaptureFixture[str], store: str
) -> None:
    asked = ["--account", "ann", "--store", store]
    assert ask(*asked, "--as", "ann@example.com") == ask(*asked)
    assert main(["kpi", "report", *asked, "--as", str(STRANGER)]) == Exit.USAGE
    told = capsys.readouterr().err
    assert "there is no account 'ann'; give an account's id or key" in told
    assert main(["kpi", "report", *asked[2:], "--account", str(ANN), "--as", str(STRANGER)])
    assert f"there is no account '{ANN}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--account", "anne"], "there is no account 'anne'; did you mean ann?"),
        (["--account", str(make_id("nobody"))], "give an account's id or key"),
        (["--account", "x' OR '1'='1"], "there is no account"),
        (["--account", "ann", "--zone", "Asia/Tokyo"], "ann has no day in Asia/Tokyo"),
        (["--account", "ann", "--zone", "Mars/Base"], "Mars/Base"),
        (["--account", "ann", "--as-of", "2026-11-01"], "its first is 2026-11-02"),
        (["--account", "ann", "--as", "nobody"], "there is no user 'nobody'"),
        (["--account", "ann", "--daily", "x.csv"], "--daily and --trades"),
        (["--daily", "x", "--trades", "y", "--as", "ann"], "files were given"),
        ([], "give --account"),
    ],
)
@pytest.mark.usefixtures("ask")
def test_what_is_wrong_is_told_in_one_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kpi", "report", "--store", "duckdb", *arguments]) == Exit.USAGE
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_days_are_those_of_the_zone_that_is_asked_for(ask: Ask) -> None:
    found = ask("--account", "bob", "--zone", "Asia/Tokyo", "--as-of", "2026-11-05")
    assert found["account_age_days"] == 6  # from Friday, the weekday before its first day
