"""Pieces of what waits to be written: nothing twice, nothing left out, nothing for ever last."""

from collections import Counter

import numpy as np
import pytest

from operators.result_pieces import Piece, cut
from rules.decision_log import Decision
from rules.state import State
from rules.touched import Touched
from schema.ids import PARTITIONS
from schema.wire import DEAL, ORDER, VERDICT

EACH = 40  # accounts of a partition


@pytest.fixture
def state() -> State:
    made = State()
    ids = np.arange(1, 2 * PARTITIONS * EACH + 1).astype(np.uint64).view("V16")
    made.account_rows(ids, np.repeat(np.arange(PARTITIONS, dtype=np.int32), EACH))
    return made


def everything(state: State) -> tuple[Touched, list[tuple[int, str, Decision]]]:
    deals = np.zeros(state.accounts.count, DEAL)
    deals["account_id"] = state.accounts["account_id"]
    touched = Touched(accounts=[np.arange(state.accounts.count)], deals=[deals])
    empty = Decision(
        previous="0-0", events="0-0", marks={}, config=1,
        orders=np.zeros(0, ORDER), verdicts=np.zeros(0, VERDICT),
    )  # fmt: skip
    return touched, [(partition, "1-0", empty) for partition in range(PARTITIONS)]


def partitions_of(state: State, piece: Piece) -> set[int]:
    rows = np.concatenate([np.zeros(0, np.int64), *piece.touched.accounts])
    return set(state.accounts["partition"][rows].tolist())


def test_pieces_hold_every_change_once_and_whole_partitions(state: State) -> None:
    touched, decisions = everything(state)
    written: Counter[int] = Counter()
    told: Counter[bytes] = Counter()
    after, pieces = -1, 0
    while touched.any or decisions:
        piece = cut(state, touched, decisions, after=after)
        written.update(np.concatenate(piece.touched.accounts).tolist())
        told.update(np.concatenate(piece.touched.deals)["account_id"].tolist())
        assert {partition for partition, _, _ in piece.decisions} == partitions_of(state, piece)
        assert piece.is_all == (not piece.rest.any and not piece.waiting)
        touched, decisions, after, pieces = piece.rest, piece.waiting, piece.last, pieces + 1
    assert written == Counter(range(state.accounts.count))
    assert told == Counter(state.accounts["account_id"].tolist())
    assert 4 <= pieces <= 8


def test_a_piece_begins_behind_the_last_one_though_the_first_changed_again(state: State) -> None:
    touched, decisions = everything(state)
    seen: set[int] = set()
    after = -1
    for _ in range(8):
        piece = cut(state, touched, decisions, after=after)  # all have changed again
        seen |= partitions_of(state, piece)
        after = piece.last
    assert seen == set(range(PARTITIONS))


def test_wanted_partitions_go_alone_and_the_turn_stays(state: State) -> None:
    touched, decisions = everything(state)
    piece = cut(state, touched, decisions, after=5, wanted=[9, 2])
    assert partitions_of(state, piece) == {2, 9}
    assert piece.last == 5
    assert sum(map(len, piece.rest.accounts)) == (PARTITIONS - 2) * EACH
    assert len(piece.waiting) == PARTITIONS - 2


def test_pieces_hold_every_minute_that_ended_once_and_with_its_partition(state: State) -> None:
    minutes = state.accounts.records()
    touched, after = Touched(minutes=[minutes[::2], minutes[1::2]]), -1
    told: list[bytes] = []
    while touched.any:
        piece = cut(state, touched, [], after=after)
        mine = np.concatenate(piece.touched.minutes)
        left = np.concatenate([minutes[:0], *piece.rest.minutes])
        assert not np.isin(mine["partition"], left["partition"]).any()
        told += mine["account_id"].tolist()
        touched, after = piece.rest, piece.last
    assert Counter(told) == Counter(minutes["account_id"].tolist())
    assert len(told) == state.accounts.count
