"""The compiled book equals what a look-up row by row finds, on random worlds."""

from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import change, world
from config.rows import account_id, broker_id, instance_id, strategy_id, strategy_magic
from rules.book import Book
from rules.compile import UNLIMITED, compile_book
from schema.enums import Direction, SizingMode
from schema.ids import partition_of
from schema.wire import UNITS
from tests.fuzz.arcs import Arcs, files

SYMBOLS = ("EURUSD", "USDJPY", "XAUUSD")
NAMES = ("EURUSD", "GOLD", "XAU", "USDJPY", "EU")


def tables_of(found: world.World) -> dict[str, pa.Table]:
    return change.apply(found, None, 1).tables


def compiled(found: world.World, partitions: set[int] | None = None) -> Book:
    return compile_book(
        tables_of(found),
        7,
        partitions=partitions,
        max_balance_age_us=5_000_000,
        max_quote_age_us=10_000_000,
    )


@st.composite
def worlds(draw: st.DrawFn) -> world.World:
    brokers = ["alpha", "beta"][: draw(st.integers(1, 2))]
    status = st.sampled_from(["active", "inactive"])
    data: dict[str, Any] = {
        "brokers": [{"key": key, "status": draw(status)} for key in brokers],
        "instruments": [],
        "instances": [
            {"key": f"i-{key}", "broker": key, "status": draw(status)} for key in brokers
        ],
        "accounts": [],
        "strategies": [
            {"key": "s1", "provider_balance": 1000, "provider_currency": "EUR"},
            {"key": "s2", "status": draw(st.sampled_from(["draft", "active"]))},
        ],
        "subscriptions": [],
        "symbol_map": [],
    }
    for broker in brokers:
        suffix = draw(st.sampled_from(["", ".m"]))
        data["instruments"].append(
            {"broker": broker, "symbols": list(SYMBOLS), "suffix": suffix, "max_quote_age_s": 3}
        )
        if draw(st.booleans()):
            data["brokers"][brokers.index(broker)]["currency_pairs_supported"] = "EURUSD" + suffix
    for number in range(draw(st.integers(0, 5))):
        data["accounts"].append(
            {
                "key": f"a{number}",
                "instance": f"i-{draw(st.sampled_from(brokers))}",
                "status": draw(status),
                "currency": draw(st.sampled_from(["USD", "EUR"])),
                "leverage": draw(st.sampled_from([30, 100])),
                "direction": draw(st.sampled_from(Direction.words())),
                "max_open_trades": draw(st.integers(0, 2)),
                "max_volume": draw(st.sampled_from([0, 3])),
            }
        )
        for strategy in ("s1", "s2"):
            if draw(st.booleans()):
                data["subscriptions"].append(
                    {
                        "strategy": strategy,
                        "accounts": f"a{number}",
                        "status": draw(status),
                        "sizing": draw(st.sampled_from(["fixed", "scaled", "risk"])),
                        "volume": draw(st.integers(1, 500)) / 100,
                        "multiplier": draw(st.sampled_from([0.5, 2.0])),
                        "risk_override": draw(st.booleans()),
                    }
                )
    scopes: list[dict[str, Any]] = [{}, {"broker": brokers[0]}]
    scopes += [{"accounts": [row["key"]]} for row in data["accounts"][:2]]
    for scope in scopes:
        if draw(st.booleans()):
            to = {"GOLD": "XAUUSD", "XAU": "GOLD", "EU": "EURUSD"}
            chosen = draw(st.sets(st.sampled_from(sorted(to))))
            lines = {name: to[name] for name in sorted(chosen)}
            if lines:
                data["symbol_map"].append({"symbols": lines, **scope})
    try:
        return world.parse(data)
    except world.WorldError:
        return world.parse({**data, "symbol_map": []})


def name_at(found: world.World, account: str, symbol: str) -> str:
    broker = found.accounts[account].broker
    while True:
        for scope in ((broker, account), (broker, ""), ("", "")):
            to = found.symbol_map.get((*scope, symbol))
            if to is not None:
                break
        if to is None or to == symbol:
            return symbol
        symbol = to


@settings(max_examples=30, deadline=None)
@given(worlds())
def test_each_row_is_what_a_look_up_finds(found: world.World) -> None:
    book = compiled(found)
    assert len(book.accounts) == len(found.accounts)
    for key, wanted in found.accounts.items():
        row = book.account_index[account_id(key).bytes]
        accounts = book.accounts
        broker = found.brokers[wanted.broker]
        assert accounts.account_id[row].tobytes() == account_id(key).bytes
        assert accounts.text_id[row] == str(account_id(key)).encode()
        assert accounts.partition[row] == partition_of(account_id(key))
        assert book.brokers[accounts.broker[row]].tobytes() == broker_id(wanted.broker).bytes
        instance = found.instances[wanted.instance[0]]
        assert accounts.instance_id[row].tobytes() == instance_id(wanted.instance[0]).bytes
        assert accounts.currency[row] == book.currencies[wanted.currency]
        assert accounts.active[row] == (wanted.status == broker.status == "active")
        assert accounts.instance_active[row] == (instance.status == "active")
        assert Direction(accounts.direction[row]).word == wanted.direction
        assert accounts.max_open_trades[row] == (wanted.max_open_trades or UNLIMITED)
        assert accounts.max_volume[row] == wanted.max_volume * UNITS
        assert accounts.max_signal_age[row] == 60_000_000
        assert accounts.leverage[row] == wanted.leverage
        for symbol in NAMES:
            column = book.symbol_index.get(symbol)
            hit = -1 if column is None else book.instrument_of[accounts.symbol_group[row], column]
            name = name_at(found, key, symbol)
            if (wanted.broker, name) not in found.instruments:
                assert hit == -1
                continue
            assert book.instruments.symbol[hit] == name.encode()
            assert book.instruments.broker[hit] == accounts.broker[row]
            assert book.instrument_index[int(accounts.broker[row]), name.encode()] == hit


@settings(max_examples=30, deadline=None)
@given(worlds(), st.sets(st.integers(0, 63)))
def test_subscriptions_are_sorted_by_strategy_and_account(
    found: world.World, partitions: set[int]
) -> None:
    book = compiled(found, partitions)
    mine = {key for key in found.accounts if partition_of(account_id(key)) in partitions}
    assert set(book.account_index) == {account_id(key).bytes for key in mine}
    rows = book.subscriptions
    assert len(rows) == sum(account in mine for _, account in found.subscriptions)
    order = list(zip(rows.strategy.tolist(), rows.account.tolist(), strict=True))
    assert order == sorted(order)
    for key, row in book.strategy_index.items():
        strategy = found.strategies[key]
        columns = book.strategies
        assert columns.key[row] == key
        assert columns.strategy_id[row].tobytes() == strategy_id(key).bytes
        assert columns.magic[row] == strategy_magic(key)
        assert columns.active[row] == (strategy.status == "active")
        assert columns.subscribers[row] == sum(s == key for s, _ in found.subscriptions)
        part = slice(book.first[row], book.first[row + 1])
        assert set(rows.strategy[part].tolist()) <= {row}
        for place in range(part.start, part.stop):
            account = book.accounts.account_id[rows.account[place]].tobytes()
            name = next(k for k in found.accounts if account_id(k).bytes == account)
            wanted = found.subscriptions[key, name]
            assert rows.active[place] == (wanted.status == "active")
            assert SizingMode(rows.sizing[place]).word == wanted.sizing
            assert rows.fixed_volume[place] == wanted.volume * UNITS
            assert rows.multiplier[place] == wanted.multiplier
            assert rows.risk_override[place] == wanted.risk_override
    assert book.first[-1] == len(rows)


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_instruments_and_strategies_keep_their_figures(found: world.World) -> None:
    book = compiled(found)
    assert (book.version, book.max_balance_age) == (7, 5_000_000)
    assert len(book.instruments) == len(found.instruments)
    brokers = {UUID(bytes=b.tobytes()): row for row, b in enumerate(book.brokers)}
    for (broker, symbol), wanted in found.instruments.items():
        columns = book.instruments
        row = book.instrument_index[brokers[broker_id(broker)], symbol.encode()]
        supported = found.brokers[broker].currency_pairs_supported
        assert columns.supported[row] == (not supported or symbol in supported)
        assert columns.volume_step[row] == wanted.volume_step * UNITS
        assert columns.volume_max[row] == wanted.volume_max * UNITS
        assert columns.contract_size[row] == float(wanted.contract_size)
        assert columns.point[row] == pytest.approx(float(wanted.point), rel=1e-12)
        assert columns.pip[row] == pytest.approx(float(wanted.pip_size), rel=1e-12)
        assert columns.profit_currency[row] == book.currencies[wanted.profit_currency]
        assert columns.margin_currency[row] == book.currencies[wanted.margin_currency]
        assert columns.trade_mode[row] == 4
        assert columns.max_quote_age[row] == 3_000_000
    first, second = book.strategy_index["s1"], book.strategy_index["s2"]
    assert book.strategies.provider_balance[first] == 1000
    assert book.strategies.provider_currency[first] == book.currencies["EUR"]
    assert np.isnan(book.strategies.provider_balance[second])
    assert np.isnan(book.strategies.units_per_contract[second])
    assert book.strategies.provider_currency[second] == -1


def test_a_circle_that_was_stored_is_unmapped_and_ends() -> None:
    """Stores may hold what `apply` would refuse; following it must not hang."""
    data: dict[str, Any] = {
        "brokers": [{"key": "a"}],
        "instruments": [{"broker": "a", "symbols": ["EURUSD"]}],
        "symbol_map": [{"symbols": {"X": "EURUSD", "Y": "X", "EURUSD": "EURUSD"}}],
    }
    tables = tables_of(world.parse(data))
    rows = tables["symbol_map"].to_pylist()
    for row in rows:
        row["mapped_symbol"] = {"X": "EURUSD", "Y": "X", "EURUSD": "X"}[row["symbol"]]
    tables["symbol_map"] = pa.Table.from_pylist(rows, schema=tables["symbol_map"].schema)
    book = compile_book(tables, 1, max_balance_age_us=1, max_quote_age_us=1)
    found = {name: int(book.instrument_of[0, at]) for name, at in book.symbol_index.items()}
    assert found == {"X": -1, "Y": -1, "EURUSD": -1}


def test_rows_that_left_the_configuration_are_not_there() -> None:
    data: dict[str, Any] = {
        "brokers": [{"key": "a"}],
        "instances": [{"key": "i", "broker": "a"}],
        "accounts": [{"key": "x-{}", "count": 2, "instance": "i"}],
        "strategies": [{"key": "s"}],
        "subscriptions": [{"strategy": "s", "accounts": "*"}],
    }
    first = change.apply(world.parse(data), None, 1)
    data["accounts"][0]["count"] = 1
    then = change.apply(world.parse(data), (1, first.tables), 2)
    both = {
        name: pa.concat_tables(
            [rows, then.rows[name].filter(then.rows[name]["deleted_at"].is_valid())]
        )
        for name, rows in then.tables.items()
    }
    book = compile_book(both, 2, max_balance_age_us=1, max_quote_age_us=1)
    assert (len(book.accounts), len(book.subscriptions)) == (1, 1)
    assert book.strategies.subscribers.tolist() == [1]


def test_an_empty_configuration_compiles() -> None:
    book = compiled(world.parse({}))
    assert (len(book.accounts), len(book.strategies), book.first.tolist()) == (0, 0, [0])
    flags = (book.subscriptions.risk_override, book.subscriptions.copy_stop_loss)
    assert {each.dtype for each in flags} == {np.dtype(bool)}


def test_an_account_costs_a_few_lines_and_a_subscription_none() -> None:
    """5,000 accounts compile column by column; how long that takes is a benchmark."""

    def steps(accounts: int) -> int:
        data: dict[str, Any] = {
            "brokers": [{"key": "a"}],
            "instruments": [{"broker": "a", "symbols": list(SYMBOLS), "suffix": ".m"}],
            "instances": [{"key": "i", "broker": "a"}],
            "accounts": [{"key": "x-{:04}", "count": accounts, "instance": "i"}],
            "strategies": [{"key": key} for key in "abcdef"],
            "subscriptions": [{"strategy": "*", "accounts": "*"}],
        }
        found, arcs = world.parse(data), Arcs(files("compile*.py"))
        books = []
        arcs.of(lambda: books.append(compiled(found)))
        assert len(books[0].subscriptions) == 6 * accounts
        return arcs.steps

    assert steps(1100) - steps(100) <= 4 * 1000
