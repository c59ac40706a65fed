"""Hypothesis strategies that tests share."""

import json
from typing import Any

from hypothesis import strategies as st

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
