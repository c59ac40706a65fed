"""Routing and sizing equal the rules of one object at a time, and fall into no trap."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.per_object.pairs import judge
from benchmarks.worlds import LOT, NOW, SmallWorld, random_world, signals
from rules.book import Pairs
from rules.intent import resolve
from rules.routing import route
from rules.sizing import Sized, size
from schema.codes import ReasonCode as R
from schema.enums import SizingMode, TinyTrade


def run(w: SmallWorld) -> tuple[Pairs, Sized]:
    pairs = route(w.book, w.signals, w.intents, w.now)
    return pairs, size(w.book, w.signals, w.intents, pairs, w.market, w.balances, w.now)


def test_random_worlds_equal_the_oracle() -> None:
    seen: Counter[R] = Counter()
    for seed in range(40):
        w = random_world(seed)
        pairs, sized = run(w)
        judged = judge(w)
        assert pairs.signal.tolist() == [one.signal for one in judged]
        assert pairs.subscription.tolist() == [one.subscription for one in judged]
        assert pairs.instrument.tolist() == [one.instrument for one in judged]
        assert pairs.reason.tolist() == [one.routed for one in judged], seed
        assert sized.reason.tolist() == [one.sized for one in judged], seed
        assert sized.volume.tolist() == [one.volume for one in judged], seed
        assert (sized.stop_loss / LOT).tolist() == [one.stop_loss for one in judged], seed
        assert (sized.take_profit / LOT).tolist() == [one.take_profit for one in judged], seed
        seen.update(R(code) for code in [*pairs.reason, *sized.reason])
    expected = {*range(70, 79), *range(81, 93), R.MAX_VOLUME, R.STOPS_TOO_CLOSE} & set(R)
    assert {R(code) for code in expected} <= set(seen), {R(c) for c in expected} - set(seen)


def one(
    mode: SizingMode,
    *,
    book: dict[str, Any] | None = None,
    least: int = LOT // 100,
    step: int = LOT // 100,
    **columns: Any,
) -> tuple[int, R]:
    w = random_world(1, accounts=1, asked=1, clean=True)
    subs = {
        "sizing": np.full(3, mode, np.uint8),
        "multiplier": np.ones(3),
        "risk_percent": np.ones(3),
    }
    subs |= {"risk_override": np.zeros(3, bool), "max_risk_coefficient": np.full(3, 5.0)}
    subs |= {"tiny_trade": np.zeros(3, np.uint8)}
    subs |= {name: np.full(3, value) for name, value in (book or {}).items()}
    count = len(w.book.instruments)
    inst = replace(
        w.book.instruments,
        volume_min=np.full(count, least),
        volume_step=np.full(count, step),
        contract_size=np.full(count, 100_000.0),
    )
    found = signals(1, **columns)
    w = replace(
        w,
        book=replace(w.book, subscriptions=replace(w.book.subscriptions, **subs), instruments=inst),
        signals=found,
        intents=resolve(found, np.full(1, np.nan)).intents,
        market=replace(w.market, rate=np.ones_like(w.market.rate)),
        balances=replace(w.balances, balance=np.array([10_000.0])),
    )
    pairs, sized = run(w)
    assert pairs.reason.tolist() == [0]
    return int(sized.volume[0]), R(sized.reason[0])


@pytest.mark.parametrize("hundredths", [1, 29, 57, 58, 115, 999])
def test_hundredths_of_a_lot_are_not_floored_by_floats(hundredths: int) -> None:
    volume = hundredths * LOT // 100
    assert one(SizingMode.SCALED, volume=[volume]) == (volume, R.NONE)


def test_steps_count_from_the_minimum() -> None:
    grid = {"least": 3 * LOT // 100, "step": 5 * LOT // 100}
    assert one(SizingMode.FIXED, book={"fixed_volume": LOT // 10}, **grid) == (
        8 * LOT // 100,
        R.NONE,
    )


def test_risk_sizes_by_the_stop() -> None:
    # 1 % of 10,000 over 50 pips of 10 a lot
    assert one(SizingMode.RISK, sl_pips=[50.0]) == (LOT // 5, R.NONE)
    assert one(SizingMode.RISK, sl_pips=[50.0], risk_percent=[2.0]) == (LOT // 5, R.NONE)
    allowed = {"risk_override": True}
    assert one(SizingMode.RISK, book=allowed, sl_pips=[50.0], risk_percent=[2.0])[0] == 2 * LOT // 5
    assert one(SizingMode.RISK) == (0, R.STOP_LOSS_MISSING)


def test_an_unknown_stop_is_never_the_maximum_volume() -> None:
    assert one(SizingMode.RISK, book={"copy_stop_loss": False}, sl_pips=[50.0]) == (
        0,
        R.STOP_LOSS_MISSING,
    )
    assert one(SizingMode.RISK, book={"risk_percent": np.nan}, sl_pips=[50.0])[0] == 0


@pytest.mark.parametrize(
    ("hundredths", "tiny", "coefficient", "found"),
    [
        (4, TinyTrade.SKIP, 5.0, (0, R.VOLUME_TOO_SMALL)),
        (5, TinyTrade.SKIP, 5.0, (LOT // 10, R.NONE)),
        (5, TinyTrade.SKIP, 1.0, (0, R.RISK_TOO_HIGH)),
        (4, TinyTrade.FORCE, 5.0, (LOT // 10, R.NONE)),
        (1, TinyTrade.FORCE, 5.0, (0, R.RISK_TOO_HIGH)),
        (4, TinyTrade.FORCE, np.nan, (0, R.RISK_TOO_HIGH)),
    ],
)
def test_tiny_trades(hundredths: int, tiny: TinyTrade, coefficient: float, found: Any) -> None:
    book = {"tiny_trade": np.uint8(tiny), "max_risk_coefficient": coefficient}
    volume = [hundredths * LOT // 100]
    assert (
        one(SizingMode.SCALED, book=book, least=LOT // 10, step=LOT // 10, volume=volume) == found
    )


def test_a_limit_clamps_onto_the_grid() -> None:
    book = {"fixed_volume": LOT, "max_volume": 17 * LOT // 100}
    assert one(SizingMode.FIXED, book=book, step=5 * LOT // 100) == (16 * LOT // 100, R.NONE)
    assert one(SizingMode.FIXED, book=book, least=LOT // 5) == (0, R.MAX_VOLUME)


def test_no_signal_and_no_book_make_no_pairs() -> None:
    w = random_world(3, asked=0)
    pairs, sized = run(w)
    assert (len(pairs), len(sized)) == (0, 0)
    assert w.now == NOW
