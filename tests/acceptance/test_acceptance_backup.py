"""A backup of a system that trades, restored: the books are whole, and nothing is sent twice."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from brokers.simulated import read_books
from schema.ids import NIL
from tests.acceptance import plain_world
from tests.acceptance.running_system import rows, running, send, tradecast, with_tables
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(280)

# Processes are stopped for as long as a backup takes: their prices and balances still hold then.
QUIET = {
    "TRADECAST__METRICS__ENABLED": "false",
    "TRADECAST__TRADE__MAX_QUOTE_AGE_S": "3600",
    "TRADECAST__TRADE__MAX_BALANCE_AGE_S": "3600",
}
ACCOUNTS = len(plain_world.INSTANCES)  # one on each terminal


def buy(home: Path, name: str, symbol: str) -> None:
    send(home, strategy=plain_world.STRATEGY, symbol=symbol, action="buy", signal_id=name)


def outcomes(home: Path) -> Counter[tuple[str, str]]:
    """How many accounts have which outcome, by symbol of the signal."""
    query = (
        "SELECT t.symbol AS symbol, s.outcome AS outcome FROM signal_execution_status s"
        " JOIN trade_signal t ON t.signal_id = s.signal_id"
    )
    return Counter((str(row["symbol"]), str(row["outcome"])) for row in rows(home, query, "duckdb"))


def wait_filled(home: Path, symbol: str) -> None:
    eventually(
        lambda: outcomes(home)[symbol, "filled"] == ACCOUNTS, 60, what=f"{symbol} filled", poll=0.3
    )


def pid(home: Path, process: str) -> int:
    facts = json.loads((home / "run" / "up.json").read_text())
    return next(int(part["pid"]) for part in facts["parts"] if part["name"] == process)


def tickets(home: Path) -> Counter[UUID]:
    """Order tickets in the brokers' own books, by order id."""
    found: Counter[UUID] = Counter()
    for book in sorted(home.glob("executors/*/terminal")):
        found.update(
            UUID(bytes=row["request_id"])
            for row in read_books(book).orders
            if row["request_id"] != NIL
        )
    return found


def configure(home: Path, directory: Path) -> None:
    file = directory / "plain.toml"
    # So that it is not an order's age that keeps it from being sent again.
    text = plain_world.world(ACCOUNTS).replace(
        "leverage = 500", "leverage = 500\nmax_signal_age_s = 600"
    )
    text = text.replace("[[instruments]]\n", "[[instruments]]\nmax_quote_age_s = 3600\n")
    file.write_text(text, encoding="utf-8")
    done = tradecast(home, "apply", str(file))
    assert done.returncode == 0, done.stderr


def audit(home: Path) -> None:
    done = tradecast(home, "audit")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_was_sent_after_the_backup_is_not_sent_again(tmp_path: Path) -> None:
    home, again, backup = tmp_path / "home", tmp_path / "again", tmp_path / "backup"
    with running(with_tables(home), **QUIET):
        configure(home, tmp_path)
        eventually(
            lambda: len(list(home.glob("executors/*/terminal"))) == ACCOUNTS, 30, what="terminals"
        )
        first = count()

        def trades() -> int:
            # A terminal that has just started has no prices, and its account no balance yet.
            buy(home, f"first-{next(first)}", "EURUSD")
            return outcomes(home)["EURUSD", "filled"]

        eventually(trades, 60, what="the first fill", poll=1)
        buy(home, "one", "AUDUSD")
        wait_filled(home, "AUDUSD")
        executor, shard = pid(home, "execute-alpha-1"), pid(home, "trade-0")
        os.kill(executor, signal.SIGSTOP)
        try:
            buy(home, "two", "GBPUSD")
            eventually(
                lambda: outcomes(home)["GBPUSD", "filled"] == ACCOUNTS - 1,
                30, what="all but one terminal", poll=0.3,
            )  # fmt: skip
            os.kill(shard, signal.SIGSTOP)
            buy(home, "three", "USDJPY")
            done = tradecast(home, "backup", str(backup))
            assert done.returncode == 0, done.stderr
        finally:
            os.kill(shard, signal.SIGCONT)
            os.kill(executor, signal.SIGCONT)
        wait_filled(home, "GBPUSD")
        wait_filled(home, "USDJPY")
        buy(home, "four", "USDCHF")
        wait_filled(home, "USDCHF")
    sent = tickets(home)
    assert set(sent.values()) == {1}

    done = tradecast(again, "restore", str(backup), "--terminals", str(home))
    assert done.returncode == 0, done.stderr
    assert "1 orders that nobody had claimed" in done.stdout
    assert tickets(again) == sent
    with running(again, **QUIET):
        # Publishers repeat what they are not sure of; Redis knows nothing of the last one.
        for name, symbol in (("one", "AUDUSD"), ("two", "GBPUSD"), ("three", "USDJPY")):
            buy(again, name, symbol)
        eventually(lambda: sum(outcomes(again).values()) >= 0, 30, what="stores")
        for symbol in ("AUDUSD", "GBPUSD", "USDJPY"):
            wait_filled(again, symbol)
        buy(again, "four", "USDCHF")
        wait_filled(again, "USDCHF")
        assert tickets(again) == sent
        # It trades on.
        buy(again, "five", "EURJPY")
        wait_filled(again, "EURJPY")
        now = tickets(again)
        assert set(now.values()) == {1}
        assert len(now) == len(sent) + ACCOUNTS
        aside = list(again.glob("executors/*/journal/executor.journal.aside-0"))
        assert len(aside) == ACCOUNTS
    audit(again)
