"""From a reply of XREAD to entries, and what becomes of the odd ones."""

import pytest

from rules.validation import validate
from schema.codes import ReasonCode
from sources.redis_streams import Entry, entries_of

MS = 1_763_690_400_000
GOOD = b'{"strategy": "s", "symbol": "E", "action": "buy", "signal_id": "1"}'
OTHER = GOOD.replace(b"buy", b"sell")


def entry(*flat: bytes, entry_id: str = f"{MS}-0") -> list[Entry]:
    return entries_of([[b"signals:0", [(entry_id.encode(), list(flat))]]], {})


def test_positions_move_to_the_last_entry() -> None:
    positions = {"signals:0": "0-0"}
    reply = [[b"signals:0", [(b"1-0", [b"json", GOOD]), (b"2-1", [b"a", b"1", b"b", b"2"])]]]
    assert entries_of(reply, positions) == [
        ("signals:0", "1-0", {b"json": GOOD}),
        ("signals:0", "2-1", {b"a": b"1", b"b": b"2"}),
    ]
    assert positions == {"signals:0": "2-1"}


@pytest.mark.parametrize("name", [b"json", b"arrow"])
@pytest.mark.parametrize("more", [(), (b"x", b"1"), (b"json", b"{}")])
def test_an_entry_with_a_payload_twice_is_one_rejection(
    name: bytes, more: tuple[bytes, ...]
) -> None:
    found = validate(entry(name, GOOD, name, OTHER, *more))
    assert not len(found.signals)
    assert found.rejections.reason.tolist() == [ReasonCode.TWO_PAYLOADS]


def test_both_payloads_of_a_rejection_are_kept() -> None:
    payload = validate(entry(b"json", GOOD, b"json", OTHER)).rejections.payload[0]
    assert "buy" in payload
    assert "sell" in payload


def test_another_field_that_stands_twice_hides_nothing() -> None:
    assert len(validate(entry(b"x", b"1", b"x", b"2", b"json", GOOD)).signals) == 1


@pytest.mark.parametrize(
    ("entry_id", "ms", "seq"),
    [
        (f"{MS}-{2**63}", MS, 2**62),
        (f"{MS}-{2**63 + 1}", MS, 2**62 + 1),
        (f"{MS}-{2**64 - 1}", MS, 2**63 - 1),
        ("10000000000000-7", 10**13 - 1, 7),
        ("9999999999999999-0", 10**13 - 1, 0),
        (f"{2**62}-0", 10**13 - 1, 0),
        (f"{2**64 - 1}-{2**64 - 1}", 10**13 - 1, 2**63 - 1),
    ],
)
def test_an_id_that_no_column_holds_is_one_rejection(entry_id: str, ms: int, seq: int) -> None:
    found = validate([*entry(b"json", GOOD, entry_id=entry_id), *entry(b"json", GOOD)])
    assert len(found.signals) == 1
    refused = found.rejections
    assert refused.reason.tolist() == [ReasonCode.OUT_OF_RANGE]
    assert refused.entry_ms.tolist() == [ms]
    assert refused.entry_seq.tolist() == [seq]
    assert refused.received_at.tolist() == [ms * 1000]
    assert entry_id in refused.message[0]


def test_the_largest_ids_that_columns_hold_are_taken() -> None:
    for entry_id in (f"{MS}-{2**63 - 1}", "9999999999999-0"):
        assert len(validate(entry(b"json", GOOD, entry_id=entry_id)).signals) == 1
