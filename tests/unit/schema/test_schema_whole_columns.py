"""What is plain at a glance is good; what is not plain is looked at, and need not be bad."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema import row_rules
from schema.registry import TABLES, table
from schema.whole_columns import is_plain
from tests.rows import rows_of
from tests.unit.schema.test_schema_row_rules import BAD

STORED = [each for each in TABLES.values() if each.kind != "live"]
# A check of the table is not the column's own rule.
OWN = [each for each in BAD if "asks for" not in each[3]]


@pytest.mark.parametrize(("name", "column", "bad", "says"), OWN)
def test_no_bad_value_is_plain(name: str, column: str, bad: Any, says: str) -> None:
    found = table(name).column(column)
    assert not is_plain(found, bad)
    assert not is_plain(found, pa.chunked_array([bad.slice(0, 0), bad]))
    assert not is_plain(found, pa.concat_arrays([bad, bad]).slice(1, 1))


PLAIN = [
    ("trades", "status", pa.array(["executed"] * 3)),
    ("trades", "status", pa.array(["executed", "pending", "rejected"])),
    ("trades", "close_reason", pa.array([None, "sl", None])),
    ("trades", "close_reason", pa.array([None, None], pa.string())),
    ("trades", "symbol", pa.array(["EURUSD", "", "E" * 32])),
    ("trades", "profit", pa.array([-(10**18) + 1, 10**18 - 1]).cast(pa.decimal128(19, 0))),
    ("trades", "pips", pa.array([1.5, -0.0, None])),
    ("trades", "metadata", pa.array(["{}", "[]"])),
    ("trades", "created_at", pa.array([0, 1], pa.timestamp("us", "UTC"))),
    ("trades", "trade_id", pa.array([b"x" * 16], pa.binary(16))),
    ("daily_snapshots", "date", pa.array([-25_567, 120_529], pa.int32()).cast(pa.date32())),
]


@pytest.mark.parametrize(("name", "column", "values"), PLAIN)
def test_what_is_plain_is_seen(name: str, column: str, values: Any) -> None:
    found = table(name).column(column)
    if pa.types.is_decimal(values.type):
        # As wide as it can be: the last of 18 digits is the eighth after the point.
        values = pa.Array.from_buffers(pa.decimal128(18, 8), len(values), values.buffers())
    assert is_plain(found, values)
    # A part of an array has the buffers of the whole.
    assert is_plain(found, pa.concat_arrays([values, values]).slice(1, len(values)))


NOT_PLAIN = [
    ("trades", "symbol", pa.array(["ZÜRICH"])),
    ("trades", "metadata", pa.array(['{"a":1}'])),
    ("login_audit", "ip_address", pa.array(["10.0.0.1"])),
    # Nobody may see what stands where a value is missing, but it may be anything.
    ("trades", "pips", pa.Array.from_buffers(
        pa.float64(), 2, [pa.py_buffer(b"\2"), pa.py_buffer(b"\xff" * 8 + b"\0" * 8)])),
    # Texts whose bounds run backwards, or beyond the bytes that there are.
    ("trades", "symbol", pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(pa.array([0, 3, 1], pa.int32()).buffers()[1]), pa.py_buffer(b"abc")])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "values"), NOT_PLAIN)
def test_what_needs_a_closer_look_is_not_plain(name: str, column: str, values: Any) -> None:
    assert not is_plain(table(name).column(column), values)


@pytest.mark.parametrize("which", STORED, ids=lambda each: each.name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_glance_and_a_closer_look_agree(which: Any, data: st.DataObject) -> None:
    """Whatever a glance lets pass, the rules themselves let pass too."""
    rows = data.draw(rows_of(which))
    frame = row_rules.pl.DataFrame(pa.Table.from_batches([rows]))
    plain = {c.name for c in which.columns if is_plain(c, rows.column(c.name))}
    for rule in row_rules._rules(which):
        if rule.own and rule.columns[0] in plain:
            assert frame.select(rule.holds.all()).item()
