"""What KPIs read of a trade beyond its prices and money: distances in pips, and what ended it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.names import Names
from rules.order_life import EXECUTED, RANK
from rules.slippage import slippage
from rules.state import State, TradeState
from rules.tables import Part, Rows
from schema.enums import DealReason, Side
from schema.terms import CloseReason
from schema.wire import UNITS

Floats = NDArray[np.float64]
_MILLISECOND = 1000
# Money is in cents at most brokers: of less than this, a pip's value is not told to 0.1 %.
_TELLING = 10 * UNITS
_ENDED_BY = {
    DealReason.CLIENT: CloseReason.MANUAL,
    DealReason.MOBILE: CloseReason.MANUAL,
    DealReason.WEB: CloseReason.MANUAL,
    DealReason.EXPERT: CloseReason.EA,
    DealReason.SL: CloseReason.SL,
    DealReason.TP: CloseReason.TP,
    DealReason.SO: CloseReason.STOP_OUT,
}
_WORDS = {reason + 1: word.word for reason, word in _ENDED_BY.items()}


def measures(state: State, rows: Rows, names: Names) -> dict[str, Any]:
    """Return columns of `trades`; NaN, or None, is what is not known.

    `sl_pips` and `tp_pips` are those planned: from the entry to the stops that the trade was
    opened with. What one pip is worth is known where the symbol's profit is in the account's
    currency, and of a closed trade by what it earned.
    """
    trades = state.trades.rows[rows]
    instrument = names.instruments(trades["account_id"], trades["symbol"])
    pip, contract = names.pips(instrument), names.contracts(instrument)
    entry, exits = _price(trades["entry_price"]), _price(trades["exit_price"])
    sign = np.where(trades["side"] == Side.BUY, 1, -1)
    closed = trades["state"] == TradeState.CLOSED
    pips = np.where(closed, (exits - entry) * sign / pip, np.nan)
    direct = names.is_in_account_currency(trades["account_id"], instrument)
    value = np.where(direct, contract * pip, _earned_per_pip(trades, pips))
    opener = state.orders.find(trades["trade_id"])
    return {
        "pips": pips,
        "pip_value": value,
        "contract": contract,
        "close_reason": [
            _WORDS.get(by) if over else None
            for by, over in zip(trades["ended_by"].tolist(), closed.tolist(), strict=True)
        ],
        **_of_openings(state, opener, entry, pip),
    }


def _price(counts: NDArray[np.int64]) -> Floats:
    return np.where(counts > 0, counts / UNITS, np.nan)


def _earned_per_pip(trades: Part, pips: Floats) -> Floats:
    """Return what one pip of one lot came to, NaN where too little was earned to tell."""
    lots = trades["closed"] / UNITS
    telling = (np.abs(trades["profit"]) >= _TELLING) & (np.abs(pips) > 0) & (lots > 0)
    move = np.where(telling, pips * lots, np.nan)
    value = trades["profit"] / UNITS / move
    return np.where(value > 0, value, np.nan)


def _of_openings(state: State, opener: Rows, entry: Floats, pip: Floats) -> dict[str, Floats]:
    """Return what the orders tell that opened the trades."""
    if not state.orders.count:
        none = np.full(len(opener), np.nan)
        return dict.fromkeys(("sl_pips", "tp_pips", "slippage_entry", "latency_ms"), none)
    orders = state.orders.rows[np.maximum(opener, 0)]
    known = opener >= 0
    took = orders["done_at"] - orders["sent_at"]
    answered = known & (orders["sent_at"] > 0) & (took >= 0)
    answered &= RANK[orders["outcome"]] == EXECUTED
    slipped = np.ma.filled(slippage(orders).astype(np.float64), np.nan) / UNITS / pip
    return {
        "sl_pips": np.where(known, np.abs(entry - _price(orders["stop_loss"])) / pip, np.nan),
        "tp_pips": np.where(known, np.abs(entry - _price(orders["take_profit"])) / pip, np.nan),
        "slippage_entry": np.where(known, slipped, np.nan),
        "latency_ms": np.where(answered, took / _MILLISECOND, np.nan),
    }
