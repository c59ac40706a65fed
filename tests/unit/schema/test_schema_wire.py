"""Codes, wire records and ids: what the logs are made of."""

import hashlib
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.codes import OUTCOME_RANK, SENTENCES, WORST_FIRST, ReasonCode
from schema.enums import Outcome
from schema.ids import ID, order_ids
from schema.sha1 import digests
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


@pytest.mark.parametrize("count", [0, 1, 7, 5000, 20_000])
def test_order_ids_are_uuid5_in_the_namespace_of_their_strategy(count: int) -> None:
    raw = np.random.default_rng(count).integers(0, 256, (3, count, 16)).astype(np.uint8)
    strategies, causes, accounts = (ids.reshape(-1).view(ID) for ids in raw)
    legs = np.arange(count) % 600 + 1
    got = order_ids(strategies, causes, accounts, legs)
    for row in {*range(min(count, 5)), *range(0, count, 997)}:
        name = causes[row].tobytes() + accounts[row].tobytes() + int(legs[row]).to_bytes(2, "big")
        digest = hashlib.sha1(strategies[row].tobytes() + name).digest()
        assert UUID(bytes=got[row].tobytes()) == UUID(bytes=digest[:16], version=5)
    assert len(set(got.tolist())) == count


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 55), st.integers(0, 3))
def test_many_digests_are_those_of_each(length: int, seed: int) -> None:
    messages = np.random.default_rng(seed).integers(0, 256, (4100, length)).astype(np.uint8)
    rows = digests(np.pad(messages, ((0, 0), (0, 64 - length)), constant_values=7), length)
    for row in (0, 1, 2049, 4099):
        assert rows[row].tobytes() == hashlib.sha1(messages[row].tobytes()).digest()[:16]
