"""What closed trades brought: counts, rates, sums and expectancy after costs."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST
from rules.kpi.trade_expressions import count

_KPI = partial(
    Kpi,
    group="trade",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)
_Z = 1.959963984540054  # two-sided 95 % of the normal distribution


def _wilson_lower(wins: pl.Expr, n: pl.Expr) -> pl.Expr:
    """Return the lower end of Wilson's score interval (Wilson 1927).

    That is (middle-half)/(1+z^2/n), which is p^2/(middle+half): exactly 0 without a win.
    """
    p, z2 = wins / n, _Z**2
    middle = p + z2 / (2 * n)
    half = _Z * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt()
    return pl.when(n > 0).then(p * p / (middle + half))


_WINS, _LOSSES, _N = pl.col("win_count"), pl.col("loss_count"), pl.col("trade_count")
_BOTH = (_WINS > 0) & (_LOSSES > 0)

PARTS: tuple[Part, ...] = ()

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "trade_count",
        "Trades",
        "count",
        count(pl.len()),
        formula="N = closed trades",
        edges="0",
        needs=("trades.exit_time",),
        empty=0,
    ),
    _TRADES(
        "win_count",
        "Winning trades",
        "count",
        count(pl.col("win").count()),
        formula="count(p_i>0), p=profit+commission+swap rounded to cents",
        edges="0",
        empty=0,
    ),
    _TRADES(
        "loss_count",
        "Losing trades",
        "count",
        count(pl.col("loss").count()),
        formula="count(p_i<0)",
        edges="0",
        empty=0,
    ),
    _TRADES(
        "breakeven_count",
        "Break-even trades",
        "count",
        count((pl.col("p") == 0).sum()),
        formula="count(p_i==0)",
        edges="0",
        empty=0,
    ),
    _DERIVED(
        "win_rate",
        "Win rate",
        "ratio",
        ratio(_WINS, _N),
        formula="count(p>0)/N (break-even trades in denominator)",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "loss_rate",
        "Loss rate",
        "ratio",
        ratio(_LOSSES, _N),
        formula="count(p<0)/N",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "win_rate_excl_breakeven",
        "Win rate without break-even trades",
        "ratio",
        ratio(_WINS, _WINS + _LOSSES),
        formula="count(p>0)/count(p!=0)",
        edges="zero denominator -> null (never inf)",
        least=_LARGE,
    ),
    _DERIVED(
        "win_rate_wilson_lower",
        "Win rate, lower end of the 95 % interval",
        "ratio",
        _wilson_lower(_WINS, _N),
        formula="lower bound of the 95% Wilson interval of wins/N",
        edges="0 trades -> null",
    ),
    _DERIVED(
        "breakeven_win_rate",
        "Win rate needed to break even",
        "ratio",
        pl.when(_BOTH).then(-pl.col("avg_loss") / (pl.col("avg_win") - pl.col("avg_loss"))),
        formula="|avg_loss|/(avg_win+|avg_loss|): win rate at which expectancy is 0",
        edges="no wins or no losses -> null",
        least=_LARGE,
    ),
    _TRADES(
        "gross_profit",
        "Gross profit",
        "currency",
        pl.col("win").sum().round(FINEST),
        formula="sum(p | p>0)",
        edges="0",
        empty=0.0,
    ),
    _TRADES(
        "gross_loss",
        "Gross loss",
        "currency (<=0)",
        pl.col("loss").sum().round(FINEST),
        formula="sum(p | p<0)",
        edges="0",
        empty=0.0,
    ),
    _TRADES(
        "net_profit",
        "Net profit",
        "currency",
        pl.col("p").sum().round(FINEST),
        formula="sum(p)",
        edges="0",
        empty=0.0,
    ),
    _DERIVED(
        "net_return_on_initial",
        "Net profit over initial balance",
        "ratio",
        ratio(pl.col("net_profit"), pl.col("_initial")),
        formula="sum(p)/initial balance",
        edges="0",
    ),
)
