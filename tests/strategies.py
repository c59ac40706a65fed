"""Hypothesis strategies that tests share."""

import io
import json
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from rules.validation_fields import READERS

GOOD: dict[str, Any] = {"strategy": "s", "symbol": "EURUSD", "action": "buy", "signal_id": "1"}

_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
_not_numbers = st.one_of(
    st.booleans(),
    st.lists(_values, max_size=2),
    st.dictionaries(st.text(max_size=3), _values, max_size=2),
    st.sampled_from(
        ["", "1,5", "0x10", "1_000", "NaN", "-inf", float("nan"), float("inf"), -1, 0, 1e300]
    ),
)


@st.composite
def bad_entries(draw: st.DrawFn) -> dict[bytes, bytes]:
    """Fields of a stream entry that is no signal."""
    kind = draw(st.sampled_from(["bytes", "fields", "value", "missing", "cut", "arrow", "json"]))
    if kind == "bytes":
        return {b"json": b"\x00" + draw(st.binary(max_size=60))}
    if kind == "fields":
        return {b"data": draw(st.binary(max_size=60))}
    if kind == "arrow":
        return {b"arrow": b"\x01" + draw(st.binary(max_size=200))}
    if kind == "json":
        return {b"json": json.dumps(draw(_values)).encode()}
    fields = dict(GOOD)
    if kind == "value":
        name = draw(
            st.sampled_from(["price", "stop_loss", "sl_pips", "volume", "risk_percent", "atr"])
        )
        fields[name] = draw(_not_numbers)
    else:
        del fields[draw(st.sampled_from(["strategy", "symbol", "action"]))]
    text = json.dumps(fields).encode()
    return {b"json": text[: draw(st.integers(0, len(text) - 1))] if kind == "cut" else text}


_scalars = st.one_of(
    _values,
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.datetimes().map(lambda when: when.isoformat() + "Z"),
    st.integers(-(10**14), 10**14),
    st.sampled_from([
        "buy", "SELL", "close", "target", "modify", "limit", "stop", "long", "flat", "1.1",
        "2025-11-21T02:00:00Z", 1763690400, 1763690400000, -0.0, 1e-9, 10**10, "\u0661", "A:B",
    ]),
)  # fmt: skip
_objects = st.dictionaries(
    st.sampled_from([*READERS, "extra", "token", "", "ключ"]) | st.text(max_size=8),
    _scalars,
    max_size=12,
)
_columns = st.one_of(
    st.lists(st.none() | st.text(max_size=8), min_size=3, max_size=3),
    st.lists(st.none() | st.floats(), min_size=3, max_size=3),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
    st.lists(st.none() | st.booleans(), min_size=3, max_size=3),
    st.lists(st.none() | st.binary(max_size=4), min_size=3, max_size=3),
    st.lists(st.none() | st.datetimes(), min_size=3, max_size=3),
    st.lists(st.none() | st.lists(st.floats(), max_size=2), min_size=3, max_size=3),
)


@st.composite
def entries(draw: st.DrawFn) -> dict[bytes, bytes]:
    """Fields of a stream entry that may be a signal or several, and mostly is none."""
    kind = draw(st.sampled_from(["object", "object", "changed", "arrow", "bad", "text"]))
    if kind == "bad":
        return draw(bad_entries())
    if kind == "text":
        return {b"json": draw(st.text(max_size=80)).encode("utf-8", "surrogatepass")}
    if kind == "arrow":
        columns = {name: [value] * 3 for name, value in GOOD.items()} | {
            name: draw(_columns)
            for name in draw(st.lists(st.sampled_from([*READERS, "extra"]), max_size=4))
        }
        table = pa.table({name: pa.array(values) for name, values in columns.items()})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return {b"arrow": sink.getvalue()}
    made = draw(_objects) if kind == "object" else {**GOOD, **draw(_objects)}
    text = json.dumps(made, ensure_ascii=draw(st.booleans()))
    return {b"json": text.encode("utf-8", "surrogatepass")}
