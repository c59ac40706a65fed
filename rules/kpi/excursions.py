"""How far trades went for and against the account while they were open."""

from functools import partial

import polars as pl

from rules.kpi.expressions import correlation, quantile, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage

_KPI = partial(
    Kpi,
    group="excursion",
    input=Input.TRADES,
    needs=("trades.mfe", "trades.mae"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)

_LARGE = Least(trades=30)
_MFE, _MAE, _PROFIT = pl.col("mfe"), pl.col("mae"), pl.col("profit")
_RANGE = pl.when(_MFE > _MAE).then(_MFE - _MAE)
_BOTH = _MFE.is_not_null() & _MAE.is_not_null()

PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "avg_mfe",
        "Average favourable excursion",
        "currency",
        _MFE.mean(),
        formula="mean(MFE), MFE>=0 before costs",
        edges="0 trades -> null",
        needs=("trades.mfe",),
        least=_LARGE,
    ),
    _TRADES(
        "avg_mae",
        "Average adverse excursion",
        "currency (<=0)",
        _MAE.mean(),
        formula="mean(MAE), MAE<=0",
        edges="0 trades -> null",
        needs=("trades.mae",),
        least=_LARGE,
    ),
    _TRADES(
        "largest_mfe",
        "Largest favourable excursion",
        "currency",
        _MFE.max(),
        formula="max(MFE)",
        edges="0 trades -> null",
        needs=("trades.mfe",),
    ),
    _TRADES(
        "largest_mae",
        "Largest adverse excursion",
        "currency",
        _MAE.min(),
        formula="min(MAE)",
        edges="0 trades -> null",
        needs=("trades.mae",),
    ),
    _TRADES(
        "avg_mfe_r",
        "Average favourable excursion in R",
        "R",
        (_MFE / pl.col("risk")).mean(),
        formula="mean(MFE_i/risk_i), trades with SL",
        edges="none -> null",
        needs=("trades.mfe", "trades.sl_pips", "trades.pip_value", "trades.lots"),
        least=_LARGE,
    ),
    _TRADES(
        "avg_mae_r",
        "Average adverse excursion in R",
        "R",
        (_MAE / pl.col("risk")).mean(),
        formula="mean(MAE_i/risk_i), trades with SL",
        edges="none -> null",
        needs=("trades.mae", "trades.sl_pips", "trades.pip_value", "trades.lots"),
        least=_LARGE,
    ),
    _TRADES(
        "edge_ratio",
        "Favourable over adverse excursion",
        "number",
        ratio(pl.when(_BOTH).then(_MFE).sum(), -pl.when(_BOTH).then(_MAE).sum()),
        formula="sum(MFE)/|sum(MAE)|",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _TRADES(
        "mfe_capture_ratio",
        "Share of the favourable excursion kept",
        "ratio",
        pl.when((pl.col("p") > 0) & (_MFE > 0)).then(_PROFIT / _MFE).mean(),
        formula="mean(profit_i/MFE_i) over winners with MFE>0",
        edges="none -> null",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.mfe"),
        least=_LARGE,
    ),
    _TRADES(
        "total_efficiency",
        "Total efficiency",
        "ratio",
        (_PROFIT / _RANGE).mean(),
        formula="mean(profit/(MFE-MAE)) where MFE>MAE",
        edges="none -> null",
        needs=("trades.profit", "trades.mfe", "trades.mae"),
        least=_LARGE,
    ),
    _TRADES(
        "entry_efficiency",
        "Entry efficiency",
        "ratio",
        (_MFE / _RANGE).mean(),
        formula="mean(MFE/(MFE-MAE))",
        edges="none -> null",
        least=_LARGE,
    ),
    _TRADES(
        "exit_efficiency",
        "Exit efficiency",
        "ratio",
        ((_PROFIT - _MAE) / _RANGE).mean(),
        formula="mean((profit-MAE)/(MFE-MAE))",
        edges="none -> null",
        needs=("trades.profit", "trades.mfe", "trades.mae"),
        least=_LARGE,
    ),
    _TRADES(
        "avg_end_trade_drawdown",
        "Average profit given back",
        "currency (<=0)",
        (_PROFIT - _MFE).mean(),
        formula="mean(profit-MFE): profit given back before exit",
        edges="0 trades -> null",
        needs=("trades.profit", "trades.mfe"),
        least=_LARGE,
    ),
    _TRADES(
        "max_end_trade_drawdown",
        "Most profit given back",
        "currency (<=0)",
        (_PROFIT - _MFE).min(),
        formula="min(profit-MFE)",
        edges="0 trades -> null",
        needs=("trades.profit", "trades.mfe"),
    ),
    _TRADES(
        "winners_mae_p95",
        "Adverse excursion of 95 % of winners",
        "currency (<=0)",
        quantile("mae_won", 0.05),
        formula="Q05(MAE | p>0): heat taken by 95% of winners",
        edges="no wins -> null",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.mae"),
        least=_LARGE,
    ),
    _TRADES(
        "losers_mfe_avg",
        "Favourable excursion of losers",
        "currency",
        pl.when(pl.col("p") < 0).then(_MFE).mean(),
        formula="mean(MFE | p<0): missed profit on losers",
        edges="no losses -> null",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.mfe"),
        least=_LARGE,
    ),
    _TRADES(
        "profit_mfe_correlation",
        "Correlation of profit and favourable excursion",
        "corr",
        correlation("profit", "mfe"),
        formula="corr(profit, MFE)",
        edges="N<2 or constant -> null",
        needs=("trades.profit", "trades.mfe"),
        least=_LARGE,
    ),
    _TRADES(
        "profit_mae_correlation",
        "Correlation of profit and adverse excursion",
        "corr",
        correlation("profit", "mae"),
        formula="corr(profit, MAE)",
        edges="N<2 or constant -> null",
        needs=("trades.profit", "trades.mae"),
        least=_LARGE,
    ),
    _TRADES(
        "mfe_mae_correlation",
        "Correlation of both excursions",
        "corr",
        correlation("mfe", "mae"),
        formula="corr(MFE, MAE)",
        edges="N<2 or constant -> null",
        least=_LARGE,
    ),
)
