"""The market as a function of time: alike for every reader, and without jumps."""

from pathlib import Path

import numpy as np
import pytest

from rules.errors import Fatal
from sources.prices import Feed, PriceTable, extend_feed, write_feed
from sources.synthetic_prices import SHAPES, synthetic

ANCHOR = 1_767_225_600_000_000


def ramp(offsets: list[int]) -> PriceTable:
    price = np.arange(1.0, len(offsets) + 1)
    return PriceTable(offset=np.array(offsets), bid=price, ask=price + 0.5)


def feed(directory: Path, *, loop: bool = True, **tables: PriceTable) -> Feed:
    write_feed(directory, tables, ANCHOR, loop=loop)
    return Feed(directory)


def bids(f: Feed, offsets: list[int]) -> list[float]:
    return [float(f.at(ANCHOR + offset)["bid"][0]) for offset in offsets]


def test_plays_forth_and_back_without_end(tmp_path: Path) -> None:
    f = feed(tmp_path, X=ramp([0, 10, 30]))
    assert bids(f, [0, 9, 10, 29, 30, 49, 50, 59, 60, 70, 90, 110, 120]) == [
        *[1, 1, 2, 2, 3, 3, 2, 2, 1, 2, 3, 2, 1]
    ]
    assert f.at(ANCHOR + 115)["quoted_at"][0] == ANCHOR + 110
    ticks = f.between(ANCHOR + 10, ANCHOR + 90, "X")
    assert (ticks.at - ANCHOR).tolist() == [30, 50, 60, 70, 90]
    assert ticks.bid.tolist() == [3, 2, 1, 2, 3]
    assert ticks.ask.tolist() == [3.5, 2.5, 1.5, 2.5, 3.5]


@pytest.mark.parametrize("first", [0, 7])
def test_ticks_and_quotes_tell_the_same(tmp_path: Path, first: int) -> None:
    f = feed(tmp_path, X=ramp([first, 10, 11, 30, 31, 50]), Y=ramp([0, 1]))
    ticks = f.between(ANCHOR - 5, ANCHOR + 1_000, "X")
    assert np.all(np.diff(ticks.at) > 0)
    assert np.abs(np.diff(ticks.bid)).max() == 1  # from tick to neighbouring tick, never a jump
    for at, bid in zip(ticks.at.tolist(), ticks.bid.tolist(), strict=True):
        quote = f.at(at)[0]
        assert (quote["bid"], quote["quoted_at"]) == (bid, at)
    for offset in range(first, 500):
        at = ANCHOR + offset
        last = int(np.searchsorted(ticks.at, at, side="right")) - 1
        assert f.at(at)["bid"][0] == ticks.bid[last]
        assert f.at(at)["quoted_at"][0] == ticks.at[last]


def test_between_has_its_end_and_not_its_start(tmp_path: Path) -> None:
    f = feed(tmp_path, loop=False, X=ramp([0, 10, 20]))
    assert (f.between(ANCHOR, ANCHOR + 10, "X").at - ANCHOR).tolist() == [10]
    assert (f.between(ANCHOR - 1, ANCHOR + 9, "X").at - ANCHOR).tolist() == [0]
    assert len(f.between(ANCHOR + 20, ANCHOR + 999, "X").at) == 0
    assert len(f.between(ANCHOR - 9, ANCHOR - 1, "X").at) == 0
    with pytest.raises(KeyError):
        f.between(ANCHOR, ANCHOR, "Z")


def test_last_price_stands_and_ages_without_loop(tmp_path: Path) -> None:
    quote = feed(tmp_path, loop=False, X=ramp([0, 10])).at(ANCHOR + 10**12)[0]
    assert (quote["bid"], quote["quoted_at"]) == (2, ANCHOR + 10)


def test_unknown_before_the_first_tick(tmp_path: Path) -> None:
    quotes = feed(tmp_path, X=ramp([5, 10]), Y=ramp([0, 3])).at(ANCHOR + 4)
    assert quotes["symbol"].tolist() == [b"X", b"Y"]
    assert np.isnan(quotes["bid"][0])
    assert quotes["quoted_at"][0] == 0
    assert quotes["bid"][1] == 2  # on its way back
    assert np.isnan(feed(tmp_path, X=ramp([0, 10])).at(ANCHOR - 1)["ask"][0])


def test_names_that_are_no_file_names(tmp_path: Path) -> None:
    write_feed(tmp_path, {"EUR/USD#": ramp([0])}, ANCHOR)
    assert Feed(tmp_path).at(ANCHOR)["symbol"].tolist() == [b"EUR/USD#"]


def test_pace() -> None:
    slow = ramp([0, 10, 1_000])
    assert slow.sped_up(10).offset.tolist() == [0, 1, 100]
    assert slow.without_gaps(50).offset.tolist() == [0, 10, 60]


def test_wrong_feeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="cannot read the price feed"):
        Feed(tmp_path)
    with pytest.raises(ValueError, match="from 1 tick"):
        write_feed(tmp_path, {"X": ramp([])}, ANCHOR)
    write_feed(tmp_path, {"X": ramp([0])}, ANCHOR)
    (tmp_path / "X.arrow").write_bytes(b"no arrow")
    with pytest.raises(Fatal, match="cannot read the price feed"):
        Feed(tmp_path)


def test_synthetic_prices_are_plausible_and_repeatable() -> None:
    made = synthetic(list(SHAPES), seed=3, seconds=600)
    alone = synthetic(["XAUUSD"], seed=3, seconds=600)["XAUUSD"]
    assert made["XAUUSD"].bid.tolist() == alone.bid.tolist()
    assert synthetic(["XAUUSD"], seed=4, seconds=600)["XAUUSD"].bid.tolist() != alone.bid.tolist()
    for symbol, table in made.items():
        shape = SHAPES[symbol]
        assert table.offset[0] == 0
        assert np.all(np.diff(table.offset) >= 0)
        assert 400e6 < table.offset[-1] < 800e6
        assert np.all(table.ask > table.bid)
        assert np.abs(table.bid / shape.price - 1).max() < 0.01
        assert len(np.unique(table.bid)) > 20
    with pytest.raises(ValueError, match="no made-up prices for NOSUCH"):
        synthetic(["NOSUCH"], seed=1, seconds=1)


def test_a_feed_takes_more_symbols_and_keeps_those_it_has(tmp_path: Path) -> None:
    write_feed(tmp_path, {"OLD": ramp([0, 10])}, ANCHOR)
    before = Feed(tmp_path).at(ANCHOR + 5)
    extend_feed(tmp_path, {"OLD": ramp([0, 99]), "NEW": ramp([0, 10])})
    after = Feed(tmp_path)
    assert after.symbols == ["NEW", "OLD"]
    assert after.anchor == ANCHOR
    assert after.at(ANCHOR + 5)[1] == before[0]
