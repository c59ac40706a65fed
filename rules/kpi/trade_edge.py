"""Whether closed trades pay: profit factors, payoff and expectancy after costs."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST

_KPI = partial(
    Kpi,
    group="trade",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)
_TRADES = partial(_KPI, stage=Stage.TRADES)

_LARGE = Least(trades=30)
_WON, _LOST = pl.col("gross_profit"), -pl.col("gross_loss")
_WINS, _N = pl.col("win_count"), pl.col("trade_count")
_PROFIT = pl.col("profit")
_NOT_LOST = pl.when(pl.col("p") >= 0).then(pl.col("p"))


def _mean_over_count(value: pl.Expr) -> pl.Expr:
    return ratio(value.mean(), value.count())


PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _DERIVED(
        "profit_factor",
        "Profit factor",
        "number",
        ratio(_WON, _LOST),
        formula="sum(p | p>0)/|sum(p | p<0)|",
        edges="no losses -> null (LEAN 10, quantstats inf, nautilus NaN); no wins -> 0",
        least=_LARGE,
    ),
    _TRADES(
        "profit_factor_before_costs",
        "Profit factor before costs",
        "number",
        ratio(_PROFIT.clip(lower_bound=0).sum(), -_PROFIT.clip(upper_bound=0).sum()),
        formula=(
            "sum(profit | profit>0)/|sum(profit | profit<0)|, profit before commission and swap"
        ),
        edges="zero denominator -> null (never inf)",
        needs=("trades.profit",),
        least=_LARGE,
    ),
    _DERIVED(
        "profit_factor_excl_best",
        "Profit factor without the best trade",
        "number",
        ratio((_WON - pl.col("largest_win").fill_null(0)).round(FINEST), _LOST),
        formula="profit_factor after dropping the single largest winner",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _DERIVED(
        "payoff_ratio",
        "Payoff ratio",
        "number",
        ratio(pl.col("avg_win"), -pl.col("avg_loss")),
        formula="mean(p | p>0)/|mean(p | p<0)|",
        edges="no wins or no losses -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "win_loss_count_ratio",
        "Wins per loss",
        "number",
        ratio(_WINS, pl.col("loss_count")),
        formula="wins/losses",
        edges="losses=0 -> null (LEAN 10)",
        least=_LARGE,
    ),
    _DERIVED(
        "expectancy",
        "Expectancy",
        "currency/trade",
        ratio(pl.col("net_profit"), _N),
        formula="mean(p) = win_rate*avg_win - loss_rate*|avg_loss|",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "expectancy_ratio",
        "Expectancy ratio",
        "number",
        (1 + pl.col("payoff_ratio")) * pl.col("win_rate") - 1,
        formula="(1+payoff_ratio)*win_rate-1",
        edges="no wins or losses -> null (freqtrade 100)",
        least=_LARGE,
    ),
    _DERIVED(
        "expectancy_per_hour",
        "Expectancy per hour in the market",
        "currency/h",
        ratio(pl.col("net_profit"), pl.col("_held") / 3600),
        formula="sum(p)/(sum(duration)/3600)",
        edges="zero denominator -> null (never inf)",
        needs=(
            "trades.profit",
            "trades.commission",
            "trades.swap",
            "trades.entry_time",
            "trades.exit_time",
        ),
        least=_LARGE,
    ),
    _DERIVED(
        "cpc_index",
        "CPC index",
        "number",
        pl.col("profit_factor") * pl.col("win_rate_excl_breakeven") * pl.col("payoff_ratio"),
        formula="profit_factor*win_rate_excl_breakeven*payoff_ratio",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _TRADES(
        "profit_ratio_qs",
        "Profit ratio per trade",
        "number",
        ratio(_mean_over_count(_NOT_LOST), -_mean_over_count(pl.col("loss"))),
        formula="(mean(p|p>=0)/count(p>=0))/|mean(p|p<0)/count(p<0)|",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _DERIVED(
        "profit_per_lot",
        "Profit per lot",
        "currency/lot",
        ratio(pl.col("net_profit"), pl.col("total_lots")),
        formula="sum(p)/sum(lots)",
        edges="zero denominator -> null (never inf)",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.lots"),
        least=_LARGE,
    ),
)
