"""How long and how large the account stood in the market."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import complete, count, solvent, zero_without_trades

_KPI = partial(
    Kpi,
    group="exposure",
    input=Input.TRADES,
    needs=(
        "trades.symbol",
        "trades.lots",
        "trades.contract",
        "trades.entry_price",
        "trades.pip_value",
    ),
)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)
_TRADES = partial(_KPI, stage=Stage.TRADES)
_ENTRIES = partial(_KPI, stage=Stage.ENTRIES)

_LARGE = Least(trades=30)
_TIMES = ("trades.entry_time", "trades.exit_time")
_SPAN = pl.when(pl.col("_span") > 0).then(pl.col("_span"))
_NOTIONAL = pl.col("notional")
_LEVERAGE = _NOTIONAL / pl.col("before")

PARTS: tuple[Part, ...] = (
    Part("_covered", Stage.ENTRIES, pl.col("covered").sum()),
    Part("_notional", Stage.TRADES, complete(_NOTIONAL.sum(), "notional")),
    Part("_mean_equity", Stage.EQUITY, pl.col("equity").mean()),
)

KPIS: tuple[Kpi, ...] = (
    _DERIVED(
        "time_in_market_ratio",
        "Share of time with an open trade",
        "ratio",
        pl.col("_covered") / _SPAN,
        formula="union length of [entry,exit) intervals / (last exit - first entry)",
        edges="span 0 -> null",
        needs=_TIMES,
        least=_LARGE,
    ),
    _ENTRIES(
        "max_concurrent_positions",
        "Most trades open at once",
        "count",
        count(pl.col("open").max()),
        formula="max overlap of [entry,exit); exits before entries at the same second",
        edges="0",
        empty=0,
        needs=_TIMES,
    ),
    _DERIVED(
        "avg_concurrent_positions",
        "Average trades open",
        "count",
        pl.col("_held") / _SPAN,
        formula="sum(duration)/(last exit - first entry)",
        edges="span 0 -> null",
        needs=_TIMES,
        least=_LARGE,
    ),
    _TRADES(
        "avg_leverage_per_trade",
        "Average leverage of a trade",
        "x",
        solvent(_LEVERAGE.mean()),
        formula="mean(notional_i/B_i)",
        edges="0 trades -> null; a balance of zero or below before a trade -> null",
        needs=(
            "trades.symbol",
            "trades.lots",
            "trades.contract",
            "trades.entry_price",
            "trades.pip_value",
            "trades.profit",
            "trades.commission",
            "trades.swap",
        ),
        least=_LARGE,
    ),
    _TRADES(
        "max_leverage_per_trade",
        "Largest leverage of a trade",
        "x",
        solvent(_LEVERAGE.max()),
        formula="max(notional_i/B_i)",
        edges="0 trades -> null; a balance of zero or below before a trade -> null",
        needs=(
            "trades.symbol",
            "trades.lots",
            "trades.contract",
            "trades.entry_price",
            "trades.pip_value",
            "trades.profit",
            "trades.commission",
            "trades.swap",
        ),
    ),
    _DERIVED(
        "turnover_notional",
        "Turnover",
        "currency",
        2 * zero_without_trades("_notional"),
        formula="2*sum(notional) (open+close)",
        edges="0; a trade without a notional -> null",
    ),
    _DERIVED(
        "turnover_to_equity",
        "Turnover over mean equity",
        "x",
        ratio(pl.col("turnover_notional"), pl.col("_mean_equity")),
        formula="2*sum(notional)/mean(daily equity)",
        edges="zero denominator -> null (never inf)",
        needs=(
            "trades.symbol",
            "trades.lots",
            "trades.contract",
            "trades.entry_price",
            "trades.pip_value",
            "daily.equity",
        ),
    ),
    _TRADES(
        "long_notional_share",
        "Share of long notional",
        "ratio",
        ratio(pl.when(pl.col("side") > 0).then(_NOTIONAL).sum(), _NOTIONAL.sum()),
        formula="sum(notional | long)/sum(notional)",
        edges="zero denominator -> null (never inf)",
        needs=(
            "trades.symbol",
            "trades.lots",
            "trades.contract",
            "trades.entry_price",
            "trades.pip_value",
            "trades.side",
        ),
        least=_LARGE,
    ),
    _TRADES(
        "net_directional_bias",
        "Net direction of lots",
        "ratio -1..1",
        ratio((pl.col("side") * pl.col("lots")).sum(), pl.col("lots").sum()),
        formula="sum(side*lots)/sum(lots)",
        edges="zero denominator -> null (never inf)",
        needs=("trades.side", "trades.lots"),
        least=_LARGE,
    ),
)
