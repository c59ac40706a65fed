"""Accounts made from real prices: USDJPY, one-minute bars of February and March 2013.

Two accounts trade one rule, long above the average of the last day's hourly closes and short
below it: `real_days` has the weekdays as its days; `real_hours` takes every hour for a day, so
that statistics over months and years have real returns to work on too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.kpi_reference.accounts import CONTRACT, Account, Columns, daily, weekdays

DATA = Path(__file__).parents[3] / "shared" / "data"
BID, ASK = DATA / "usdjpy-m1-bid-2013.csv", DATA / "usdjpy-m1-ask-2013.csv"
NAMES = ("real_days", "real_hours")
LOTS = 0.5
AVERAGE = 24  # hours
STOP, TARGET = 40.0, 90.0  # pips, planned; the rule itself closes by turning round


def available() -> bool:
    """Say whether the prices are on this machine."""
    return BID.is_file() and ASK.is_file()


def traded(name: str) -> Account:
    """Return the account of that name."""
    hours, bid, ask = _hours()
    mid = (bid + ask) / 2
    mean = np.convolve(mid, np.ones(AVERAGE) / AVERAGE, mode="valid")
    side = np.where(mid[AVERAGE - 1 :] > mean, 1, -1)
    hours, bid, ask, mid = (values[AVERAGE - 1 :] for values in (hours, bid, ask, mid))
    market = np.round(np.diff(mid) / mid[:-1], 9)
    earned = np.round(side[:-1] * market, 9)
    trades = _trades(hours, bid, ask, side)
    if name == "real_hours":
        dates, r, bench = weekdays("2013-02-04", len(earned)), earned, market
    else:
        dates, r = _by_day(hours[1:], earned)
        bench = _by_day(hours[1:], market)[1]
    count = len(trades["trade_id"])
    return Account(
        name=name,
        daily=daily(dates, r, bench, np.zeros(len(r)), np.random.default_rng(2013)),
        trades=trades,
        executions={
            "order_id": np.arange(count),
            "requested_volume": np.full(count, LOTS),
            "status": np.full(count, "filled"),
            "slippage_pips": trades["slippage_entry"],
            "latency_ms": trades["latency_ms"],
            "filled_volume": np.full(count, LOTS),
        },
        emotions={
            "trade_id": np.arange(0),
            "emotion": np.array([], dtype="U8"),
            "intensity": np.arange(0),
            "followed_plan": np.array([], dtype=bool),
            "confidence": np.arange(0),
        },
        breaches={
            "date": np.array([], dtype="datetime64[D]"),
            "rule": np.array([], dtype="U8"),
            "severity": np.array([], dtype="U8"),
        },
    )


def _hours() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each hour that has a bar on both sides, with its last bid and ask."""
    sides = []
    for path in (BID, ASK):
        rows = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=(0, 4), dtype="U32")
        minutes = np.array([text[:19].replace(" ", "T") for text in rows[:, 0]], "datetime64[s]")
        sides.append((minutes, rows[:, 1].astype("f8")))
    (at, bid), (ask_at, ask) = sides
    minutes, left, right = np.intersect1d(at, ask_at, return_indices=True)
    hour = minutes.astype("datetime64[h]")
    last = np.append(hour[1:] != hour[:-1], True)
    return minutes[last], bid[left][last], ask[right][last]


def _by_day(hours: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    day = hours.astype("datetime64[D]")
    dates = np.unique(np.busday_offset(day, 0, roll="backward"))
    weekday = np.busday_offset(day, 0, roll="backward")
    growth = [np.prod(1 + r[weekday == date]) - 1 for date in dates]
    return dates, np.round(growth, 9)


def _trades(hours: np.ndarray, bid: np.ndarray, ask: np.ndarray, side: np.ndarray) -> Columns:
    turns = np.flatnonzero(np.append(True, side[1:] != side[:-1]))
    start, end = turns[:-1], turns[1:]
    held = side[start]
    entry = np.where(held > 0, ask[start], bid[start])
    leaving = np.where(held > 0, bid[end], ask[end])
    pips = np.round(held * (leaving - entry) / 0.01, 1)
    value = np.round(CONTRACT * 0.01 / leaving, 6)
    lots = LOTS * (1 + np.arange(len(start)) % 3)
    profit = np.round(pips * value * lots, 2)
    best, worst = (
        np.array([how(_open(bid, ask, a, b, s)) for a, b, s in zip(start, end, held, strict=True)])
        for how in (np.max, np.min)
    )
    nights = (hours[end].astype("datetime64[D]") - hours[start].astype("datetime64[D]")).astype(int)
    spread = np.round((ask - bid) / 0.01, 2)
    return {
        "trade_id": np.arange(len(start)),
        "symbol": np.full(len(start), "USDJPY"),
        "strategy": np.full(len(start), "average"),
        "side": held,
        "lots": lots,
        "entry_time": hours[start],
        "exit_time": hours[end],
        "entry_price": entry,
        "exit_price": leaving,
        "sl_pips": np.full(len(start), STOP),
        "tp_pips": np.full(len(start), TARGET),
        "pips": pips,
        "pip_value": value,
        "contract": np.full(len(start), CONTRACT),
        "profit": profit,
        "commission": np.round(-7.0 * lots, 2),
        "swap": np.round(-0.6 * lots * nights, 2) + 0.0,
        "nights": nights,
        "mfe": np.round(np.maximum(best, 0) / 0.01 * value * lots, 2),
        "mae": np.round(np.minimum(worst, 0) / 0.01 * value * lots, 2) + 0.0,
        # What the price did in the second the order took is not in bars: half the spread each way.
        "slippage_entry": np.round(spread[start] / 2, 2),
        "slippage_exit": np.round(spread[end] / 2, 2),
        "latency_ms": np.round(20 + 10 * spread[start], 1),
        "spread_pips": spread[start],
        "reason": np.full(len(start), "ea"),
    }


def _open(bid: np.ndarray, ask: np.ndarray, start: int, end: int, side: int) -> np.ndarray:
    """Return what one unit would have earned at each hour of a trade, in quote currency."""
    if side > 0:
        return bid[start : end + 1] - ask[start]
    return bid[start] - ask[start : end + 1]
