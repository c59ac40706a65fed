"""`tradecast apply` with trades open: what they need stays, unless it is told otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest

from config import dealing
from config.rows import account_id, strategy_id
from embedded.home import open_home
from flows.__main__ import main
from flows.errors import Exit
from schema import polars as registry
from schema.ids import make_id
from schema.registry import table
from sinks.duckdb.database import Limits
from sinks.duckdb.files import DuckFiles
from tests.daily_books import NOW, frame
from tests.migrated import duckdb_into

if TYPE_CHECKING:
    from pathlib import Path

WORLD = """
[[brokers]]
key = "alpha"
[[instruments]]
broker = "alpha"
symbols = ["EURUSD", "XAUUSD"]
suffix = ".m"
[[instances]]
key = "alpha-2"
broker = "alpha"
[[instances]]
key = "alpha-3"
broker = "alpha"
[[accounts]]
key = "acc-{}"
count = 4
instance = "alpha-*"
[[strategies]]
key = "london"
[[strategies]]
key = "paris"
[[subscriptions]]
strategy = "*"
accounts = "*"
"""
FEWER = WORLD.replace("count = 4", "count = 2")
SYMBOLS = WORLD.replace('".m"', '".pro"')
MORE = WORLD.replace(
    'key = "alpha-2"', 'key = "alpha-1"\nbroker = "alpha"\n[[instances]]\nkey = "alpha-2"'
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the world applied, and nothing traded."""
    where = tmp_path / "home"
    duckdb_into(open_home(where, create=True).duckdb_dir)
    assert apply(where, WORLD) == Exit.OK
    return where


def apply(home: Path, text: str, *more: str) -> int:
    file = home.parent / "world.toml"
    file.write_text(text)
    return main(["apply", str(file), "--home", str(home), *more])


def stored(home: Path) -> tuple[int, dict[str, str]]:
    """The configuration's version, and the terminal of each account."""
    with DuckFiles(home / "duckdb", Limits(), write=False) as files:
        version, tables = files.read_control()
    return version, dealing.terminals(tables)


def traded(home: Path, name: str, **more: Any) -> None:
    which = {
        "account_id": account_id("acc-4"),
        "strategy_id": strategy_id("london"),
        "symbol": "EURUSD.m",
        "created_at": NOW,
        "decided_at": NOW,
        f"{name.removesuffix('s')}_id": make_id(name, str(more)),
    }
    given = {key: each for key, each in (which | more).items() if key in table(name).names}
    made = {name: pa.Table.from_batches([registry.batch(table(name), frame(name, given))])}
    with DuckFiles(home / "duckdb", Limits(), write=True) as files:
        files.append(made, {})


def open_trade(home: Path, **more: Any) -> None:
    traded(home, "trades", **({"closed_quantity": Decimal(0), "executed_at": NOW} | more))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FEWER, "acc-4, EURUSD.m: 1 open trade; the account is removed"),
        (SYMBOLS, "acc-4, EURUSD.m: 1 open trade; EURUSD means EURUSD.pro from now on"),
        (
            WORLD.replace('strategy = "*"', 'strategy = "paris"'),
            "acc-4, EURUSD.m: 1 open trade; its subscription to london is removed",
        ),
    ],
)
def test_what_is_open_keeps_its_way(
    home: Path, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    open_trade(home)
    before = stored(home)
    for more in (["--check"], []):
        capsys.readouterr()
        assert apply(home, text, *more) == Exit.USAGE
        said = capsys.readouterr().err
        assert "say --orphan" in said
        assert why in said
        assert stored(home) == before, "nothing was changed"
    assert apply(home, text, "--check", "--orphan") == Exit.OK
    assert stored(home) == before
    assert apply(home, text, "--orphan") == Exit.OK
    assert stored(home)[0] == before[0] + 1


def test_an_order_without_an_outcome_is_open_as_well(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traded(home, "orders", state="working", outcome="none")
    traded(home, "orders", state="final", outcome="unresolved", leg=2)
    traded(home, "orders", state="final", outcome="filled", leg=3)
    assert apply(home, FEWER) == Exit.USAGE
    assert "2 orders without an outcome; the account is removed" in capsys.readouterr().err


def test_what_is_closed_or_elsewhere_hinders_nothing(home: Path) -> None:
    open_trade(home, closed_at=NOW)
    open_trade(home, status="rejected")
    open_trade(home, account_id=account_id("acc-1"))
    assert apply(home, FEWER) == Exit.OK
    assert set(stored(home)[1]) == {"acc-1", "acc-2"}


def test_a_terminal_more_moves_no_account(home: Path) -> None:
    open_trade(home)
    version, before = stored(home)
    assert apply(home, MORE) == Exit.OK
    assert stored(home) == (version + 1, before)
    assert apply(home, MORE.replace("count = 4", "count = 6")) == Exit.OK
    now = stored(home)[1]
    assert {key: now[key] for key in before} == before
    assert [now["acc-5"], now["acc-6"]] == ["alpha-1", "alpha-1"]


def test_an_empty_file_removes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = stored(home)
    for more in (["--check"], [], ["--orphan"]):
        assert apply(home, "", *more) == Exit.USAGE
        assert "there is no account in it" in capsys.readouterr().err
    assert stored(home) == before


def test_a_file_is_checked_by_itself_where_the_store_is_an_older_releases(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(str(home / "duckdb" / "control.duckdb")) as older:
        older.execute("DROP TABLE symbol_map")
    assert apply(home, WORLD, "--check") == Exit.OK
    assert "the store cannot be read before" in capsys.readouterr().err


def test_a_file_is_checked_where_no_system_is(tmp_path: Path) -> None:
    assert apply(tmp_path / "none", WORLD, "--check") == Exit.OK
    assert not (tmp_path / "none").exists()


def test_a_wrong_file_makes_no_store(tmp_path: Path) -> None:
    assert apply(tmp_path / "new", "") == Exit.USAGE
    assert not list((tmp_path / "new").rglob("*.duckdb"))
