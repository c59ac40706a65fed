"""Arrow entries: what cannot be small is refused before it is unpacked, and rows stand alone."""

import io
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import rules.parsing_arrow
from rules.validation import Validated, validate
from schema.codes import ReasonCode as R
from tests.speed import counting, takes_at_most

MS = 1_763_690_400_000
FIRED = MS - 10_000
TEXT = "A" * 200_000
ZEROS = pa.array(np.zeros(2000, np.int8))


def ipc(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    chosen = pa.ipc.IpcWriteOptions(**options)
    with pa.ipc.new_stream(sink, table.schema, options=chosen) as writer:
        writer.write_table(table)
    return sink.getvalue()


def read(data: bytes | pa.Table) -> Validated:
    data = data if isinstance(data, bytes) else ipc(data)
    return validate([("signals:0", f"{MS}-0", {b"arrow": data})])


def outcomes(found: Validated) -> list[R]:
    rows = [(row, R.NONE) for row in found.signals.entry_row.tolist()]
    codes = map(R, found.rejections.reason.tolist())
    rows += zip(found.rejections.entry_row.tolist(), codes, strict=True)
    assert [row for row, _ in sorted(rows)] == list(range(len(rows)))
    return [code for _, code in sorted(rows)]


def rows(count: int, **more: Any) -> pa.Table:
    fixed = {"strategy": ["s"] * count, "symbol": ["E"] * count, "action": ["buy"] * count}
    return pa.table({**fixed, "signal_id": [f"{row}" for row in range(count)], **more})


def of_bytes(kind: pa.DataType, values: list[bytes]) -> pa.Array:
    """Texts that are no UTF-8: their constructors would refuse them."""
    views = kind == pa.string_view()
    binary = pa.array(values, pa.binary_view() if views else pa.binary())
    return pa.Array.from_buffers(kind, len(values), binary.buffers())


def numbers(kind: pa.DataType, values: list[int]) -> pa.Array:
    width = pa.int32() if kind == pa.date32() else pa.int64()
    return pa.Array.from_buffers(kind, len(values), pa.array(values, width).buffers())


def view_of(text: bytes, count: int) -> pa.Array:
    view = struct.pack("<i4sii", len(text), text[:4], 0, 0)
    buffers = [None, pa.py_buffer(view * count), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string_view(), count, buffers)


def nulls(count: int) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), pa.nulls(count))


def list_views(count: int) -> pa.Array:
    at = pa.array(np.zeros(2000), pa.int32())
    return pa.ListViewArray.from_arrays(
        at, pa.array([count] * 2000, pa.int32()), pa.array(range(count))
    )


def small_batches(count: int) -> bytes:
    sink = io.BytesIO()
    batch = pa.record_batch({"a": pa.array([], pa.int8())})
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        for _ in range(count):
            writer.write_batch(batch)
    return sink.getvalue()


def dictionary(index: Any = ZEROS, values: Any = (TEXT,)) -> pa.Array:
    return pa.DictionaryArray.from_arrays(index, pa.array(values))


def struct_of(array: pa.Array) -> pa.Array:
    return pa.StructArray.from_arrays([array], ["t"])


def each(array: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(range(len(array) + 1), pa.int32()), array)


LARGE: dict[str, tuple[Callable[[], bytes | pa.Table], R]] = {
    "a list of nulls": (lambda: pa.table({"x": nulls(20_000_000)}), R.OVERSIZED),
    "compressed zeros": (lambda: ipc(pa.table({"x": [b"\0" * 17_000_000]}), compression="zstd"), R.OVERSIZED),
    "lz4": (lambda: ipc(pa.table({"x": [b"\0" * 17_000_000]}), compression="lz4"), R.OVERSIZED),
    "columns of nulls": (lambda: pa.table({f"c{n}": pa.nulls(9000) for n in range(255)}), R.OVERSIZED),
    "many columns": (lambda: pa.table({f"c{n}": pa.nulls(1) for n in range(257)}), R.OVERSIZED),
    "a long name": (lambda: pa.table({"N" * 65: pa.array([b""] * 2000)}), R.TEXT_TOO_LONG),
    "many batches": (lambda: small_batches(4097), R.OVERSIZED),
}  # fmt: skip
REPEATED: dict[str, Callable[[], pa.Array]] = {
    "dictionary": dictionary,
    "dictionary in a struct": lambda: struct_of(dictionary()),
    "dictionary in a list": lambda: each(dictionary()),
    "runs": lambda: pa.RunEndEncodedArray.from_arrays(pa.array([2000], pa.int32()), pa.array([TEXT])),
    "views": lambda: view_of(TEXT.encode(), 2000),
    "views in a list": lambda: each(view_of(TEXT.encode(), 2000)),
    "list views": lambda: list_views(20_000),
    "names of a struct": lambda: pa.StructArray.from_arrays([pa.nulls(2000)], [TEXT]),
}  # fmt: skip


@pytest.mark.parametrize("case", LARGE)
def test_what_is_large_is_refused_before_it_is_unpacked(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, code = LARGE[case]
    made = make()
    data = made if isinstance(made, bytes) else ipc(made)
    assert len(data) <= 2_000_000

    def unpacked(*_: Any) -> None:
        raise AssertionError

    if code is R.OVERSIZED and case != "many columns":
        monkeypatch.setattr(pa.ipc, "open_stream", unpacked)
    monkeypatch.setattr(rules.parsing_arrow, "values_of", unpacked)
    assert outcomes(read(data)) == [code]
    assert takes_at_most(lambda: read(data), counting(9))


@pytest.mark.parametrize("case", REPEATED)
def test_values_that_are_named_again_and_again_are_counted_each_time(case: str) -> None:
    data = ipc(rows(2000, x=REPEATED[case]()))
    assert len(data) < 1_000_000
    assert outcomes(read(data)) == [R.OVERSIZED]
    assert takes_at_most(lambda: read(data), counting(9))


def test_no_size_overflows() -> None:
    array: Any = pa.array([1, 2])
    for _ in range(30):
        count = len(array)
        begin, size = pa.array([0] * 1000, pa.int32()), pa.array([count] * 1000, pa.int32())
        array = pa.ListViewArray.from_arrays(begin, size, array)
    assert outcomes(read(pa.table({"x": array}))) == [R.OVERSIZED]


@pytest.mark.parametrize("compression", ["zstd", "lz4", None])
def test_what_is_small_is_taken_however_it_is_packed(compression: str | None) -> None:
    count = 300
    index = pa.array([row % 2 for row in range(count)], pa.int8())
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([100, count], pa.int32()), ["a", "b"])
    table = rows(
        count,
        order_ref=dictionary(index, ["one", "two"]),
        comment=runs,
        note=pa.array(["a text that is longer than a view holds"] * count, pa.string_view()),
        nested=[{"a": [row, None], "b": {"c": "x"}} for row in range(count)],
        views=pa.array([[1, 2]] * count, pa.list_view(pa.int8())),
        fixed=pa.array([[1, 2]] * count, pa.list_(pa.int8(), 2)),
        words=each(dictionary(index, ["one", "two"])),
    )
    found = read(ipc(table, compression=compression))
    assert outcomes(found) == [R.NONE] * count
    assert found.signals.order_ref[:3].tolist() == ["one", "two", "one"]
    assert found.signals.comment[99:101].tolist() == ["a", "b"]
    assert found.payloads[1]["nested"] == {"a": [1, None], "b": {"c": "x"}}
    assert found.payloads[1]["views"] == found.payloads[1]["fixed"] == [1, 2]
    assert found.payloads[1]["words"] == ["two"]


def test_the_most_rows_are_read() -> None:
    assert set(outcomes(read(pa.table({"price": np.ones(65_536)})))) == {R.MISSING_FIELD}


def test_running_out_of_memory_is_a_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (MemoryError, pa.ArrowMemoryError):
        monkeypatch.setattr(rules.parsing_arrow, "values_of", lambda *_, e=error: _raise(e))
        assert outcomes(read(rows(2))) == [R.OVERSIZED]


def _raise(error: type[BaseException]) -> None:
    raise error


def test_messages_do_not_grow_with_a_type() -> None:
    kind = pa.map_(pa.string(), pa.struct([("n" * 1000, pa.int8())]))
    found = read(rows(2, x=pa.array([[], None], kind)))
    assert outcomes(found) == [R.WRONG_TYPE, R.NONE]
    assert len(found.rejections.message[0]) <= 300


BAD = [b"ab", b"\xff\xfe", b"ok"]
BAD_TIMES = {
    **{unit: numbers(pa.timestamp(unit, "UTC"), [FIRED * 10**power // 1000, 2**62, FIRED * 10**power // 1000]) for unit, power in (("s", 0), ("ms", 3), ("us", 6))},
    "before the year 1": numbers(pa.timestamp("s"), [FIRED // 1000, -(2**62), FIRED // 1000]),
    "date32": numbers(pa.date32(), [1, 2**31 - 1, 2]),
    "date64": numbers(pa.date64(), [0, 2**62, 86_400_000]),
}  # fmt: skip


@pytest.mark.parametrize("wrap", [lambda a: a, struct_of, each], ids=["plain", "struct", "list"])
@pytest.mark.parametrize("case", BAD_TIMES)
def test_a_time_out_of_range_leaves_its_neighbours(case: str, wrap: Any) -> None:
    found = read(rows(3, x=wrap(BAD_TIMES[case])))
    assert outcomes(found) == [R.NONE, R.BAD_TIME, R.NONE]
    assert found.rejections.message[0] == "x has a time beyond the years 1 to 9999."


def test_times_at_the_ends_of_the_years_are_read() -> None:
    ends = [-62_135_596_800, 253_402_300_799, None]
    found = read(rows(3, x=pa.array(ends, pa.timestamp("s"))))
    assert found.signals.metadata.tolist() == [
        '{"x":"0001-01-01T00:00:00Z"}',
        '{"x":"9999-12-31T23:59:59Z"}',
        "{}",
    ]


@pytest.mark.parametrize("unit", ["time64", "duration"])
def test_a_type_that_json_lacks_spoils_only_the_rows_that_have_it(unit: str) -> None:
    kind = pa.time64("us") if unit == "time64" else pa.duration("us")
    array = pa.array([None, 2**60, None], pa.int64()).view(kind)
    assert outcomes(read(rows(3, x=array))) == [R.NONE, R.WRONG_TYPE, R.NONE]


@pytest.mark.parametrize(
    "array",
    [
        of_bytes(pa.string(), BAD),
        of_bytes(pa.string_view(), BAD),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int8()), of_bytes(pa.string(), BAD)),
        each(of_bytes(pa.string(), BAD)),
        each(of_bytes(pa.string_view(), BAD)),
        struct_of(of_bytes(pa.string(), BAD)),
        struct_of(each(of_bytes(pa.string(), BAD))),
    ],
    ids=["text", "view", "dictionary", "list", "list of views", "struct", "list in a struct"],
)
def test_a_text_that_is_not_utf8_leaves_its_neighbours(array: Any) -> None:
    found = read(rows(3, x=array))
    assert outcomes(found) == [R.NONE, R.NOT_UTF8, R.NONE]
    assert (
        found.rejections.payload[0]
        == '{"strategy": "s", "symbol": "E", "action": "buy", "signal_id": "1"}'
    )


def test_a_decimal_beyond_its_precision_leaves_its_neighbours() -> None:
    wide = pa.array([Decimal(1), Decimal(10**12), Decimal(2)], pa.decimal128(20, 0))
    array = pa.Array.from_buffers(pa.decimal128(5, 0), 3, wide.buffers())
    assert outcomes(read(rows(3, price=array))) == [R.NONE, R.OUT_OF_RANGE, R.NONE]


@pytest.mark.parametrize("zone", ["Mars/Phobos", "Europe/Berlin", "+99:99", "../../etc/passwd"])
@pytest.mark.parametrize("wrap", [lambda a: a, struct_of, each], ids=["plain", "struct", "list"])
def test_no_zone_is_needed_to_read_a_time(zone: str, wrap: Any) -> None:
    found = read(rows(1, x=wrap(numbers(pa.timestamp("us", zone), [FIRED * 1000]))))
    assert "2025-11-21T01:59:50Z" in found.signals.metadata[0]


def test_a_struct_with_two_fields_of_one_name_spoils_only_its_rows() -> None:
    twice = pa.StructArray.from_arrays(
        [pa.array([1, 2]), pa.array([1, 2])], ["a", "a"], mask=pa.array([True, False])
    )
    assert outcomes(read(rows(2, x=twice))) == [R.NONE, R.DUPLICATE_KEY]


@pytest.mark.parametrize(
    "array",
    [
        pa.DictionaryArray.from_arrays(pa.array([0, 9], pa.int8()), pa.array(["a"]), safe=False),
        pa.DictionaryArray.from_arrays(pa.array([0, -1], pa.int8()), pa.array(["a"]), safe=False),
        pa.Array.from_buffers(pa.list_(pa.int8()), 2, [None, pa.array([0, 9, 1], pa.int32()).buffers()[1]], children=[pa.array([1], pa.int8())]),
        pa.Array.from_buffers(pa.string(), 2, [None, pa.array([0, 9, 1], pa.int32()).buffers()[1], pa.py_buffer(b"a")]),
        pa.Array.from_buffers(pa.list_view(pa.int8()), 2, [None, pa.array([0, 9], pa.int32()).buffers()[1], pa.array([1, 1], pa.int32()).buffers()[1]], children=[pa.array([1], pa.int8())]),
    ],
    ids=["index", "negative index", "list", "text", "list view"],
)  # fmt: skip
def test_a_damaged_column_is_one_rejection(array: Any) -> None:
    assert outcomes(read(rows(2, x=array))) == [R.NOT_ARROW]


@pytest.mark.parametrize("more", [b"\0", b"garbage", ipc(rows(1))])
def test_nothing_may_follow_the_stream(more: bytes) -> None:
    found = read(ipc(rows(2)) + more)
    assert outcomes(found) == [R.NOT_ARROW]
    assert f"followed by {len(more):,} more bytes" in found.rejections.message[0]


def test_no_change_of_a_byte_escapes() -> None:
    nested = [{"a": [1, None], "b": "x"}, None]
    index = pa.array([0, 1], pa.int8())
    good = ipc(rows(2, x=nested, y=dictionary(index, ["p", "q"]), z=[1.5, None]), compression="lz4")
    random = np.random.default_rng(7)
    for _ in range(1500):
        data = bytearray(good)
        for at in random.integers(0, len(data), random.integers(1, 4)).tolist():
            data[at] = int(random.integers(0, 256))
        outcomes(read(bytes(data)))
