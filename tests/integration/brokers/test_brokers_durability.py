"""The book outlives its process: kill -9, a second driver, a reader, a full disk."""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from brokers.simulated import SimulatedAccount, read_books, units
from rules.errors import Ambiguous, Fatal, Transient
from schema.enums import OrderType
from tests.integration.brokers.world import ACCOUNTS, EURUSD, World

ROOT = Path(__file__).parents[3]


def test_no_answer_without_a_committed_order_after_kill_9(world: World) -> None:
    world.open().close()  # the feed is written by one process
    command = [sys.executable, "-m", "tests.integration.brokers.driver", str(world.directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout
        heard = [driver.stdout.readline() for _ in range(200)]
        with pytest.raises(Fatal, match=rf"driven by process {driver.pid} already"):
            world.open()
        while_running = read_books(world.directory / "terminal")
        os.kill(driver.pid, signal.SIGKILL)
        heard += driver.stdout.readlines()
    answered = {}
    for line in heard:
        if line.endswith("\n"):
            request, ticket = line.split()
            answered[int(ticket)] = bytes.fromhex(request)
    books = read_books(world.directory / "terminal")
    booked = {row["order_ticket"]: row["request_id"] for row in books.orders}
    assert len(answered) >= 200
    assert answered.items() <= booked.items()
    assert len(while_running.orders) <= len(books.orders)
    assert len(set(booked.values())) == len(booked)
    assert len(booked) % 5 == 0  # a batch is booked whole or not at all
    deals = [d for d in books.deals if d["order_ticket"]]
    assert {d["order_ticket"] for d in deals} == booked.keys()
    assert {p["position_ticket"] for p in books.positions} == booked.keys()
    bench = world.bench()
    assert bench.terminal.account()[0]["open_positions"] == len(booked)
    assert int(bench.one()["order_ticket"]) > max(d["deal_ticket"] for d in deals)


def test_books_outlive_the_terminal(world: World) -> None:
    bench = world.bench()
    bench.one(order_type=OrderType.LIMIT, price=units("1.05"), stop_loss=units("1.04"))
    bench.one(take_profit=units("1.2"))
    before = [bench.terminal.positions(), bench.terminal.open_orders(), bench.terminal.account()]
    bench.terminal = bench.reopen()
    after = [bench.terminal.positions(), bench.terminal.open_orders(), bench.terminal.account()]
    assert [rows.tobytes() for rows in after] == [rows.tobytes() for rows in before]


def test_new_account_gets_its_deposit_once(world: World) -> None:
    world.open().close()
    late = SimulatedAccount(account_id=b"C" * 16, currency="USD", balance=units(7), leverage=1)
    world.accounts = (*ACCOUNTS, late)
    world.open().close()
    world.current = world.open()
    assert world.current.account()["balance"].tolist() == [units(n) for n in (10_000, 5_000, 7)]
    books = read_books(world.directory / "terminal")
    assert [(d["type"], d["comment"]) for d in books.deals] == [(2, "initial deposit")] * 3


def test_what_cannot_be_written_did_not_happen(world: World) -> None:
    bench = world.bench()
    bench.one()
    path = world.directory / "terminal" / "book.sqlite"
    with sqlite3.connect(path) as other:  # as if the disk were full: no write gets through
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deals BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    other.close()
    with pytest.raises((Transient, Ambiguous), match="full"):
        bench.one()
    assert len(bench.terminal.positions()) == 1
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER full")
    other.close()
    bench.one()
    assert len(bench.terminal.positions()) == 2
    assert bench.terminal.account()[0]["balance"] == units(10_000) - units("0.14")


def test_a_book_of_another_version_is_not_touched(world: World) -> None:
    world.open().close()
    path = world.directory / "terminal" / "book.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(Fatal, match="version 99"):
        world.open()


def test_an_instrument_without_prices_is_named(world: World) -> None:
    world.instruments = (replace(EURUSD, symbol="X.m", feed="X"),)
    with pytest.raises(Fatal, match=r"no prices in the feed for X\.m"):
        world.open()


def test_no_book(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no book.*book\.sqlite"):
        read_books(tmp_path)
