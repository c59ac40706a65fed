"""Each rule of a signal's fields: what is taken, what is refused, and with which code."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.identity import canonical
from rules.validation import Validated, validate
from schema.codes import ReasonCode as R
from schema.ids import make_id
from tests.strategies import bad_entries

MS = 1_763_690_400_000  # 2025-11-21T02:00:00Z
GOOD: dict[str, Any] = {"strategy": "s", "symbol": "EURUSD", "action": "buy", "signal_id": "1"}


def of_json(data: bytes) -> Validated:
    return validate([("signals:0", f"{MS}-0", {b"json": data})])


def of(**fields: Any) -> Validated:
    return of_json(json.dumps({**GOOD, **fields}).encode())


def arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def reason(found: Validated) -> R:
    assert len(found.signals) + len(found.rejections) == 1
    return R(found.rejections.reason[0]) if len(found.rejections) else R.NONE


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"strategy": None}, R.MISSING_FIELD),
        ({"symbol": " "}, R.MISSING_FIELD),
        ({"symbol": "OANDA:"}, R.MISSING_FIELD),
        ({"action": None}, R.MISSING_FIELD),
        ({"action": "hold"}, R.UNKNOWN_ACTION),
        ({"action": 1}, R.WRONG_TYPE),
        ({"order_type": "iceberg"}, R.UNKNOWN_ORDER_TYPE),
        ({"prev_position": "up"}, R.UNKNOWN_ENUM),
        ({"price": True}, R.WRONG_TYPE),
        ({"price": "1,2"}, R.WRONG_TYPE),
        ({"price": "NaN"}, R.NOT_FINITE),
        ({"price": float("nan")}, R.NOT_FINITE),
        ({"price": float("inf")}, R.NOT_FINITE),
        ({"price": 0}, R.OUT_OF_RANGE),
        ({"price": -1}, R.OUT_OF_RANGE),
        ({"price": 1e10}, R.OUT_OF_RANGE),
        ({"price": 1e-10}, R.OUT_OF_RANGE),
        ({"risk_percent": 101}, R.OUT_OF_RANGE),
        ({"action": "close", "fraction": 1.1}, R.OUT_OF_RANGE),
        ({"fraction": 0.5}, R.CONTRADICTION),
        ({"action": "close", "order_type": "limit", "price": 1}, R.CONTRADICTION),
        ({"stop_loss": 1, "sl_pips": 5}, R.CONTRADICTION),
        ({"tp_percent": 1, "tp_pips": 5}, R.CONTRADICTION),
        ({"stop_loss": 2, "take_profit": 1}, R.STOPS_WRONG_SIDE),
        ({"action": "sell", "stop_loss": 1, "price": 2}, R.STOPS_WRONG_SIDE),
        ({"action": "target", "position_size": -1, "stop_loss": 1, "price": 2}, R.STOPS_WRONG_SIDE),
        ({"order_type": "limit"}, R.PRICE_MISSING),
        ({"order_type": "stop"}, R.PRICE_MISSING),
        ({"order_type": "stop_limit", "price": 1}, R.PRICE_MISSING),
        ({"action": "target"}, R.MISSING_FIELD),
        ({"action": "modify"}, R.MISSING_FIELD),
        ({"prev_position": "long", "prev_position_size": -2}, R.CONTRADICTION),
        ({"fired_at": "yesterday"}, R.BAD_TIME),
        ({"fired_at": "2025-11-21T02:00:00"}, R.BAD_TIME),
        ({"fired_at": "2025-13-21T02:00:00Z"}, R.BAD_TIME),
        ({"fired_at": True}, R.WRONG_TYPE),
        ({"fired_at": MS + 60_001}, R.CLOCK_AHEAD),
        ({"fired_at": MS - 7 * 86_400_000 - 1}, R.FIRED_TOO_LONG_AGO),
        ({"expires_at": MS}, R.CONTRADICTION),
        ({"comment": "x" * 257}, R.TEXT_TOO_LONG),
        ({"strategy": "a\x1fb"}, R.WRONG_TYPE),
        ({"extra": "x" * 8192}, R.METADATA_TOO_LARGE),
        ({"extra": 10**400}, R.OUT_OF_RANGE),
        ({"symbol": "OANDA:  "}, R.MISSING_FIELD),
        ({"action": "target", "position_size": "1e-400"}, R.OUT_OF_RANGE),
        ({"action": "target", "position_size": 1e-9}, R.OUT_OF_RANGE),
        ({"expires_at": "0.0000001"}, R.BAD_TIME),
        ({"expires_at": "9999-12-31T23:59:59Z"}, R.BAD_TIME),
        ({"expires_at": 99_999_999_999}, R.BAD_TIME),
        ({"signal_id": None}, R.NO_IDENTITY),
    ],
)
def test_wrong_fields_are_refused(fields: dict[str, Any], code: R) -> None:
    found = of(**fields)
    assert reason(found) is code, found.rejections.message
    assert found.rejections.message[0].endswith(".")


EXIT = {"action": "target", "prev_position_size": 2, "stop_loss": 100, "take_profit": 110}


@pytest.mark.parametrize(
    "fields",
    [
        EXIT | {"position_size": 1, "price": 110},  # at its take profit
        EXIT | {"position_size": 1, "price": 99},  # slipped below its stop
        EXIT | {"position_size": 2, "price": 99},
        {**EXIT, "prev_position_size": -2, "position_size": -1, "stop_loss": 120, "price": 109},
        {"action": "cancel", "order_type": "limit"},
        {"action": "cancel", "order_type": "stop", "price": 1},
        {"action": "modify", "order_type": "limit", "stop_loss": 1},
    ],
)
def test_what_opens_nothing_is_not_held_to_what_openings_are(fields: dict[str, Any]) -> None:
    found = of(**fields)
    assert reason(found) is R.NONE, found.rejections.message


@pytest.mark.parametrize(("size", "price"), [(3, 99), (-1, 101)])
def test_a_target_that_opens_is_held_to_its_stops(size: int, price: int) -> None:
    found = of(**EXIT | {"position_size": size, "price": price})
    assert reason(found) is R.STOPS_WRONG_SIDE


@pytest.mark.parametrize(
    ("symbol", "plain"),
    [
        ("OANDA:EURUSD", "EURUSD"),
        ("FX_IDC:EURUSD", "EURUSD"),
        (":EURUSD", "EURUSD"),
        ("1/OANDA:EURUSD", "1/OANDA:EURUSD"),
        ("OANDA:EURUSD/OANDA:GBPUSD", "OANDA:EURUSD/OANDA:GBPUSD"),
        ("A:B:C", "A:B:C"),
    ],
)
def test_an_exchange_is_left_out_and_an_expression_is_none_of_its_symbols(
    symbol: str, plain: str
) -> None:
    assert of(symbol=symbol).signals.symbol.tolist() == [plain]


@pytest.mark.parametrize("size", ["0.30000000000000004", 0.30000000000000004, 0.3, "0.3"])
def test_positions_are_rounded_where_floats_are_not_exact(size: Any) -> None:
    found = of(action="target", position_size=size, prev_position_size=size)
    assert found.signals.position_size.tolist() == [0.3]
    assert found.signals.prev_position_size.tolist() == [0.3]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff", R.NOT_UTF8),
        (b"{", R.NOT_JSON),
        (b"[" * 60_000, R.NOT_JSON),
        (b'{"a":' * 40 + b"1" + b"}" * 40, R.NOT_JSON),
        (b"[]", R.NOT_AN_OBJECT),
        (b'{"strategy":"a","strategy":"b"}', R.DUPLICATE_KEY),
        (b'{"a":{"b":1,"b":2}}', R.DUPLICATE_KEY),
        (b'{"a":"\\ud800"}', R.NOT_UTF8),
        (b'{"a":' + b"1" * 5000 + b"}", R.OUT_OF_RANGE),
        (b'{"a":1e99999999999999999999}', R.OUT_OF_RANGE),
        (b" " * 65_537, R.OVERSIZED),
    ],
)
def test_wrong_json_is_refused(data: bytes, code: R) -> None:
    assert reason(of_json(data)) is code


def test_an_entry_has_exactly_one_payload() -> None:
    for fields, code in (
        ({b"x": b"1"}, R.NO_PAYLOAD),
        ({b"json": b"", b"arrow": b""}, R.TWO_PAYLOADS),
    ):
        assert reason(validate([("signals:0", f"{MS}-0", fields)])) is code


def test_values_are_exact_and_defaults_are_absent() -> None:
    found = of(price="123456789.12345678", volume=0.29, symbol="OANDA:EURUSD", action="BUY").signals
    assert found.price[0] == 12_345_678_912_345_678
    assert found.volume[0] == 29_000_000
    assert (found.symbol[0], found.fraction[0], found.stop_loss[0]) == ("EURUSD", 1.0, 0)
    assert np.isnan(found.position_size[0])
    assert found.fired_at[0] == found.received_at[0] == MS * 1000


@pytest.mark.parametrize("fired", [MS, str(MS), MS // 1000, "2025-11-21T03:00:00+01:00"])
def test_times_come_in_four_forms(fired: Any) -> None:
    assert of(fired_at=fired).signals.fired_at[0] == MS * 1000


def test_a_clock_a_little_ahead_is_set_back() -> None:
    near, far = of(fired_at=MS + 5000).signals, of(fired_at=MS + 60_000).signals
    assert (near.clock_ahead[0], near.fired_at[0]) == (False, (MS + 5000) * 1000)
    assert (far.clock_ahead[0], far.fired_at[0]) == (True, MS * 1000)


def test_prev_position_without_a_size_is_kept() -> None:
    assert of(prev_position="Long", leg="x").signals.metadata[0] == (
        '{"leg":"x","prev_position":"long"}'
    )
    assert of(prev_position="flat").signals.metadata[0] in ("", "{}")
    assert of(prev_position="short", prev_position_size=3).signals.metadata[0] in ("", "{}")


def test_prev_position_signs_the_size() -> None:
    assert of(prev_position="short", prev_position_size=3).signals.prev_position_size[0] == -3
    assert of(prev_position="flat").signals.prev_position_size[0] == 0


def test_identity_is_that_of_the_specification() -> None:
    assert of().signals.signal_id[0].tobytes() == make_id("s", "1").bytes
    fields = {**GOOD, "fired_at": MS, "price": 1.10, "note": {"é": [1e21, None]}}
    del fields["signal_id"]
    first = of_json(json.dumps({**fields, "comment": "a"}).encode()).signals
    again = of_json(json.dumps({**fields, "comment": "b"}, indent=1).encode()).signals
    assert first.signal_id[0].tobytes() == make_id("s", rfc8785.dumps(fields).decode()).bytes
    assert first.signal_id[0] == again.signal_id[0]
    assert first.content_hash[0] == again.content_hash[0]
    assert of(price=2).signals.content_hash[0] != of(price=3).signals.content_hash[0]


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=5),
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**53) + 1, 2**53 - 1),
            st.text(st.characters(codec="utf-8"), max_size=8),
        ),
        max_size=5,
    )
)
@settings(max_examples=300, deadline=None)
def test_the_fast_canonical_form_is_rfc_8785(fields: dict[str, Any]) -> None:
    fields.pop("comment", None)
    given_as = {k: Decimal(repr(v)) if isinstance(v, float) else v for k, v in fields.items()}
    assert canonical(given_as) == rfc8785.dumps(fields)


def test_arrow_rows_are_their_json_and_bad_rows_leave_their_neighbours() -> None:
    when = datetime(2025, 11, 21, 2, tzinfo=UTC)
    table = pa.table(
        {
            "strategy": ["s", "s", None],
            "symbol": ["EURUSD"] * 3,
            "action": pa.array(["buy", "hold", "buy"]).dictionary_encode(),
            "price": pa.array([Decimal("1.10"), None, None], pa.decimal128(18, 8)),
            "sl_pips": pa.array([1.1, None, None], pa.float32()),
            "fired_at": pa.array([when] * 3, pa.timestamp("ns", tz="UTC")),
        }
    )
    found = validate([("signals:0", f"{MS}-0", {b"arrow": arrow(table)})])
    text = {**GOOD, "price": 1.1, "sl_pips": 1.1, "fired_at": "2025-11-21T02:00:00Z"}
    del text["signal_id"]
    same = of_json(json.dumps(text).encode()).signals
    assert found.signals.signal_id[0] == same.signal_id[0]
    assert found.signals.content_hash[0] == same.content_hash[0]
    assert found.rejections.entry_row.tolist() == [1, 2]
    assert found.rejections.reason.tolist() == [R.UNKNOWN_ACTION, R.MISSING_FIELD]


def test_arrow_with_bad_text_or_too_many_rows() -> None:
    raw = pa.array([b"s", b"\xff"]).view(pa.string())
    table = pa.table(
        {"strategy": raw, "symbol": ["E", "E"], "action": ["buy"] * 2, "signal_id": ["1", "2"]}
    )
    found = validate([("signals:0", f"{MS}-0", {b"arrow": arrow(table)})])
    assert (len(found.signals), found.rejections.reason.tolist()) == (1, [R.NOT_UTF8])
    many = pa.table({"strategy": pa.nulls(65_537, pa.string())})
    assert reason(validate([("signals:0", f"{MS}-0", {b"arrow": arrow(many)})])) is R.TOO_MANY_ROWS
    assert reason(validate([("signals:0", f"{MS}-0", {b"arrow": b"junk"})])) is R.NOT_ARROW


@pytest.mark.parametrize(
    "data",
    [
        b'{"token": "hunter2"}',
        b'{"a": {"api_key": ["hunter2"]}}',
        b'{"to\\u006ben": "hunter2"}',
        b'{"password": "hunter2"',
        b"\xff passphrase: hunter2",
        b'{"comment": "secret=hunter2"}',
    ],
)
def test_secrets_are_masked(data: bytes) -> None:
    payload = of_json(data).rejections.payload[0]
    assert "hunter2" not in payload
    assert "***" in payload


def test_a_payload_is_cut() -> None:
    assert len(of_json("é".encode() * 20_000).rejections.payload[0].encode()) <= 8192


@given(st.lists(bad_entries(), min_size=1, max_size=10))
@settings(max_examples=250, deadline=None)
def test_every_bad_entry_is_one_rejection(entries: list[dict[bytes, bytes]]) -> None:
    found = validate([("signals:0", f"{MS}-{i}", fields) for i, fields in enumerate(entries)])
    assert len(found.signals) == 0
    assert found.rejections.entry_seq.tolist() == list(range(len(entries)))
    assert (found.rejections.reason > 0).all()
    for text in (*found.rejections.message, *found.rejections.payload):
        text.encode()
