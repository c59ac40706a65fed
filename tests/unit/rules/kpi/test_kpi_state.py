"""History added day by day to what is kept of accounts comes to what it comes to as a whole."""

from dataclasses import replace

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rules.kpi.adding_days import advanced
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.layout import OF_HISTORY, SPLITS, needs_history
from rules.kpi.packing import packed, unpacked
from rules.kpi.registry import KPIS
from rules.kpi.settings import Settings
from rules.kpi.state import State
from rules.kpi.state_values import entry_values
from rules.kpi.update import DAY_ENTRIES, OTHER_ENTRIES, from_history, updated
from tests.split_accounts import accounts, pieces

_SETTINGS = Settings(risk_free=0.02, mar=0.01, daily_loss=0.05, max_loss=0.1, target=0.1)


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


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 1_000_000), st.lists(st.integers(0, 150), min_size=1, max_size=6))
@example(43765, [0])  # a covariance of nothing but rounding, in the whole
@example(43765, [112, 71, 69, 142, 95, 135])  # and in pieces
def test_history_in_pieces_comes_to_what_it_is_as_a_whole(seed: int, cuts: list[int]) -> None:
    whole = inputs(**accounts(seed))

    in_pieces = _updated(whole, _kept(whole, cuts))

    assert in_pieces["account"].equals(whole.accounts["account"])
    assert _differences(compute(whole, _SETTINGS), in_pieces) == {}


def test_a_state_that_was_stored_is_what_it_was() -> None:
    whole = inputs(**accounts(3))
    first, last = pieces(whole, [40])
    state = advanced(None, first, _SETTINGS)
    past = from_history(first, _SETTINGS, OTHER_ENTRIES)

    seen = first.accounts.select("account").with_columns(
        orders=pl.lit(2**64 - 1, pl.UInt64), emotion_logs=pl.lit(0, pl.UInt64),
        armor_breaches=pl.lit(None, pl.UInt64),
    )  # fmt: skip

    again, values, known = unpacked(packed(state, past, seen))

    assert_frame_equal(values, past)
    assert_frame_equal(known, seen)
    one, other = (advanced(each, last, _SETTINGS) for each in (state, again))
    assert _updated(whole, one).equals(_updated(whole, other))


def test_a_day_is_added_without_the_days_before_it() -> None:
    whole = inputs(**accounts(5))
    *_, last = pieces(whole, [50, 149])
    assert last.daily.height < whole.daily.height / 20

    assert _differences(compute(whole, _SETTINGS), _updated(whole, _kept(whole, [50, 149]))) == {}


def test_accounts_may_come_go_and_be_new() -> None:
    whole = inputs(**accounts(7))
    first, last = pieces(whole, [60])
    few = [2, 8, 14]
    state = advanced(None, first, _SETTINGS)
    chosen = Inputs(
        accounts=pl.DataFrame({"account": few}, schema=whole.accounts.select("account").schema)
        .join(last.accounts, on="account", how="left", maintain_order="left"),
        key=last.key,
        **{name: frame.filter(pl.col("account").is_in(few)) for name, frame in last.tables.items()},
    )  # fmt: skip

    some = advanced(state, chosen, _SETTINGS)
    back = advanced(some, replace(last, daily=last.daily.clear(), trades=last.trades.clear()))

    all_of_them = _updated(whole, advanced(state, last, _SETTINGS))
    theirs = entry_values(some, chosen.accounts, _SETTINGS)
    assert theirs["key"].to_list() == few
    assert theirs["trade_count"].to_list() == [
        all_of_them.filter(pl.col("account") == each)["trade_count"][0] for each in few
    ]
    counts = entry_values(back, last.accounts, _SETTINGS).filter(~pl.col("key").is_in(few))
    assert counts["trade_count"].sum() == 0


def test_what_needs_history_is_little_and_named() -> None:
    needing = {kpi.id for kpi in KPIS if needs_history(kpi)}

    assert (len(KPIS), len(needing)) == (429, 95)
    assert {"median_win", "var_95_historical", "optimal_f", "return_90d"} <= needing
    assert not needing & {"sharpe_ratio", "max_drawdown", "profit_factor", "skewness", "beta"}
    kept = {name for members in SPLITS.values() for name in members}
    assert not kept & {entry.name for entry in OF_HISTORY}
