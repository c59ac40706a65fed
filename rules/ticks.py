"""The grid of prices: every price that a broker is sent is a whole number of ticks."""

import numpy as np

from rules.book import Instruments
from rules.signals import Float, Int64
from rules.tables import Rows
from schema.wire import UNITS

LARGEST = 9e17  # counts of 1e-8 that int64 holds with room to add


def ticks(instruments: Instruments, rows: Rows) -> Int64:
    """Return the tick of each instrument, 1e-8; a point where the broker names none."""
    size = instruments.tick_size[rows]
    size = np.where(size > 0, size, instruments.point[rows])
    return np.maximum(np.rint(size * UNITS), 1).astype(np.int64)


def on_grid(instruments: Instruments, rows: Rows, price: Float) -> Int64:
    """Return the nearest prices on the grid as counts of 1e-8, 0 where there is no price."""
    known = (price > 0) & (price < LARGEST / UNITS)
    if not np.count_nonzero(known):
        return np.zeros(len(rows), np.int64)
    step = ticks(instruments, rows)
    counted = np.rint(np.where(known, price, 0.0) * UNITS / step).astype(np.int64) * step
    return np.where(known, counted, 0)
