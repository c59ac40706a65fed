"""Accounts that are the same on every machine: made from a seed, with NumPy alone.

Every drawn number is rounded to a few decimals, so that a last bit that differs between two
processors' logarithms does not make another account; `digest` tells when one is another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

INITIAL = 100_000.0
SEED = 20_240_117

Columns = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Account:
    """The five tables of one account; a missing number is NaN, a missing text is empty."""

    name: str
    daily: Columns
    trades: Columns
    executions: Columns
    emotions: Columns
    breaches: Columns

    def digest(self) -> str:
        """Return a hash of everything in the account."""
        hashed = hashlib.sha256()
        for table in ("daily", "trades", "executions", "emotions", "breaches"):
            for column, values in getattr(self, table).items():
                hashed.update(f"{table}.{column}".encode())
                kind = values.dtype.kind
                plain = values.astype("U") if kind in "OU" else values.astype("f8", copy=True)
                hashed.update(np.ascontiguousarray(plain).tobytes())
        return hashed.hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What is particular about an account."""

    days: int
    trades: int
    first_day: str = "2021-03-15"
    drift: float = 0.0004
    edge: float = 0.15  # of a stop's distance, that a trade earns on average
    idle: float = 0.08  # share of days without a return
    first_returns: tuple[float, ...] = ()  # what the first days lose
    flows: bool = False
    gaps: bool = False  # days for which the benchmark has no return
    even: float = 0.04  # share of trades that break even to the cent
    no_stop: float = 0.07  # share of trades without a stop loss
    tied: bool = False  # several trades close in the same second, and rows come in any order


SHAPES = {
    "ordinary": Shape(days=620, trades=320),
    "first_day_a_loss": Shape(days=300, trades=160, first_returns=(-0.0912, -0.0327)),
    "external_flows": Shape(days=430, trades=210, flows=True, gaps=True),
    "short": Shape(days=15, trades=9, even=0.0),
    "break_evens": Shape(days=210, trades=170, even=0.25, idle=0.4, tied=True),
    "without_stops": Shape(days=260, trades=120, no_stop=1.0),
    "losing": Shape(days=450, trades=260, drift=-0.0009, edge=-0.3),
    "four_years": Shape(days=1040, trades=480, first_day="2020-01-02"),
}
CONTRACT = 100_000.0
# symbol: price, pip, value of a pip in USD per lot
SYMBOLS = {
    "EURUSD": (1.0850, 0.0001, 10.0),
    "GBPUSD": (1.2640, 0.0001, 10.0),
    "AUDUSD": (0.6710, 0.0001, 10.0),
    "USDJPY": (147.25, 0.01, 6.79),
}
REASONS = ("sl", "tp", "manual", "ea", "stop_out")
STATUSES = ("filled", "partial", "rejected", "requote", "canceled")
FEELINGS = ("calm", "confident", "fomo", "fear", "greed", "revenge")


def weekdays(first: str, count: int) -> np.ndarray:
    """Return `count` days from Monday to Friday, from `first` on."""
    return np.busday_offset(np.datetime64(first, "D"), np.arange(count), roll="forward")


def made(name: str) -> Account:
    """Return the seeded account of that name."""
    shape = SHAPES[name]
    rng = np.random.default_rng([SEED, list(SHAPES).index(name)])
    dates = weekdays(shape.first_day, shape.days)
    bench = _rounded(rng.standard_t(5, shape.days) * 0.005 + 0.0002, 6)
    r = _rounded(0.4 * bench + rng.standard_t(4, shape.days) * 0.004 + shape.drift, 6)
    r[rng.random(shape.days) < shape.idle] = 0.0
    r[: len(shape.first_returns)] = shape.first_returns
    if shape.gaps:
        bench[rng.random(shape.days) < 0.05] = np.nan
    flow = np.zeros(shape.days)
    if shape.flows:
        flow[[40, 171, 300]] = (25_000.0, -12_500.0, 7_250.0)
    trades = _trades(rng, shape, dates)
    return Account(
        name=name,
        daily=daily(dates, r, bench, flow, rng),
        trades=trades,
        executions=_executions(rng, 2 * shape.trades),
        emotions=_emotions(rng, trades["trade_id"]),
        breaches={
            "date": dates[rng.integers(0, shape.days, 3)].astype("datetime64[D]"),
            "rule": np.array(["daily_loss", "news", "max_loss"]),
            "severity": np.array(["hard", "soft", "hard"]),
        },
    )


def daily(
    dates: np.ndarray, r: np.ndarray, bench: np.ndarray, flow: np.ndarray, rng: np.random.Generator
) -> Columns:
    """Return the daily table of an account with these returns and flows at the day's start."""
    opened, closed, before = np.empty_like(r), np.empty_like(r), INITIAL
    for day in range(len(r)):
        opened[day] = before + flow[day]
        before = closed[day] = opened[day] * (1.0 + r[day])
    low, high = np.minimum(opened, closed), np.maximum(opened, closed)
    balance = _rounded(closed * (1 + 0.001 * rng.standard_normal(len(r))), 2)
    return {
        "date": dates.astype("datetime64[D]"),
        "r": r,
        "bench": bench,
        "flow": flow,
        "equity_open": opened,
        "equity": closed,
        "equity_low": _rounded(low * (1 - 0.003 * rng.random(len(r))), 2),
        "equity_high": _rounded(high * (1 + 0.003 * rng.random(len(r))), 2),
        "balance": balance,
        "balance_open": np.concatenate(([INITIAL], balance[:-1])) + flow,
        "margin_used": _rounded(np.abs(rng.standard_normal(len(r))) * 2_000, 2),
    }


def _trades(rng: np.random.Generator, shape: Shape, dates: np.ndarray) -> Columns:
    count = shape.trades
    day = np.sort(rng.integers(0, len(dates), count))
    exits = dates[day].astype("datetime64[s]") + rng.integers(7 * 3600, 21 * 3600, count)
    if shape.tied:
        exits[1:][rng.random(count - 1) < 0.1] = exits[0]
    exits = np.sort(exits)
    entries = exits - rng.integers(60, 40 * 3600, count)
    symbol = rng.choice(list(SYMBOLS), count)
    price, pip, value = (np.array([SYMBOLS[one][i] for one in symbol]) for i in range(3))
    stop = _rounded(rng.uniform(8, 60, count), 1)
    pips = _rounded(stop * (rng.standard_normal(count) * 1.1 + shape.edge), 1)
    pips[pips == 0.0] = 0.1
    lots = _rounded(rng.uniform(0.05, 1.5, count), 2)
    side = rng.choice([1, -1], count)
    commission = -_rounded(7.0 * lots, 2)
    nights = (exits.astype("datetime64[D]") - entries.astype("datetime64[D]")).astype("i8")
    swap = _rounded(-0.9 * lots * nights, 2) + 0.0
    profit = _rounded(pips * value * lots, 2)
    even = rng.random(count) < shape.even
    profit[even] = -(commission + swap)[even]
    entry = _rounded(price * (1 + 0.01 * rng.standard_normal(count)), 5)
    reach = np.abs(rng.standard_normal(count)) * stop * value * lots
    stopless, aimless = rng.random(count) < shape.no_stop, rng.random(count) < 0.2
    table = {
        "trade_id": np.arange(count),
        "symbol": symbol,
        "strategy": rng.choice(["breakout", "news", "trend"], count),
        "side": side,
        "lots": lots,
        "entry_time": entries,
        "exit_time": exits,
        "entry_price": entry,
        "exit_price": _rounded(entry + side * pips * pip, 5),
        "sl_pips": np.where(stopless, np.nan, stop),
        "tp_pips": np.where(aimless, np.nan, _rounded(1.8 * stop, 1)),
        "pips": pips,
        "pip_value": value,
        "contract": np.full(count, CONTRACT),
        "profit": profit,
        "commission": commission,
        "swap": swap,
        "nights": nights,
        "mfe": _rounded(np.maximum(profit, 0) + 0.3 * reach, 2),
        "mae": _rounded(np.minimum(profit, 0) - 0.2 * reach, 2) + 0.0,
        "slippage_entry": _rounded(rng.standard_normal(count) * 0.4 + 0.1, 2),
        "slippage_exit": _rounded(rng.standard_normal(count) * 0.5 + 0.1, 2),
        "latency_ms": _rounded(rng.gamma(3.0, 25.0, count), 1),
        "spread_pips": _rounded(rng.uniform(0.1, 2.0, count), 2),
        "reason": rng.choice(REASONS, count),
    }
    return _shuffled(table, rng) if shape.tied else table


def _executions(rng: np.random.Generator, count: int) -> Columns:
    requested = _rounded(rng.uniform(0.05, 2.0, count), 2)
    status = rng.choice(STATUSES, count, p=(0.86, 0.05, 0.03, 0.03, 0.03))
    latency = _rounded(rng.gamma(3.0, 30.0, count), 1)
    shares = {"filled": 1.0, "partial": 0.5}
    filled = requested * np.array([shares.get(one, 0.0) for one in status])
    return {
        "order_id": np.arange(count),
        "requested_volume": requested,
        "status": status,
        "slippage_pips": _rounded(rng.standard_normal(count) * 0.4 + 0.001 * latency, 2),
        "latency_ms": latency,
        "filled_volume": _rounded(filled, 2),
    }


def _emotions(rng: np.random.Generator, trade_id: np.ndarray) -> Columns:
    told = np.sort(trade_id[rng.random(len(trade_id)) < 0.7])
    return {
        "trade_id": told,
        "emotion": rng.choice(FEELINGS, len(told)),
        "intensity": rng.integers(1, 6, len(told)),
        "followed_plan": rng.random(len(told)) < 0.8,
        "confidence": rng.integers(1, 11, len(told)),
    }


def _shuffled(table: Columns, rng: np.random.Generator) -> Columns:
    order = rng.permutation(len(table["trade_id"]))
    return {name: values[order] for name, values in table.items()}


def _rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    return np.round(values, decimals)
