"""Codes, wire records and ids: what the logs are made of."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.codes import OUTCOME_RANK, SENTENCES, WORST_FIRST, ReasonCode
from schema.enums import Outcome
from schema.ids import make_id, order_ids, order_prefix
from schema.wire import ORDER, RECORDS, decode, encode

SMALL = np.dtype([("id", "V16"), ("volume", "<i8")])
GROWN = np.dtype([("id", "V16"), ("volume", "<i8"), ("price", "<i8")])


def test_every_reason_has_a_sentence_of_its_own() -> None:
    assert set(SENTENCES) == set(ReasonCode)
    assert len(set(SENTENCES.values())) == len(SENTENCES)
    assert all(text[0].isupper() or text[0] == "f" for text in SENTENCES.values())
    assert all(text.endswith(".") for text in SENTENCES.values())
    assert max(ReasonCode) <= 255


def test_every_outcome_is_ranked() -> None:
    assert set(OUTCOME_RANK) == set(Outcome)
    assert set(WORST_FIRST) == set(Outcome)


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_records_survive_the_wire(name: str) -> None:
    dtype = RECORDS[name]
    raw = np.random.default_rng(1).integers(0, 256, 5 * dtype.itemsize, np.uint8)
    rows = raw.view(dtype)
    assert decode(encode(rows), dtype).tobytes() == rows.tobytes()


def test_a_reader_fills_what_an_older_writer_lacks() -> None:
    rows = np.array([(b"a" * 16, 5), (b"b" * 16, 6)], SMALL)
    got = decode(encode(rows), GROWN)
    assert got["id"].tolist() == rows["id"].tolist()
    assert got["volume"].tolist() == [5, 6]
    assert got["price"].tolist() == [0, 0]


def test_a_reader_drops_what_a_newer_writer_added() -> None:
    rows = np.array([(b"a" * 16, 5, 7), (b"b" * 16, 6, 8)], GROWN)
    got = decode(encode(rows), SMALL)
    assert got["volume"].tolist() == [5, 6]
    assert got.dtype == SMALL


def test_half_a_record_is_refused() -> None:
    with pytest.raises(ValueError, match="not whole records"):
        decode(encode(np.zeros(2, GROWN))[:-1], SMALL)
    with pytest.raises(ValueError):
        decode(encode(np.zeros(2, ORDER))[:-1], ORDER)


@given(
    st.text(max_size=64),
    st.uuids(),
    st.lists(st.tuples(st.uuids(), st.integers(1, 12)), max_size=20),
)
def test_order_ids_equal_the_plain_formula(
    strategy: str, cause: UUID, pairs: list[tuple[UUID, int]]
) -> None:
    accounts = [str(account).encode() for account, _ in pairs]
    legs = [leg for _, leg in pairs]
    prefixes = [order_prefix("another", UUID(int=1).bytes), order_prefix(strategy, cause.bytes)]
    place = [1] * len(pairs)
    got = [bytes(each) for each in order_ids(prefixes, place, accounts, legs).tolist()]
    assert got == [
        make_id(strategy, str(cause), str(account), str(leg)).bytes for account, leg in pairs
    ]
