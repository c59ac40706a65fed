"""What must hold for whatever an entry holds."""

import json
from typing import Any

import rfc8785

from rules.identity import content_hash
from rules.validation import Validated, validate
from schema.codes import ReasonCode

ENTRY_ID = "1763690400000-0"  # 2025-11-21T02:00:00Z
PAYLOAD_BYTES = 8192
Entry = dict[bytes, bytes]


def outcome(entry: Entry) -> Validated:
    """Read an entry; every row of it has one outcome, and says it well."""
    found = validate([("signals:0", ENTRY_ID, entry)])
    accepted, refused = found.signals, found.rejections
    rows = sorted([*accepted.entry_row.tolist(), *refused.entry_row.tolist()])
    assert rows == list(range(len(rows))), f"rows {rows} have outcomes"
    assert len(rows) == 1 or b"arrow" in entry, f"{len(rows)} outcomes of one entry"
    assert len(found.payloads) == len(accepted)
    for code, message, payload, strategy in zip(
        refused.reason.tolist(), refused.message, refused.payload, refused.strategy, strict=True
    ):
        assert 0 < ReasonCode(code) < ReasonCode.NO_SUBSCRIBER
        assert message
        message.encode()
        strategy.encode()
        assert len(payload.encode()) <= PAYLOAD_BYTES
    if len(accepted) and b"json" in entry:
        _is_what_another_reader_reads(entry[b"json"], found)
    return found


def _is_what_another_reader_reads(data: bytes, found: Validated) -> None:
    """The standard library and RFC 8785 give the same content, so the same identity."""
    fields = json.loads(data)
    plain = {k: _double(v) for k, v in fields.items() if v is not None and k != "comment"}
    assert content_hash(rfc8785.dumps(plain)) == found.signals.content_hash[0].tobytes()
    assert found.signals.strategy[0] == fields["strategy"]
    assert found.signals.symbol[0] == _plain_symbol(fields["symbol"])


def _plain_symbol(symbol: str) -> str:
    """A single exchange in front of a symbol is left out; an expression stays as it is."""
    exchange, colon, plain = symbol.partition(":")
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
    return plain if colon and ":" not in plain and set(exchange) <= letters else symbol


def _double(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _double(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_double(v) for v in value]
    return float(value) if type(value) is int and abs(value) >= 2**53 else value
