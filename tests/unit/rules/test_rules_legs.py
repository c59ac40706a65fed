"""Closes ask for volumes that the broker takes, as near to what was asked as it takes them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.simulated.checks import close_volume
from brokers.simulated.specification import Instrument
from rules.legs import Legs, closing_legs
from rules.state import TradeState
from schema.enums import Side
from schema.wire import UNITS

CENT = UNITS // 100


def close(volumes: list[int], fraction: float, least: int, step: int) -> Legs:
    """Close a fraction of positions, oldest first; volumes in hundredths of a lot."""
    count = len(volumes)
    trades: Any = {
        "volume": np.array(volumes, np.int64) * CENT,
        "closing": np.zeros(count, np.int64),
        "state": np.full(count, TradeState.OPEN),
        "side": np.full(count, Side.BUY),
    }
    instruments = SimpleNamespace(
        volume_min=np.array([least * CENT]), volume_step=np.array([step * CENT])
    )
    none = np.zeros(count, np.int64)
    return closing_legs(
        SimpleNamespace(trades=SimpleNamespace(rows=trades)),  # type: ignore[arg-type]
        SimpleNamespace(instruments=instruments),  # type: ignore[arg-type]
        none,
        np.arange(count),
        none,
        np.full(count, fraction),
    )


@given(st.data(), st.sampled_from([(1, 1), (10, 10), (10, 1), (3, 2), (100, 1), (5, 10), (1, 7)]))
def test_every_leg_is_taken_by_the_broker(data: st.DataObject, grid: tuple[int, int]) -> None:
    least, step = grid
    above = st.integers(0, 40).map(lambda steps: least + steps * step)
    volumes = data.draw(st.lists(above, min_size=1, max_size=4))
    fraction = data.draw(st.floats(1e-6, 1.0))
    legs = close(volumes, fraction, least, step)
    instrument = Instrument(
        symbol="X",
        digits=5,
        contract_size=1,
        currency_profit="USD",
        currency_margin="USD",
        volume_min=least * CENT,
        volume_step=step * CENT,
    )
    for trade, volume in zip(legs.trade.tolist(), legs.volume.tolist(), strict=True):
        position: Any = SimpleNamespace(volume=volumes[trade] * CENT, instrument=instrument)
        close_volume(position, volume)
        assert position.volume - volume == 0 or position.volume - volume >= least * CENT
    goal = sum(volumes) * CENT * fraction
    # At worst the minimum is more than was asked, and leaves less than the minimum.
    assert abs(int(legs.volume.sum()) - goal) <= (2 * least + step) * CENT
    assert len(legs)


@pytest.mark.parametrize(
    ("volumes", "fraction", "least", "step", "closed"),
    [
        ([100], 0.5, 1, 1, [50]),
        ([7], 0.5, 3, 2, [3]),
        ([100], 0.05, 10, 1, [10]),
        ([30, 30], 0.6, 10, 1, [30, 10]),
        ([10, 30], 0.35, 10, 1, [10]),
        ([25], 0.5, 5, 10, [15]),
        ([25], 0.9, 5, 10, [25]),
        ([30, 30], 1.0, 10, 1, [30, 30]),
    ],
)
def test_what_is_closed(
    volumes: list[int], fraction: float, least: int, step: int, closed: list[int]
) -> None:
    assert (close(volumes, fraction, least, step).volume // CENT).tolist() == closed
