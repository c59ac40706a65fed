"""Accounts at random and at the edge of what has a value, and their history in pieces."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from rules.kpi.inputs import Inputs, inputs

FIRST = date(2023, 12, 20)  # a month, a quarter and a year end soon after
_RISE = [0.0001 * n for n in range(1, 40)]
RETURNS: dict[str, list[float | None]] = {
    "no day": [],
    "one day": [0.01],
    "two equal days": [0.01, 0.01],
    "constant": [0.01] * 40,
    "all zero": [0.0] * 40,
    "no losses": [*_RISE],
    "no wins": [-r for r in _RISE],
    "ruined": [0.01, -1.0, 0.02, 0.03, 0.0],
    "ruined at once": [-1.0, 0.0, 0.0],
    "more than all lost": [0.01, -1.5, 0.02],
    "gaps": [None, 0.01, None, None, -0.02, None],
    "nothing known": [None, None, None],
    "under water from the first day": [-0.1, 0.0, 0.05, 0.0, 0.1, -0.2],
}
_TRADES = [0, 1, 2, 5, 25, 60]


def accounts(seed: int) -> dict[str, pl.DataFrame]:
    """Return the five tables of one account of each kind and five at random."""
    rng = np.random.default_rng(seed)
    kinds = [*RETURNS.values()]
    kinds += [_returns(rng, int(rng.integers(1, 150))) for _ in range(5)]
    days = pl.concat([_days(rng, r).with_columns(account=pl.lit(n)) for n, r in enumerate(kinds)])
    trades = [_trades(rng, int(rng.choice(_TRADES)), max(len(r), 1)) for r in kinds]
    traded = pl.concat([t.with_columns(account=pl.lit(n)) for n, t in enumerate(trades)])
    n = len(kinds)
    known = pl.DataFrame(
        {
            "account": range(n),
            "initial": np.where(rng.random(n) < 0.2, rng.choice([0.0, -5.0], n), 1000.0),
            "daily_loss": [None if own else 0.03 for own in rng.random(n) < 0.5],
            "trails": [bool(each % 2) for each in range(n)],
            "profitable_day": [None if own else 0.001 for own in rng.random(n) < 0.5],
            "funded": [None if own else 2000.0 for own in rng.random(n) < 0.5],
        }
    ).with_columns(as_of=pl.lit(FIRST + timedelta(151)))
    return {
        "accounts": known.cast({"account": pl.Int32}),
        "daily": days.cast({"account": pl.Int32}),
        "trades": traded.cast({"account": pl.Int32}),
        "executions": _executions(rng, len(kinds)),
        "emotions": _emotions(rng, traded),
        "breaches": _breaches(rng, len(kinds)),
    }


def pieces(given: Inputs, cuts: Sequence[int]) -> list[Inputs]:
    """Return the days and trades of each piece of history, the accounts as of its last day."""
    as_of = given.accounts["as_of"][0]
    ends = [*sorted({FIRST + timedelta(each) for each in cuts}), as_of]
    made, before = [], date.min
    for end in ends:
        day, exited = pl.col("date"), pl.col("exit_time").dt.date()
        known = given.accounts.with_columns(as_of=pl.lit(end))
        made.append(
            replace(
                inputs(accounts=known),
                daily=given.daily.filter((day > before) & (day <= end)),
                trades=given.trades.filter((exited > before) & (exited <= end)),
            )
        )
        before = end
    return made


def _returns(rng: np.random.Generator, count: int) -> list[float | None]:
    r = np.round(rng.standard_t(4, count) * 0.01, 4)
    r[rng.random(count) < 0.2] = 0.0
    gone = rng.random(count) < rng.choice([0.0, 0.3])
    return [None if lost else float(each) for each, lost in zip(r, gone, strict=True)]


def _days(rng: np.random.Generator, r: list[float | None]) -> pl.DataFrame:
    n = len(r)
    marked = rng.random() < 0.6
    growth = np.array([1 + (each or 0.0) for each in r])
    flow = np.where(rng.random(n) < 0.1, np.round(rng.normal(0, 200, n)), 0.0)
    flow[:1] = 1000.0
    equity = np.zeros(n)
    start = np.zeros(n)
    held = 0.0
    for day in range(n):
        start[day] = held + flow[day]
        equity[day] = held = start[day] * growth[day]
    unknown = rng.random(n) < rng.choice([0.0, 0.2])
    low = np.minimum(start, equity) * 0.99
    frame = pl.DataFrame(
        {
            "date": [FIRST + timedelta(day) for day in range(n)],
            "r": pl.Series(r, dtype=pl.Float64),
            "bench": np.where(rng.random(n) < 0.1, np.nan, np.round(rng.normal(0, 0.01, n), 3)),
            "flow": flow,
            "equity_open": start,
            "equity": np.where(unknown, np.nan, equity),
            "equity_low": np.where(marked, low, np.nan),
            "equity_high": np.where(marked, np.maximum(start, equity), np.nan),
            "balance": np.where(unknown, np.nan, equity + np.round(rng.normal(0, 5, n))),
            "balance_open": start,
            "margin_used": np.where(marked, np.round(rng.random(n) * 50), np.nan),
        },
        schema_overrides={"date": pl.Date},
    )
    return frame.with_columns(pl.selectors.float().fill_nan(None))


def _trades(rng: np.random.Generator, count: int, days: int) -> pl.DataFrame:
    start = datetime.combine(FIRST, time())
    # Whole hours, so that some exit together.
    closed = rng.integers(0, days * 24, count)
    held = rng.integers(-1, 60, count)
    cents = np.round(rng.normal(0, 40, count), rng.choice([0, 2]))
    profit = np.where(rng.random(count) < 0.15, 0.0, cents * rng.choice([1, 1, 0]))
    lots = np.round(rng.uniform(0.1, 3, count), 2)

    def now_and_then(values: np.ndarray, share: float) -> np.ndarray:
        return np.where(rng.random(count) < rng.choice([0.0, share, 1.0]), np.nan, values)

    frame = pl.DataFrame(
        {
            "trade_id": [str(each) for each in range(count)],
            "symbol": rng.choice(["EURUSD", "USDJPY", "XAUUSD"], count),
            "strategy": [None if each == "-" else each for each in rng.choice(["a", "b", "-"], count)],
            "side": rng.choice([1, -1], count),
            "lots": lots,
            "entry_time": [start + timedelta(hours=int(c - h)) for c, h in zip(closed, held, strict=True)],
            "exit_time": [start + timedelta(hours=int(c)) for c in closed],
            "entry_price": np.full(count, 1.1),
            "exit_price": np.full(count, 1.2),
            "sl_pips": now_and_then(np.round(rng.uniform(0, 30, count)), 0.3),
            "tp_pips": now_and_then(np.round(rng.uniform(1, 30, count)), 0.3),
            "pips": np.round(profit / lots, 1),
            "pip_value": now_and_then(np.full(count, 10.0), 0.1),
            "contract": np.full(count, 100_000.0),
            "profit": profit,
            "commission": np.round(-7 * lots * rng.choice([0, 1]), 2),
            "swap": np.zeros(count),
            "nights": np.floor(np.maximum(held, 0) / 24),
            "mfe": now_and_then(np.maximum(profit, 0) + 10, 0.1),
            "mae": now_and_then(np.minimum(profit, 0) - 10, 0.1),
            "slippage_entry": now_and_then(np.round(rng.normal(0, 1, count), 1), 0.2),
            "slippage_exit": np.round(rng.normal(0, 1, count), 1),
            "latency_ms": np.round(rng.exponential(60, count), 1),
            "spread_pips": now_and_then(np.round(rng.uniform(0.1, 1, count), 1), 0.2),
            "reason": rng.choice(["sl", "tp", "manual", "stop_out"], count),
        },
        schema_overrides={
            **dict.fromkeys(("trade_id", "symbol", "strategy", "reason"), pl.String),
            **dict.fromkeys(("entry_time", "exit_time"), pl.Datetime("us")),
        },
    )  # fmt: skip
    return frame.with_columns(pl.selectors.float().fill_nan(None))


def _executions(rng: np.random.Generator, count: int) -> pl.DataFrame:
    n = count * 4
    return pl.DataFrame(
        {
            "account": pl.Series(rng.integers(0, count, n), dtype=pl.Int32),
            "order_id": [str(each) for each in range(n)],
            "requested_volume": np.round(rng.uniform(0.1, 3, n), 2),
            "status": rng.choice(["filled", "partial", "rejected"], n),
            "slippage_pips": np.round(rng.normal(0, 1, n), 2),
            "latency_ms": np.round(rng.exponential(60, n), 1),
            "filled_volume": np.round(rng.uniform(0, 0.1, n), 2),
        }
    )


def _emotions(rng: np.random.Generator, traded: pl.DataFrame) -> pl.DataFrame:
    logged = traded.filter(pl.Series(rng.random(traded.height) < 0.3)).select("account", "trade_id")
    n = logged.height
    return logged.with_columns(
        pl.col("account").cast(pl.Int32),
        emotion=pl.Series(rng.choice(["calm", "fear", "revenge"], n), dtype=pl.String),
        intensity=pl.Series(rng.integers(1, 6, n)),
        followed_plan=pl.Series(rng.random(n) < 0.5),
        confidence=pl.Series(rng.integers(1, 11, n)),
    )


def _breaches(rng: np.random.Generator, count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account": pl.Series(rng.integers(0, count, count), dtype=pl.Int32),
            "date": [FIRST + timedelta(int(each)) for each in rng.integers(0, 30, count)],
            "rule": rng.choice(["daily_loss", "news"], count),
            "severity": rng.choice(["soft", "hard"], count),
        }
    )
