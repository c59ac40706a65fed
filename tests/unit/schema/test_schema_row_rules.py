"""What breaks a rule of its table is found in a batch, and what keeps all of them is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema import arrow, clickhouse, row_rules
from schema.registry import TABLES, table
from tests.rows import rows_of, some_rows

STORED = [t for t in TABLES.values() if t.kind != "live"]


def replaced(rows: pa.RecordBatch, name: str, values: Any) -> pa.RecordBatch:
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)


def example(name: str) -> pa.RecordBatch:
    return some_rows(table(name), 1).take(pa.array([0, 0, 0]))


@pytest.mark.parametrize("which", STORED, ids=lambda each: each.name)
@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_good_rows_are_not_refused(which: Any, data: st.DataObject) -> None:
    rows = data.draw(rows_of(which))
    assert row_rules.judge(which, rows) == []
    assert row_rules.judge(which, pa.Table.from_batches([rows])) == []


CUT = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
)
WIDE = pa.Array.from_buffers(
    pa.decimal128(18, 8), 1, [None, pa.py_buffer((10**18).to_bytes(16, "little"))]
)
BAD = [
    ("trades", "pips", pa.array([float("inf")]), "column pips: inf is refused, it is not a finite number"),
    ("trades", "pips", pa.array([float("nan")]), "column pips: nan is refused, it is not a finite number"),
    ("orders", "state", pa.array(["sold"]), "column state: 'sold' is refused, it is not one of dispatched, claimed, sending, working, final"),
    ("orders", "symbol", pa.array(["E" * 33]), f"column symbol: '{'E' * 33}' is refused, it has more than 32 characters"),
    ("orders", "symbol", pa.array([None], pa.string()), "column symbol: a missing value is refused, it may not be missing"),
    ("orders", "symbol", CUT, "column symbol: what it holds is refused, it is no label(32): UnicodeDecodeError"),
    ("orders", "volume", WIDE, "column volume: 10000000000.00000000 is refused, it has more than 10 digits before the point"),
    ("orders", "decided_at", pa.array([2**62], pa.timestamp("us", "UTC")), "column decided_at: a time beyond all years is refused, it is not between 1900 and 2299"),
    ("orders", "decided_at", pa.array([32_503_680_000_000_000], pa.timestamp("us", "UTC")), "column decided_at: 3000-01-01 00:00:00+00:00 is refused, it is not between 1900 and 2299"),
    ("system_event_log", "details", pa.array(["{'a': 1}"]), "column details: \"{'a': 1}\" is refused, it is no json"),
    ("sessions", "trades", pa.array([-1], pa.int32()), "column trades: -1 is refused, trades_not_negative asks for trades >= 0"),
    ("login_audit", "ip_address", pa.array(["10.0.0.256"]), "column ip_address: '10.0.0.256' is refused, it is no address"),
    ("users", "password_hash", pa.array(["x" * 300]), "column password_hash: a secret value is refused, it has more than 255 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "bad", "says"), BAD)
def test_a_bad_value_is_named_with_its_rule(name: str, column: str, bad: Any, says: str) -> None:
    rows = example(name)
    good = rows.column(column)
    values = pa.concat_arrays([good.slice(0, 1), bad, good.slice(2, 1)])
    (refusal,) = row_rules.judge(table(name), replaced(rows, column, values))
    assert refusal.row == 1
    assert str(refusal).startswith(f"table {name}, column {column}: ")
    assert says in str(refusal)


def test_each_bad_row_is_refused_once_and_keeps_its_place() -> None:
    rows = example("market_data")
    rows = pa.Table.from_batches([rows, rows]).combine_chunks().to_batches()[0]
    lows = [Decimal(1), Decimal(-1), Decimal(1), Decimal(9), Decimal(1), Decimal(1)]
    names = {
        "open_price": [2] * 6,
        "close_price": [2] * 6,
        "high_price": [3] * 6,
        "low_price": lows,
    }
    for name, values in names.items():
        rows = replaced(rows, name, pa.array([Decimal(v) for v in values], pa.decimal128(18, 8)))
    symbols = rows.column("symbol").to_pylist()
    symbols[0] = None
    rows = replaced(rows, "symbol", pa.array(symbols, pa.string()))
    found = row_rules.judge(table("market_data"), rows)
    assert [each.row for each in found] == [0, 1, 3]
    assert [each.column for each in found][::2] == [
        "symbol",
        "low_price, open_price, close_price, high_price",
    ]
    assert "9.00000000, 2.00000000" in found[2].value


def test_every_constraint_of_clickhouse_is_a_rule() -> None:
    """ClickHouse refuses a whole batch for one row: nothing it refuses may get there."""
    for which in STORED:
        rules = row_rules._rules(which)
        single = {rule.columns[0] for rule in rules if len(rule.columns) == 1}
        names = {check.name for check in which.checks}
        told = {rule.says.partition(" ")[0] for rule in rules}
        for name, _ in clickhouse.constraints(which):
            if name == "figures_finite":
                assert {c.name for c in which.columns if c.type.clickhouse == "Float64"} <= single
            else:
                assert name in names & told or name.removesuffix("_known") in single


def test_an_empty_batch_is_good() -> None:
    for which in STORED:
        assert row_rules.judge(which, arrow.empty(which)) == []
