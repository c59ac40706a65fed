"""Rows of a system that has traded for years: made in columns, the same ones at every run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from schema import arrow
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

ZONE = "UTC"
LAST_DAY = date(2025, 12, 31)
_SYMBOLS = tuple(f"SYMBOL{number}" for number in range(24))
_BROKERS, _STRATEGIES = 8, 50
_DAY = 86_400_000_000
_CENT = 1_000_000
_LOT = 100_000_000


@dataclass(frozen=True)
class History:
    """How much there is.

    Attributes:
        accounts: that trade, all alike.
        trades: of all of them.
        others: rows of each of the other tables that queries read: orders, and what they brought.
        days: that it took, each with a snapshot of each account; they end with `LAST_DAY`.
    """

    accounts: int = 1_000
    trades: int = 10_000_000
    others: int = 1_000_000
    days: int = 1_095

    def account(self, number: int) -> str:
        """Return the id of an account, as text."""
        digits = bytes(ids(1, self.accounts)[number]).hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def rows(self, name: str, at_once: int) -> Iterator[pa.Table]:
        """Return the rows of a table in batches, in the order of their times.

        All batches hold the same figures, later and under other keys: to make them is then no
        part of what is measured.
        """
        if name == "daily_snapshots":
            whole_days = max(1, at_once // self.accounts)
            for day in range(0, self.days, whole_days):
                count = min(whole_days, self.days - day) * self.accounts
                yield _table(name, _snapshots(self, day * self.accounts, count))
            return
        of = self.trades if name == "trades" else self.others
        salt, made = _MADE[name]
        first = _table(name, made(self, min(at_once, of), of))
        for start in range(0, of, at_once):
            rows = first.slice(0, of - start)
            yield _moved(name, rows, ids(salt, rows.num_rows, start), self._at(start, of))

    def _at(self, row: int, of: int) -> int:
        """Return how long after the first row a row was, in microseconds."""
        return row * self.days * _DAY // of


def ids(salt: int, count: int, first: int = 0) -> Any:
    """Return ids, no two alike, in no order."""
    numbers = np.arange(first, first + count, dtype="<u8") + np.uint64(salt << 48)
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two become one
    return np.stack([mixed, numbers], axis=1).view("V16").reshape(-1)


def _table(name: str, columns: dict[str, Any]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - slow to load

    return pa.Table.from_batches([arrow.batch(table(name), columns)])


def _moved(name: str, rows: pa.Table, keys: Any, later: int) -> pa.Table:
    """Return the same rows under other keys, and so much later."""
    import pyarrow as pa  # noqa: PLC0415 - slow to load
    import pyarrow.compute as pc  # noqa: PLC0415

    key = rows.schema.get_field_index(table(name).key[0])
    made = pa.Array.from_buffers(pa.binary(16), len(keys), [None, pa.py_buffer(keys.tobytes())])
    rows = rows.set_column(key, rows.schema.field(key), made)
    span = pa.scalar(later, pa.duration("us"))
    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(place, field, pc.add(rows.column(place), span))
    return rows


def _common(history: History, count: int, of: int) -> tuple[Any, Any, Any]:
    """Return random numbers, and account and time of each row; times rise."""
    random = np.random.default_rng(1)
    account = random.integers(0, history.accounts, count)
    start = np.datetime64(LAST_DAY, "us").astype(np.int64) - (history.days - 1) * _DAY
    return random, account, start + np.arange(count) * history.days * _DAY // of


def _shared(history: History, random: Any, account: Any) -> dict[str, Any]:
    return {
        "account_id": ids(1, history.accounts)[account],
        "broker_id": ids(2, _BROKERS)[account % _BROKERS],
        "instance_id": ids(3, history.accounts)[account],
        "strategy_id": ids(4, _STRATEGIES)[random.integers(0, _STRATEGIES, len(account))],
        "partition": account % 64,
        "version": np.ones(len(account), np.uint64),
    }


def _symbols(random: Any, count: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - slow to load

    places = pa.array(random.integers(0, len(_SYMBOLS), count).astype(np.int8))
    return pa.DictionaryArray.from_arrays(places, list(_SYMBOLS)).cast(pa.string())


def _trades(history: History, count: int, of: int) -> dict[str, Any]:
    random, account, opened = _common(history, count, of)
    price = random.integers(_LOT, 2 * _LOT, count)
    still_open = random.random(count) < 1 / 2_000
    return _shared(history, random, account) | {
        "trade_id": ids(5, count),
        "user_id": ids(6, history.accounts)[account],
        "signal_id": ids(7, count),
        "symbol": _symbols(random, count),
        "type": random.integers(1, 3, count).astype(np.uint8),
        "order_type": np.zeros(count, np.uint8),
        "status": np.ones(count, np.uint8),
        "quantity": random.integers(1, 100, count) * _CENT,
        "closed_quantity": _CENT,
        "entry_price": price,
        "exit_price": price + random.integers(-_CENT, _CENT, count),
        "stop_loss": price - _CENT,
        "take_profit": price + _CENT,
        "commission": random.integers(-9, 0, count) * _CENT,
        "profit": random.integers(-1_000, 1_100, count) * 37 * _CENT,
        "position_ticket": np.arange(1, 1 + count),
        "executed_at": opened,
        "closed_at": np.ma.array(opened + _DAY // 24, mask=still_open),
        "created_at": opened,
        "updated_at": opened + _DAY // 24,
    }


def _snapshots(history: History, first: int, count: int) -> dict[str, Any]:
    random = np.random.default_rng(first + 1)
    place = np.arange(first, first + count)
    account, day = place % history.accounts, place // history.accounts
    start = (np.datetime64(LAST_DAY, "us").astype(np.int64)) + (day - history.days + 1) * _DAY
    profit = random.integers(-1_000, 1_100, count) * _CENT
    return {
        "id": ids(8, count, first),
        "account_id": ids(1, history.accounts)[account],
        "user_id": ids(6, history.accounts)[account],
        "date": (start // _DAY).astype(np.int32),
        "zone": [ZONE] * count,
        "currency": ["USD"] * count,
        "day_start": start,
        "day_end": start + _DAY,
        "profit": profit,
        "balance": 10_000 * _LOT + profit,
        "equity": 10_000 * _LOT + profit,
        "daily_return": profit / (10_000 * _LOT),
        "trades": np.full(count, 9),
        "wins": np.full(count, 5),
        "losses": np.full(count, 4),
        "is_final": np.ones(count, bool),
        "created_at": start + _DAY,
        "version": np.ones(count, np.uint64),
    }


def _orders(history: History, count: int, of: int) -> dict[str, Any]:
    random, account, decided = _common(history, count, of)
    price = random.integers(_LOT, 2 * _LOT, count)
    one = np.ones(count, np.uint8)
    return _shared(history, random, account) | {
        "order_id": ids(9, count),
        "signal_id": ids(7, count),
        "decision_id": [f"{at}-0" for at in range(count)],
        "leg": one,
        "legs": one,
        "kind": one,
        "side": random.integers(1, 3, count).astype(np.uint8),
        "order_type": np.zeros(count, np.uint8),
        "symbol": _symbols(random, count),
        "volume": random.integers(1, 100, count) * _CENT,
        "state": one,
        "fill_price": price,
        "asked_price": price,
        "slippage": random.integers(-40, 50, count) * 1_000,
        "fired_at": decided - 50_000,
        "received_at": decided - 10_000,
        "decided_at": decided,
        "done_at": decided + 90_000,
    }


def _statuses(history: History, count: int, of: int) -> dict[str, Any]:
    random, account, decided = _common(history, count, of)
    shared = _shared(history, random, account)
    one = np.ones(count, np.uint8)
    names = ("account_id", "strategy_id", "partition", "version")
    return {name: shared[name] for name in names} | {
        "signal_id": ids(7, count),
        "symbol": _symbols(random, count),
        "action": one,
        "outcome": random.integers(1, 5, count).astype(np.uint8),
        "legs": one,
        "legs_final": one,
        "received_at": decided - 10_000,
        "decided_at": decided,
    }


def _metrics(history: History, count: int, of: int) -> dict[str, Any]:
    random, account, decided = _common(history, count, of)
    shared = _shared(history, random, account)
    names = ("account_id", "broker_id", "instance_id", "version")
    sent = random.gamma(2.0, 30.0, count)
    return {name: shared[name] for name in names} | {
        "result_id": ids(9, count),
        "sent_to_done_ms": sent,
        "received_to_done_ms": sent + random.gamma(2.0, 3.0, count),
        "decided_at": decided,
        "finished_at": decided + 90_000,
    }


_MADE: dict[str, tuple[int, Callable[[History, int, int], dict[str, Any]]]] = {
    "trades": (5, _trades),
    "orders": (9, _orders),
    "signal_execution_status": (7, _statuses),
    "result_metrics": (9, _metrics),
}
