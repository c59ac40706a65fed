"""How the results of single trades are spread, and what that says about the edge."""

from functools import partial

import polars as pl

from rules.kpi.expressions import correlation, deviation, ratio, varies
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.special import student_cdf
from rules.kpi.trade_expressions import solvent

_KPI = partial(
    Kpi,
    group="trade",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)


def _per_deviation(mean: str, deviation: str) -> pl.Expr:
    return ratio(pl.col(mean), pl.col(deviation))


PARTS: tuple[Part, ...] = (
    Part("_x_deviation", Stage.TRADES, solvent(deviation("x"))),
    Part("_R_mean", Stage.TRADES, pl.col("R").mean()),
    Part("_R_count", Stage.TRADES, pl.col("R").count(), empty=0),
    Part("_top_5", Stage.TRADES, pl.col("p").top_k(5).clip(lower_bound=0).sum()),
    Part("_win_squares", Stage.TRADES, (pl.col("win") ** 2).sum()),
)

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "avg_win",
        "Average win",
        "currency",
        pl.col("win").mean(),
        formula="mean(p | p>0)",
        edges="no wins -> null",
        least=_LARGE,
    ),
    _TRADES(
        "avg_loss",
        "Average loss",
        "currency (<0)",
        pl.col("loss").mean(),
        formula="mean(p | p<0)",
        edges="no losses -> null",
        least=_LARGE,
    ),
    _TRADES(
        "median_trade_pnl",
        "Median result",
        "currency",
        pl.col("p").median(),
        formula="median(p)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _TRADES(
        "median_win",
        "Median win",
        "currency",
        pl.col("win").drop_nulls().median(),
        formula="median(p | p>0)",
        edges="no wins -> null",
        least=_LARGE,
    ),
    _TRADES(
        "median_loss",
        "Median loss",
        "currency",
        pl.col("loss").drop_nulls().median(),
        formula="median(p | p<0)",
        edges="no losses -> null",
        least=_LARGE,
    ),
    _TRADES(
        "largest_win",
        "Largest win",
        "currency",
        pl.col("win").max(),
        formula="max(p | p>0)",
        edges="no wins -> null",
    ),
    _TRADES(
        "largest_loss",
        "Largest loss",
        "currency",
        pl.col("loss").min(),
        formula="min(p | p<0)",
        edges="no losses -> null",
    ),
    _TRADES(
        "smallest_win",
        "Smallest win",
        "currency",
        pl.col("win").min(),
        formula="min(p | p>0)",
        edges="no wins -> null",
    ),
    _TRADES(
        "smallest_loss",
        "Smallest loss",
        "currency",
        pl.col("loss").max(),
        formula="max(p | p<0)",
        edges="no losses -> null",
    ),
    _TRADES(
        "trade_pnl_std",
        "Standard deviation of results",
        "currency",
        deviation("p"),
        formula="std(p, ddof=1)",
        edges="N<2 -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "trade_sharpe",
        "Sharpe ratio per trade",
        "number",
        _per_deviation("expectancy", "trade_pnl_std"),
        formula="mean(p)/std(p,ddof=1), per trade, not annualised",
        edges="N<2 or zero variance -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "sharpe_mt5_trade",
        "Sharpe ratio per trade on balance",
        "number",
        _per_deviation("ahpr", "_x_deviation"),
        formula="(AHPR)/std(HPR,ddof=1), HPR_i=1+p_i/B_i",
        edges="N<2 or zero variance -> null; a balance of zero or below before a trade -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "sqn",
        "System quality number",
        "number",
        pl.col("trade_count").sqrt() * pl.col("trade_sharpe"),
        formula="sqrt(N)*mean(p)/std(p,ddof=1)",
        edges="N<2 or zero variance -> null (freqtrade -100)",
        least=_LARGE,
    ),
    _DERIVED(
        "sqn_r_100",
        "System quality number on R",
        "number",
        pl.col("_R_count").clip(upper_bound=100).sqrt()
        * _per_deviation("_R_mean", "r_multiple_std"),
        formula="Tharp: sqrt(min(N_R,100))*mean(R)/std(R,ddof=1)",
        edges="N_R<2 or zero variance -> null",
        needs=(
            "trades.profit",
            "trades.commission",
            "trades.swap",
            "trades.sl_pips",
            "trades.pip_value",
            "trades.lots",
        ),
        least=_LARGE,
    ),
    _DERIVED(
        "edge_quality_t_p_value",
        "p-value of a mean result above nothing",
        "probability",
        2 * student_cdf(-pl.col("sqn").abs(), pl.col("trade_count") - 1),
        formula="two-sided p of t=mean(p)/(std(p,ddof=1)/sqrt(N)), df=N-1",
        edges="N<2 or zero variance -> null (freqtrade 1.0)",
    ),
    _TRADES(
        "trade_pnl_skew",
        "Skewness of results",
        "number",
        pl.when((pl.col("p").count() >= 3) & varies("p")).then(pl.col("p").skew(bias=False)),
        formula="unbiased sample skewness G1 of p",
        edges="N<3 or zero variance -> null",
        least=_LARGE,
    ),
    _TRADES(
        "trade_pnl_kurtosis",
        "Excess kurtosis of results",
        "number",
        pl.when((pl.col("p").count() >= 4) & varies("p")).then(pl.col("p").kurtosis(bias=False)),
        formula="unbiased excess kurtosis G2 of p",
        edges="N<4 or zero variance -> null",
        least=_LARGE,
    ),
    _TRADES(
        "trade_autocorrelation",
        "Correlation with the trade before",
        "corr",
        correlation("p", "previous"),
        formula="corr(p_1..p_{N-1}, p_2..p_N)",
        edges="N<3 or constant -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "pnl_top_5_share",
        "Share of the five largest wins",
        "ratio",
        ratio(pl.col("_top_5"), pl.col("gross_profit")),
        formula="sum of 5 largest winners / gross_profit",
        edges="no wins -> null",
    ),
    _DERIVED(
        "largest_win_share",
        "Share of the largest win",
        "ratio",
        ratio(pl.col("largest_win"), pl.col("gross_profit")),
        formula="largest_win/gross_profit",
        edges="no wins -> null",
    ),
    _DERIVED(
        "profit_concentration_hhi",
        "Concentration of profit in few wins",
        "ratio",
        ratio(pl.col("_win_squares"), pl.col("gross_profit") ** 2),
        formula="sum((p_i/gross_profit)^2) over winners",
        edges="no wins -> null",
    ),
)
