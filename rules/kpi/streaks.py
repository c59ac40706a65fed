"""Runs of wins and losses, and whether a result depends on the one before."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage
from rules.kpi.special import normal_cdf
from rules.kpi.trade_expressions import count

_KPI = partial(
    Kpi,
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_RUNS = partial(_KPI, group="streak", stage=Stage.TRADE_RUNS)
_AFTER = partial(_KPI, group="streak", stage=Stage.TRADES)
_EXPECTED = partial(_KPI, group="streak", stage=Stage.DERIVED)
_DEPENDENCE = partial(_KPI, group="trade", stage=Stage.DERIVED)

_LARGE = Least(trades=30)
_WON, _LOST = pl.col("sign") > 0, pl.col("sign") < 0
_AFTER_WIN, _AFTER_LOSS = pl.col("previous") > 0, pl.col("previous") < 0


def _runs_z() -> pl.Expr:
    """Return the Z-score of the runs test as Vince and MetaTrader define it."""
    wins, losses = pl.col("win_count"), pl.col("loss_count")
    n, pairs = wins + losses, 2.0 * wins * losses
    spread = (pairs * (pairs - n) / (n - 1)).sqrt()
    return pl.when(pairs > n).then((n * (pl.col("_runs") - 0.5) - pairs) / spread)


def _expected_losing_streak() -> pl.Expr:
    rate, n = pl.col("loss_rate"), pl.col("trade_count")
    return pl.when((rate > 0) & (rate < 1) & (n >= 2)).then(-n.log() / rate.log())


PARTS: tuple[Part, ...] = (
    Part(
        "_runs",
        Stage.TRADE_RUNS,
        ((pl.col("sign") != 0) & (pl.col("sign") != pl.col("before"))).sum() + 1,
    ),
)

KPIS: tuple[Kpi, ...] = (
    _RUNS(
        "max_consecutive_wins",
        "Longest winning streak",
        "count",
        count(pl.col("length").filter(_WON).max().fill_null(0)),
        formula="longest run of p>0; break-even breaks the run",
        edges="0",
        empty=0,
    ),
    _RUNS(
        "max_consecutive_losses",
        "Longest losing streak",
        "count",
        count(pl.col("length").filter(_LOST).max().fill_null(0)),
        formula="longest run of p<0; break-even breaks the run",
        edges="0",
        empty=0,
    ),
    _RUNS(
        "avg_consecutive_wins",
        "Average winning streak",
        "count",
        pl.col("length").filter(_WON).mean().fill_null(0.0),
        formula="mean length of runs of p>0",
        edges="none -> 0",
        empty=0.0,
        least=_LARGE,
    ),
    _RUNS(
        "avg_consecutive_losses",
        "Average losing streak",
        "count",
        pl.col("length").filter(_LOST).mean().fill_null(0.0),
        formula="mean length of runs of p<0",
        edges="none -> 0",
        empty=0.0,
        least=_LARGE,
    ),
    _RUNS(
        "max_consecutive_profit_currency",
        "Most won in one streak",
        "currency",
        pl.col("total").filter(_WON).max().fill_null(0.0),
        formula="max over win runs of sum(p)",
        edges="none -> 0",
        empty=0.0,
    ),
    _RUNS(
        "max_consecutive_loss_currency",
        "Most lost in one streak",
        "currency (<=0)",
        pl.col("total").filter(_LOST).min().fill_null(0.0),
        formula="min over loss runs of sum(p)",
        edges="none -> 0",
        empty=0.0,
    ),
    _RUNS(
        "current_streak",
        "Current streak",
        "signed count",
        (pl.col("length") * pl.col("sign")).last().cast(pl.Int64),
        formula=(
            "+k / -k: length of the last run of same-sign p; 0 if the last trade is break-even"
        ),
        edges="0 trades -> 0",
        empty=0,
        windows=ONLY_ALL,
    ),
    _AFTER(
        "win_rate_after_win",
        "Win rate after a win",
        "ratio",
        ratio(((pl.col("p") > 0) & _AFTER_WIN).sum(), _AFTER_WIN.sum()),
        formula="P(p_i>0 | p_{i-1}>0)",
        edges="no predecessor -> null",
        least=_LARGE,
    ),
    _AFTER(
        "win_rate_after_loss",
        "Win rate after a loss",
        "ratio",
        ratio(((pl.col("p") > 0) & _AFTER_LOSS).sum(), _AFTER_LOSS.sum()),
        formula="P(p_i>0 | p_{i-1}<0)",
        edges="no predecessor -> null",
        least=_LARGE,
    ),
    _EXPECTED(
        "expected_max_losing_streak",
        "Losing streak to expect",
        "count",
        _expected_losing_streak(),
        formula="ln(N)/-ln(loss_rate)",
        edges="loss_rate in {0,1} or N<2 -> null",
        least=_LARGE,
    ),
    _DEPENDENCE(
        "runs_z_score",
        "Z-score of runs",
        "number",
        _runs_z(),
        formula=(
            "(n(R-0.5)-P)/sqrt(P(P-n)/(n-1)), P=2WL, n=W+L, R=number of runs; break-even dropped"
        ),
        edges="W=0 or L=0 or P<=n -> null",
        least=_LARGE,
    ),
    _DEPENDENCE(
        "runs_z_confidence",
        "Confidence of the Z-score",
        "probability",
        2 * normal_cdf(pl.col("runs_z_score").abs()) - 1,
        formula="2*Phi(|z|)-1",
        edges="z null -> null",
        least=_LARGE,
    ),
)
