"""Days are built in pieces that fit memory, however densely accounts are marked."""

import itertools
from datetime import date, timedelta

import polars as pl
import pytest

from flows.snapshots.building import blocks, pieces

LAST = date(2026, 3, 31)
MOST = 2_000_000


def _plan(starts: list[date], marks: list[int]) -> tuple[pl.DataFrame, ...]:
    ids = [bytes([n // 256, n % 256]) for n in range(len(starts))]
    accounts = pl.DataFrame({"account_id": ids, "key": [str(n) for n in range(len(ids))]})
    known = pl.DataFrame({"account_id": ids, "marks": marks}).filter(pl.col("marks") > 0)
    plan = pl.DataFrame({"account_id": ids, "first": starts}).sample(
        fraction=1, shuffle=True, seed=1
    )
    return plan, accounts, known


@pytest.mark.parametrize("years", [0, 1, 3, 10])
def test_a_block_has_no_more_rows_than_fit(years: int) -> None:
    starts = [LAST - timedelta(days=365 * years)] * 900
    marks = [1440] * 100 + [4] * 400 + [0] * 400
    plan, accounts, known = _plan(starts, marks)
    most = dict(zip(accounts["account_id"], marks, strict=True))
    seen: list[bytes] = []

    for piece in pieces(plan, accounts, LAST, known):
        seen += piece.accounts["account_id"].to_list()
        spans = list(blocks(piece.first, LAST, piece))
        assert [spans[0][0], spans[-1][1]] == [piece.first, LAST]
        for (_, before), (after, _) in itertools.pairwise(spans):
            assert after == before + timedelta(days=1)
        longest = max((until - first).days + 1 for first, until in spans)
        of_a_day = sum(most[each] for each in piece.accounts["account_id"])
        assert of_a_day * (longest + 3) <= MOST
        assert piece.accounts.height * longest * 15 <= MOST

    assert sorted(seen) == sorted(accounts["account_id"])


def test_years_without_many_marks_are_built_in_few_pieces() -> None:
    plan, accounts, known = _plan([LAST - timedelta(days=1095)] * 1000, [4] * 999 + [1440])

    found = list(pieces(plan, accounts, LAST, known))

    assert found[0].accounts["key"].to_list() == ["999"]  # the one that is marked each minute
    assert len(found) <= 12
    assert all(len(list(blocks(each.first, LAST, each))) == 1 for each in found)


def test_accounts_that_begin_on_other_days_are_apart() -> None:
    plan, accounts, known = _plan([date(2024, 1, 5), date(2024, 1, 20), date(2025, 6, 1)], [0] * 3)

    found = [(piece.first, piece.accounts.height) for piece in pieces(plan, accounts, LAST, known)]

    assert found == [(date(2024, 1, 1), 2), (date(2025, 6, 1), 1)]
