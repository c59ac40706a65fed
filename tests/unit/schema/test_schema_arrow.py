"""Columns of the logs become rows of tables, and rows survive the wire."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema import arrow
from schema.arrow import ColumnError
from schema.codes import ReasonCode
from schema.enums import Outcome, Severity
from schema.registry import table
from schema.table import Column, RegistryError, Table
from schema.types import BOOL, INT, JSON, MONEY, PRICE, RATIO, REASON, TEXT, TIMESTAMP, enum
from schema.types import UUID as ID

SPACE = UUID(int=7)
ORDERED = UUID("00112233-4455-6677-8899-aabbccddeeff")
THINGS = Table(
    name="things",
    layer="1",
    purpose="Things.",
    columns=(
        Column("id", ID, "The thing."),
        Column("other_id", ID, "Another.", nullable=True),
        Column("profit", MONEY, "Profit.", default=0),
        Column("price", PRICE, "Price.", nullable=True),
        Column("slippage", MONEY, "Slippage.", nullable=True),
        Column("count", INT, "Count.", default=1),
        Column("share", RATIO, "Share.", nullable=True),
        Column("flag", BOOL, "Flag.", default=False),
        Column("outcome", enum(Outcome), "Outcome.", default="none"),
        Column("reason", REASON, "Reason.", default="NONE"),
        Column("note", TEXT, "Note.", nullable=True),
        Column("data", JSON, "Data.", default="{}"),
        Column("at", TIMESTAMP, "When.", nullable=True),
    ),
    key=("id",),
    stores=frozenset({"duckdb"}),
    kind="live",
    retention="permanent",
)


def ids(count: int) -> np.ndarray:
    raw = b"".join(uuid5(SPACE, str(each)).bytes for each in range(count))
    return np.frombuffer(raw, dtype="V16")


def test_plain_numbers_become_decimals_of_8_places() -> None:
    given = [0.00000001, 1.12345678, -0.1, 5, np.float64(2.5)]
    rows = arrow.batch(THINGS, {"id": ids(5), "price": given, "profit": given})
    wanted = [Decimal(each) for each in ("0.00000001", "1.12345678", "-0.1", "5", "2.5")]
    assert rows.column("price").to_pylist() == rows.column("profit").to_pylist() == wanted


@given(
    st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=20),
)
def test_counts_of_1e_minus_8_become_decimals(units: list[int]) -> None:
    rows = arrow.batch(THINGS, {"id": ids(len(units)), "profit": np.array(units, np.int64)})
    rows.validate(full=True)
    assert rows.column("profit").to_pylist() == [Decimal(u).scaleb(-8) for u in units]


def test_columns_of_the_logs_keep_their_meaning() -> None:
    rows = arrow.batch(
        THINGS,
        {
            "id": ids(3),
            "other_id": np.array([bytes(16), b"\x01" + bytes(15), bytes(15) + b"\x01"], "V16"),
            "price": np.array([0, 1, 100_000_000], np.int64),
            "slippage": np.array([0.0, np.nan, -0.00012], np.float64),
            "share": np.array([0.0, np.nan, 0.5]),
            "flag": np.array([1, 0, 1], np.uint8),
            "outcome": np.array([0, 10, 9], np.uint8),
            "reason": np.array([0, 93, 230], np.uint8),
            "note": np.array([b"", b"a", b"b" * 64], "S64"),
            "at": np.array([0, 1, 1_700_000_000_000_001], np.int64),
        },
    )
    rows.validate(full=True)
    got = rows.to_pydict()
    assert got["id"] == [uuid5(SPACE, str(each)).bytes for each in range(3)]
    assert got["other_id"] == [None, b"\x01" + bytes(15), bytes(15) + b"\x01"]
    assert got["price"] == [None, Decimal("0.00000001"), Decimal("1.00000000")]
    assert got["slippage"] == [Decimal("0E-8"), None, Decimal("-0.00012000")]
    assert got["share"] == [0.0, None, 0.5]
    assert got["flag"] == [True, False, True]
    assert got["outcome"] == ["none", "filled", "partially_filled"]
    assert got["reason"] == ["NONE", "MAX_OPEN_TRADES", "FILLED_IN_PART"]
    assert got["note"] == [None, "a", "b" * 64]
    assert got["at"] == [
        None,
        datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(2023, 11, 14, 22, 13, 20, 1, tzinfo=UTC),
    ]
    assert got["count"] == [1, 1, 1]
    assert got["data"] == ["{}", "{}", "{}"]


def test_python_values_keep_their_meaning() -> None:
    rows = arrow.batch(
        THINGS,
        {
            "id": [ORDERED, str(UUID(int=2))],
            "other_id": UUID(int=3),
            "profit": [5, 1.25],
            "price": [Decimal("1.1"), None],
            "outcome": [Outcome.FILLED, "done"],
            "reason": ReasonCode.MARKET_CLOSED,
            "note": "same",
            "data": [{"b": 1, "a": [2]}, "{}"],
            "at": datetime(2026, 1, 2, tzinfo=UTC),
        },
    )
    got = rows.to_pydict()
    assert got["id"] == [bytes.fromhex("00112233445566778899aabbccddeeff"), UUID(int=2).bytes]
    assert got["other_id"] == [UUID(int=3).bytes] * 2
    assert got["profit"] == [Decimal(5), Decimal("1.25")]
    assert got["price"] == [Decimal("1.1"), None]
    assert got["outcome"] == ["filled", "done"]
    assert got["reason"] == ["MARKET_CLOSED"] * 2
    assert got["note"] == ["same", "same"]
    assert got["data"] == ['{"a":[2],"b":1}', "{}"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": ids(2), "nope": [1, 2]}, "table things has no column nope"),
        ({"profit": np.zeros(2, np.int64)}, "table things, column id: no values were given"),
        ({"id": ids(2), "count": np.zeros(3, np.int32)}, "column count: 3 values for 2 rows"),
        ({"id": ids(1), "outcome": np.array([11], np.uint8)}, "column outcome"),
        ({"id": ids(1), "reason": np.array([69], np.uint8)}, "column reason: a number is not one"),
        ({"id": ids(1), "outcome": ["won"]}, "column outcome: 'won' is not one of"),
        ({"id": ids(1), "outcome": [-1]}, "column outcome: -1 is not the number"),
        ({"id": ids(1), "outcome": [2**70]}, "column outcome: 1180591620717411303424 is not the"),
        ({"id": ids(1), "count": np.array([2**40])}, "column count: a value does not fit int"),
        ({"id": ids(1), "count": np.array([1.5])}, "column count: float64 is no int"),
        ({"id": ids(1), "profit": np.array([np.nan])}, "column profit: 1 values are missing"),
        ({"id": ids(1), "profit": np.array([1e12])}, "column profit: a value has more than 18"),
        ({"id": ids(1), "profit": np.array([10**18])}, "column profit: a value has more than 18"),
        ({"id": [None]}, "column id: 1 values are missing"),
        ({"id": UUID(int=1)}, "table things: no column says how many rows"),
    ],
)
def test_what_does_not_fit_is_named(columns: dict[str, object], message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        arrow.batch(THINGS, columns)


def test_no_rows_are_a_batch() -> None:
    for name in ("orders", "trade_signal", "accounts"):
        assert arrow.empty(table(name)).schema == arrow.schema(table(name))


def event_rows() -> pa.RecordBatch:
    return arrow.batch(
        table("alert_log"),
        {
            "alert_id": ids(2),
            "kind": ["lag", "stop"],
            "source": "trade",
            "severity": Severity.ERROR,
            "message": "late",
            "created_at": datetime(2026, 1, 2, tzinfo=UTC),
            "version": np.array([1, 2]),
        },
    )


def test_rows_survive_the_wire() -> None:
    rows = event_rows()
    name = arrow.wire_name(table("alert_log"))
    assert arrow.decode(name, arrow.encode(rows), {}) == ("alert_log", rows)
    mark, described = arrow.wire_type(table("alert_log"))
    assert name == f"alert_log@{mark}"
    assert arrow.read_wire_types({mark.encode(): described}) == {mark: rows.schema}


def test_rows_of_another_release_are_read_by_name() -> None:
    rows = event_rows()
    older = rows.select([n for n in rows.schema.names if n != "details"])
    older = older.append_column("gone", pa.array([1, 2]))
    order = ["gone", *reversed([n for n in older.schema.names if n != "gone"])]
    older = older.select(order)
    name, got = arrow.decode("alert_log@00000000", arrow.encode(older), {"00000000": older.schema})
    assert name == "alert_log"
    assert got == rows


def test_rows_that_cannot_be_read_are_refused() -> None:
    data = arrow.encode(event_rows())
    with pytest.raises(arrow.UnknownWireType, match="alert_log"):
        arrow.decode("alert_log@00000000", data, {})
    with pytest.raises(RegistryError, match="no table nope"):
        arrow.decode("nope@00000000", data, {})
    lacking = event_rows().select(["alert_id", "kind"])
    with pytest.raises(ColumnError, match="column source: no values"):
        arrow.decode("alert_log@0", arrow.encode(lacking), {"0": lacking.schema})


def test_a_fingerprint_tells_columns_and_types() -> None:
    one = Column("id", ID, "The thing.")
    two = Column("count", INT, "Count.")
    wide = Column("count", MONEY, "Count.")

    def mark(*columns: Column) -> str:
        return arrow.fingerprint(
            Table(
                name="things", layer="1", purpose="Things.", columns=columns, key=("id",),
                stores=frozenset({"redis"}), kind="live", retention="none",
            )
        )  # fmt: skip

    assert len({mark(one), mark(one, two), mark(one, wide), mark(two, one)}) == 4
    assert mark(one, two) == mark(one, Column("count", INT, "Other words."))


PAIRS = Table(
    name="pairs",
    layer="1",
    purpose="Pairs.",
    columns=(Column("id", ID, "It."), Column("other_id", ID, "Another.", nullable=True)),
    key=("id",),
    kind="live",
    stores=frozenset({"redis"}),
    retention="",
)


def ids_of(*texts: str | None) -> list[bytes | None]:
    """What a column of ids as text becomes, in a piece of a larger one."""
    others = pa.array([str(UUID(int=9)), *texts]).slice(1)
    ids = pa.array([UUID(int=n).bytes for n in range(len(texts))], pa.binary(16))
    rows = arrow.conform(PAIRS, pa.table({"id": ids, "other_id": others}))
    found: list[bytes | None] = rows.column(1).to_pylist()
    return found


@pytest.mark.parametrize(
    "texts",
    [
        [str(UUID(int=1)), str(UUID(int=2**128 - 1)), "0f1E2d3c-4b5a-6978-8796-A5b4c3d2e1f0"],
        [UUID(int=7).hex],  # without dashes
        [str(UUID(int=7)), UUID(int=8).hex],
        [],
    ],
)
def test_ids_are_read_from_text(texts: list[str]) -> None:
    assert ids_of(*texts, None) == [*(UUID(each).bytes for each in texts), None]


@pytest.mark.parametrize(
    "text", ["g" * 36, "xx" + str(UUID(int=7))[2:], "12", "0" * 36, "0" * 34, ""]
)
def test_a_text_that_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ColumnError, match="no id"):
        ids_of(str(UUID(int=3)), text, str(UUID(int=4)))
