"""Made-up accounts of one size each: what the benchmark of KPIs computes from."""

from __future__ import annotations

import numpy as np
import polars as pl

SEED = 20240117
_SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "XAUUSD")
_STRATEGIES = ("breakout", "mean_reversion", "news")
_REASONS = ("sl", "tp", "manual", "ea", "stop_out")
_START = np.datetime64("2022-01-03")
_INITIAL = 100_000.0


def tables(
    accounts: int, days: int, trades: int, responses: int, notes: int, breaches: int
) -> dict[str, pl.DataFrame]:
    """Return the five tables of that many accounts, each with that many rows of a kind."""
    random = np.random.default_rng(SEED)
    return {
        "daily": _daily(random, accounts, days),
        "trades": _trades(random, accounts, trades, days),
        "executions": _executions(random, accounts, responses),
        "emotions": _emotions(random, accounts, notes, trades),
        "breaches": _breaches(random, accounts, breaches, days),
    }


def _owner(accounts: int, rows: int) -> np.ndarray:
    return np.repeat(np.arange(accounts, dtype=np.uint32), rows)


def _daily(random: np.random.Generator, accounts: int, days: int) -> pl.DataFrame:
    shape = (accounts, days)
    r = np.clip(random.standard_t(4, shape) * 0.006, -0.5, 0.5)
    r[random.random(shape) < 0.08] = 0.0
    equity = _INITIAL * np.cumprod(1 + r, axis=1)
    opening = np.column_stack([np.full(accounts, _INITIAL), equity[:, :-1]])
    swing = np.abs(random.normal(0, 0.002, shape))
    calendar = np.busday_offset(_START, np.arange(days))
    return pl.DataFrame(
        {
            "account": _owner(accounts, days),
            "date": np.tile(calendar, accounts),
            "r": r.ravel(),
            "bench": (0.3 * r + random.normal(0, 0.006, shape)).ravel(),
            "flow": np.zeros(accounts * days),
            "equity_open": opening.ravel(),
            "equity": equity.ravel(),
            "equity_low": (np.minimum(opening, equity) * (1 - swing)).ravel(),
            "equity_high": (np.maximum(opening, equity) * (1 + swing)).ravel(),
            "balance": (equity * 1.0005).ravel(),
            "balance_open": (opening * 1.0005).ravel(),
            "margin_used": (equity * random.random(shape) * 0.2).ravel(),
        }
    )


def _trades(random: np.random.Generator, accounts: int, trades: int, days: int) -> pl.DataFrame:
    n = accounts * trades
    span = int(days / 5 * 7 * 86_400)
    exits = np.sort(random.integers(86_400, span, (accounts, trades)), axis=1).ravel()
    held = random.integers(60, 86_400, n)
    lots = np.round(random.uniform(0.1, 3, n), 2)
    pips = np.round(random.normal(0.6, 25, n), 1)
    profit = np.round(pips * 10 * lots, 2)
    stop = np.round(random.uniform(8, 60, n), 1)
    start = _START.astype("datetime64[us]")
    return pl.DataFrame(
        {
            "account": _owner(accounts, trades),
            "trade_id": np.tile(np.arange(trades), accounts).astype(str),
            "symbol": np.array(_SYMBOLS)[random.integers(0, len(_SYMBOLS), n)],
            "strategy": np.array(_STRATEGIES)[random.integers(0, len(_STRATEGIES), n)],
            "side": random.choice([1, -1], n),
            "lots": lots,
            "entry_time": start + (exits - held).astype("timedelta64[s]"),
            "exit_time": start + exits.astype("timedelta64[s]"),
            "entry_price": np.full(n, 1.1),
            "exit_price": 1.1 + pips / 10_000,
            "sl_pips": np.where(random.random(n) < 0.07, np.nan, stop),
            "tp_pips": np.where(random.random(n) < 0.3, np.nan, stop * 2),
            "pips": pips,
            "pip_value": np.full(n, 10.0),
            "contract": np.full(n, 100_000.0),
            "profit": profit,
            "commission": np.round(-7 * lots, 2),
            "swap": np.round(random.normal(-0.2, 1, n), 2),
            "nights": (held > 43_200).astype(float),
            "mfe": np.maximum(profit, 0) + np.round(random.exponential(60, n), 2),
            "mae": np.minimum(profit, 0) - np.round(random.exponential(60, n), 2),
            "slippage_entry": np.round(random.normal(0.1, 0.4, n), 2),
            "slippage_exit": np.round(random.normal(0.1, 0.4, n), 2),
            "latency_ms": np.round(random.exponential(60, n), 1),
            "spread_pips": np.round(random.uniform(0.1, 1.5, n), 2),
            "reason": np.array(_REASONS)[random.integers(0, len(_REASONS), n)],
        }
    ).with_columns(pl.col("sl_pips", "tp_pips").fill_nan(None))


def _executions(random: np.random.Generator, accounts: int, rows: int) -> pl.DataFrame:
    n = accounts * rows
    statuses = np.array(["filled", "partial", "rejected", "requote", "canceled"])
    asked = np.round(random.uniform(0.1, 3, n), 2)
    status = statuses[random.choice(5, n, p=[0.9, 0.03, 0.03, 0.02, 0.02])]
    share = np.select([status == "filled", status == "partial"], [1.0, 0.5], 0.0)
    return pl.DataFrame(
        {
            "account": _owner(accounts, rows),
            "order_id": np.tile(np.arange(rows), accounts).astype(str),
            "requested_volume": asked,
            "status": status,
            "slippage_pips": np.round(random.normal(0.1, 0.5, n), 2),
            "latency_ms": np.round(random.exponential(60, n), 1),
            "filled_volume": asked * share,
        }
    )


def _emotions(random: np.random.Generator, accounts: int, rows: int, trades: int) -> pl.DataFrame:
    n = accounts * rows
    names = np.array(["calm", "confident", "fear", "greed", "fomo", "revenge", "neutral"])
    return pl.DataFrame(
        {
            "account": _owner(accounts, rows),
            "trade_id": random.integers(0, trades, n).astype(str),
            "emotion": names[random.integers(0, len(names), n)],
            "intensity": random.integers(1, 6, n),
            "followed_plan": random.random(n) < 0.8,
            "confidence": random.integers(1, 11, n),
        }
    )


def _breaches(random: np.random.Generator, accounts: int, rows: int, days: int) -> pl.DataFrame:
    n = accounts * rows
    rules = np.array(["daily_loss", "max_loss", "news", "weekend"])
    return pl.DataFrame(
        {
            "account": _owner(accounts, rows),
            "date": np.busday_offset(_START, random.integers(0, days, n)),
            "rule": rules[random.integers(0, len(rules), n)],
            "severity": np.array(["soft", "hard"])[random.integers(0, 2, n)],
        }
    )
