"""Every way in which an alert can be wrong, each with the reason it must be rejected for."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

Body = dict[str, Any]
Entry = Mapping[str, bytes]


@dataclass(frozen=True)
class BadKind:
    """One kind of bad input.

    Attributes:
        name: what is wrong.
        reason: name of the `ReasonCode` of its rejection.
        make: makes the entry from a random source, a good body and the key of an inactive
            strategy; None if it cannot be made of these.
    """

    name: str
    reason: str
    make: Callable[[random.Random, Body, str | None], Entry | None]


def _entry(body: Body) -> Entry:
    return {"json": json.dumps(body).encode()}


def _fresh(rng: random.Random, body: Body) -> Body:
    """A plain market order of the same strategy and symbol, with an identity of its own."""
    return {
        "strategy": body["strategy"],
        "symbol": body["symbol"],
        "action": "buy",
        "volume": "0.10",
        "signal_id": f"bad-{rng.getrandbits(48):012x}",
        "fired_at": body["fired_at"],
    }


def _with(**changes: Any) -> Callable[[random.Random, Body, str | None], Entry]:
    """A fresh order with some fields set; None takes a field away."""

    def make(rng: random.Random, body: Body, _inactive: str | None) -> Entry:
        changed = _fresh(rng, body) | changes
        return _entry({name: value for name, value in changed.items() if value is not None})

    return make


def _raw(**fields: bytes) -> Callable[[random.Random, Body, str | None], Entry]:
    def make(_rng: random.Random, _body: Body, _inactive: str | None) -> Entry:
        return fields

    return make


def _not_utf8(rng: random.Random, body: Body, _inactive: str | None) -> Entry:
    return {"json": json.dumps(_fresh(rng, body)).encode()[:-1] + b', "comment": "\xff\xfe"}'}


def _two_payloads(rng: random.Random, body: Body, _inactive: str | None) -> Entry:
    return {**_entry(_fresh(rng, body)), "arrow": b"\x00"}


def _cut_off(rng: random.Random, body: Body, _inactive: str | None) -> Entry:
    return {"json": json.dumps(_fresh(rng, body)).encode()[:-20]}


def _twice(rng: random.Random, body: Body, _inactive: str | None) -> Entry:
    return {"json": b'{"action": "sell", ' + json.dumps(_fresh(rng, body)).encode()[1:]}


def _of_inactive(rng: random.Random, body: Body, inactive: str | None) -> Entry | None:
    return None if inactive is None else _entry(_fresh(rng, body) | {"strategy": inactive})


def _other_content(_rng: random.Random, body: Body, _inactive: str | None) -> Entry | None:
    """The identity of an alert that was sent, with other content; None if it had none."""
    return _entry(body | {"order_ref": "changed"}) if "signal_id" in body else None


def _not_in_time(rng: random.Random, body: Body, _inactive: str | None) -> Entry:
    return _entry(_fresh(rng, body) | {"fired_at": "yesterday, about noon"})


def _crowded(_rng: random.Random, _body: Body, _inactive: str | None) -> Entry:
    """An Arrow entry with more rows than allowed, and yet small."""
    import numpy as np  # noqa: PLC0415 - a tenth of a second that `--help` need not wait for
    import pyarrow as pa  # noqa: PLC0415

    batch = pa.record_batch({"volume": pa.array(np.zeros(65_537, np.uint8))})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return {"arrow": sink.getvalue()}


BAD_KINDS: tuple[BadKind, ...] = (
    BadKind("not UTF-8", "NOT_UTF8", _not_utf8),
    BadKind("plain words", "NOT_JSON", _raw(json=b"BUY EURUSD now!")),
    BadKind("cut off", "NOT_JSON", _cut_off),
    BadKind("a bare NaN", "NOT_FINITE", _raw(json=b'{"strategy": "x", "price": NaN}')),
    BadKind("an array", "NOT_AN_OBJECT", _raw(json=b'["buy", "EURUSD"]')),
    BadKind("no payload", "NO_PAYLOAD", _raw(text=b"buy EURUSD")),
    BadKind("two payloads", "TWO_PAYLOADS", _two_payloads),
    BadKind("not Arrow", "NOT_ARROW", _raw(arrow=b"surely not a stream of Arrow batches")),
    BadKind("too many rows", "TOO_MANY_ROWS", _crowded),
    BadKind("no strategy", "MISSING_FIELD", _with(strategy=None)),
    BadKind("no action", "MISSING_FIELD", _with(action=None)),
    BadKind("empty symbol", "MISSING_FIELD", _with(symbol="")),
    BadKind("action is a number", "WRONG_TYPE", _with(action=1)),
    BadKind("volume is a list", "WRONG_TYPE", _with(volume=[0.1])),
    BadKind("price is a word", "WRONG_TYPE", _with(price="cheap")),
    BadKind("unknown action", "UNKNOWN_ACTION", _with(action="moon")),
    BadKind("placeholder left in", "UNKNOWN_ACTION", _with(action="{{strategy.order.action}}")),
    BadKind("unknown order type", "UNKNOWN_ORDER_TYPE", _with(order_type="iceberg")),
    BadKind(
        "unknown position word",
        "UNKNOWN_ENUM",
        _with(action="target", position_size="1", prev_position="sideways", prev_position_size="1"),
    ),
    BadKind("NaN as text", "NOT_FINITE", _with(stop_loss="NaN")),
    BadKind("infinity as text", "NOT_FINITE", _with(volume="Infinity")),
    BadKind("negative volume", "OUT_OF_RANGE", _with(volume="-0.10")),
    BadKind("risk over 100 %", "OUT_OF_RANGE", _with(risk_percent="150")),
    BadKind("more than all", "OUT_OF_RANGE", _with(action="close", volume=None, fraction="1.5")),
    BadKind("long strategy", "TEXT_TOO_LONG", _with(strategy="x" * 65)),
    BadKind("long comment", "TEXT_TOO_LONG", _with(comment="y" * 257)),
    BadKind("time in words", "BAD_TIME", _not_in_time),
    BadKind("stop given twice", "CONTRADICTION", _with(stop_loss="0.5", sl_pips="20")),
    BadKind("limit without price", "PRICE_MISSING", _with(order_type="limit")),
    BadKind("stop without trigger", "PRICE_MISSING", _with(order_type="stop")),
    BadKind("stop above a buy", "STOPS_WRONG_SIDE", _with(price="1.10", stop_loss="1.20")),
    BadKind(
        "position never told",
        "UNKNOWN_POSITION",
        _with(action="target", symbol="XPDUSD", volume=None, position_size="3"),
    ),
    BadKind("no identity", "NO_IDENTITY", _with(signal_id=None, fired_at=None)),
    BadKind("identity reused", "IDENTITY_REUSED", _other_content),
    BadKind("from the future", "CLOCK_AHEAD", _with(fired_at="{now+4000}")),
    BadKind("last week's", "FIRED_TOO_LONG_AGO", _with(fired_at="{now-700000}")),
    BadKind("stuffed", "METADATA_TOO_LARGE", _with(notes="z" * 9000)),
    BadKind("oversized", "OVERSIZED", _with(notes="z" * 70_000)),
    BadKind("unknown strategy", "UNKNOWN_STRATEGY", _with(strategy="no such strategy")),
    BadKind("inactive strategy", "STRATEGY_INACTIVE", _of_inactive),
    BadKind("field twice", "DUPLICATE_KEY", _twice),
)
