"""Slippage: what an order was filled at, against what was asked."""

from typing import TypeAlias

import numpy as np

from rules.order_life import EXECUTED, RANK
from rules.tables import Fields
from schema.enums import LegKind, Side

Slippage: TypeAlias = "np.ma.MaskedArray[tuple[int], np.dtype[np.int64]]"


def slippage(orders: Fields) -> Slippage:
    """Return fill against the asked or quoted price, in units of 1e-8; positive is adverse.

    It is masked where nothing was bought or sold, or one of the prices is not known.
    """
    reference = np.where(orders["asked_price"] > 0, orders["asked_price"], orders["quote_price"])
    sign = np.where(orders["side"] == Side.BUY, 1, -1)
    known = (orders["fill_price"] > 0) & (reference > 0)
    known &= (RANK[orders["outcome"]] == EXECUTED) & (orders["filled"] > 0)
    known &= (orders["kind"] == LegKind.OPEN) | (orders["kind"] == LegKind.CLOSE)
    return np.ma.masked_array((orders["fill_price"] - reference) * sign, mask=~known)
