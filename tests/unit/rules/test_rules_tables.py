"""Tables find their rows by id, whatever the ids look like, and keep no more than what lives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.id_index import words_of
from rules.state import State
from rules.tables import RecordTable

ROW = np.dtype([("one", "V16"), ("two", "V16"), ("number", "<i8")])
HEAD = np.dtype([("one", "V16"), ("two", "V16")])


def ids(numbers: list[int]) -> np.ndarray:
    return np.frombuffer(b"".join(n.to_bytes(16, "big") for n in numbers), "V16")


def added(table: RecordTable, numbers: list[int]) -> None:
    records = np.zeros(len(numbers), ROW)
    records["one"], records["two"] = ids(numbers), ids([n * 2**64 % 2**128 for n in numbers])
    records["number"] = np.array(numbers, np.uint64).astype(np.int64)
    table.append(records)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 2**63 - 1), max_size=90), min_size=1, max_size=4),
    st.booleans(),
)
def test_an_index_finds_what_was_added_and_nothing_else(parts: list[list[int]], both: bool) -> None:
    table = RecordTable(ROW, ("one", "two") if both else ("one",), HEAD if both else None)
    known: dict[int, int] = {}
    for part in parts:
        new = [n for n in dict.fromkeys(part) if n not in known]
        added(table, new)
        known.update((n, len(known) + place) for place, n in enumerate(new))
        known = {n: row for row, n in enumerate(known)}
        asked = [*known, 2**64, 2**127 + 5]
        keys = [ids(asked), ids([n * 2**64 % 2**128 for n in asked])]
        found = table.find(*keys[: 2 if both else 1])
        assert found.tolist() == [known.get(n, -1) for n in asked]


@pytest.mark.parametrize("spread", [1, 2**32, 2**40])
def test_ids_that_count_up_are_found_too(spread: int) -> None:
    table = RecordTable(ROW, ("one",))
    numbers = [n * spread for n in range(5000)]
    added(table, numbers[:1])
    assert table.find(ids([0])).tolist() == [0]
    added(table, numbers[1:])
    assert (table.find(ids(numbers)) == np.arange(5000)).all()
    assert (table.find(ids([n + 1 for n in numbers[-1:]])) == -1).all()


def test_what_is_kept_is_found_at_its_new_row_and_the_rest_is_gone() -> None:
    table = RecordTable(ROW, ("one",), HEAD)
    added(table, list(range(3000)))
    table.find(ids([1]))
    mask = np.arange(3000) % 3 == 1
    moved = table.keep(mask)
    kept = np.flatnonzero(mask)
    assert (table.find(ids(kept.tolist())) == np.arange(1000)).all()
    assert (table.find(ids([0, 2999])) == -1).all()
    assert (moved[kept] == np.arange(1000)).all()
    assert (moved[~mask] == -1).all()
    assert table["number"].tolist() == kept.tolist()
    assert table.head["one"].tolist() == ids(kept.tolist()).tolist()
    assert table.capacity < 3000
    new = table.extend(5)
    assert not table.records(np.arange(new.start, new.stop)).tobytes().strip(b"\0")


def test_words_of_keys_are_their_bytes() -> None:
    one, two = ids([1, 2]), ids([3, 4])
    assert words_of(one, two).tobytes() == b"".join(
        a.tobytes() + b.tobytes() for a, b in zip(one, two, strict=True)
    )


def test_a_new_account_that_comes_twice_has_one_row() -> None:
    state = State()
    rows = state.account_rows(ids([5, 7, 5]), np.array([1, 2, 1], np.int32))
    assert rows.tolist() == [0, 1, 0]
    assert state.accounts.count == 2
    again = state.account_rows(ids([7, 9]), np.array([2, 3], np.int32))
    assert again.tolist() == [1, 2]
    assert state.accounts["partition"].tolist() == [1, 2, 3]
