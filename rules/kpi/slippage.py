"""At what price trades were filled against the one asked for, and what closed them."""

from functools import partial

import polars as pl

from rules.kpi.expressions import deviation, quantile, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import share, told

_KPI = partial(
    Kpi,
    group="execution",
    input=Input.TRADES,
    needs=("trades.slippage_entry", "trades.slippage_exit"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)

_LARGE = Least(trades=30)
_SLIP = pl.col("slip")
_REASON = ("trades.reason",)


def _reason(name: str) -> pl.Expr:
    return told((pl.col("reason") == name).sum() / pl.len(), "reason")


PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "avg_slippage_pips",
        "Average slippage",
        "pips",
        _SLIP.mean(),
        formula="mean(slippage_entry+slippage_exit), adverse positive",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "median_slippage_pips",
        "Median slippage",
        "pips",
        _SLIP.median(),
        formula="median(entry+exit slippage)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "p95_slippage_pips",
        "Slippage, 95th percentile",
        "pips",
        quantile("slip", 0.95),
        formula="Q95 linear of entry+exit slippage",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "avg_entry_slippage_pips",
        "Average slippage at entry",
        "pips",
        pl.col("slippage_entry").mean(),
        formula="mean(slippage_entry)",
        edges="0 trades -> null",
        needs=("trades.slippage_entry",),
        least=_LARGE,
    ),
    _TRADES(
        "avg_exit_slippage_pips",
        "Average slippage at exit",
        "pips",
        pl.col("slippage_exit").mean(),
        formula="mean(slippage_exit)",
        edges="0 trades -> null",
        needs=("trades.slippage_exit",),
        least=_LARGE,
    ),
    _TRADES(
        "slippage_std_pips",
        "Standard deviation of slippage",
        "pips",
        deviation("slip"),
        formula="std(entry+exit slippage, ddof=1)",
        edges="N<2 -> null",
        least=_LARGE,
    ),
    _TRADES(
        "price_improvement_rate",
        "Trades filled better than asked",
        "ratio",
        share(_SLIP < 0),
        formula="share with entry+exit slippage < 0",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "adverse_slippage_rate",
        "Trades filled worse than asked",
        "ratio",
        share(_SLIP > 0),
        formula="share with entry+exit slippage > 0",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "slippage_asymmetry",
        "Adverse over favourable slippage",
        "ratio",
        ratio(_SLIP.clip(lower_bound=0).sum(), -_SLIP.clip(upper_bound=0).sum()),
        formula="sum(max(s,0))/sum(max(-s,0))",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _TRADES(
        "slippage_on_sl_pips",
        "Slippage of stops",
        "pips",
        pl.when(pl.col("reason") == "sl").then(pl.col("slippage_exit")).mean(),
        formula="mean(slippage_exit | reason=sl)",
        edges="no SL exit -> null",
        needs=("trades.slippage_exit", "trades.reason"),
        least=_LARGE,
    ),
    _TRADES(
        "sl_exit_rate",
        "Trades closed by the stop",
        "ratio",
        _reason("sl"),
        formula="count(reason=sl)/N",
        edges="0 trades, or no trade with a reason -> null",
        needs=_REASON,
        least=_LARGE,
    ),
    _TRADES(
        "tp_exit_rate",
        "Trades closed by the target",
        "ratio",
        _reason("tp"),
        formula="count(reason=tp)/N",
        edges="0 trades, or no trade with a reason -> null",
        needs=_REASON,
        least=_LARGE,
    ),
    _TRADES(
        "manual_exit_rate",
        "Trades closed by hand",
        "ratio",
        _reason("manual"),
        formula="count(reason=manual)/N",
        edges="0 trades, or no trade with a reason -> null",
        needs=_REASON,
        least=_LARGE,
    ),
    _TRADES(
        "stop_out_rate",
        "Trades closed for want of margin",
        "ratio",
        _reason("stop_out"),
        formula="count(reason=stop_out)/N",
        edges="0 trades, or no trade with a reason -> null",
        needs=_REASON,
        least=_LARGE,
    ),
)
