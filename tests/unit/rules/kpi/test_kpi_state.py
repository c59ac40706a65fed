"""History added day by day to what is kept of accounts comes to what it comes to as a whole."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.layout import OF_HISTORY
from rules.kpi.registry import KPIS
from rules.kpi.settings import Settings
from rules.kpi.state import State, advanced
from rules.kpi.update import DAY_ENTRIES, OTHER_ENTRIES, from_history, updated
from tests.split_accounts import accounts, pieces

_SETTINGS = Settings(risk_free=0.02, mar=0.01)


def _kept(given: Inputs, cuts: list[int]) -> State:
    state = None
    for piece in pieces(given, cuts):
        state = advanced(state, piece, _SETTINGS)
    assert state is not None
    return state


def _updated(given: Inputs, state: State) -> pl.DataFrame:
    histories = [from_history(given, _SETTINGS, each) for each in (DAY_ENTRIES, OTHER_ENTRIES)]
    return updated(state, given.accounts, _SETTINGS, *histories)


def _differences(one: pl.DataFrame, other: pl.DataFrame) -> dict[str, tuple[object, object]]:
    found: dict[str, tuple[object, object]] = {}
    for kpi in KPIS:
        for a, b in zip(one[kpi.id], other[kpi.id], strict=True):
            if isinstance(a, float) and b is not None:
                if abs(a - b) > 1e-9 * max(1.0, abs(a)):
                    found[kpi.id] = (a, b)
            elif a != b:
                found[kpi.id] = (a, b)
    return found


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1_000_000), st.lists(st.integers(0, 150), min_size=1, max_size=6))
def test_history_in_pieces_comes_to_what_it_is_as_a_whole(seed: int, cuts: list[int]) -> None:
    whole = inputs(**accounts(seed))

    in_pieces = _updated(whole, _kept(whole, cuts))

    assert in_pieces["account"].equals(whole.accounts["account"])
    assert _differences(compute(whole, _SETTINGS), in_pieces) == {}
