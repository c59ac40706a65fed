"""How much to bet: Kelly, optimal f, and the risk of ruin."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio, varies
from rules.kpi.kpi import Input, Kernel, Kpi, Least, Part, Stage
from rules.kpi.trade_kernels import optimal_f

_KPI = partial(
    Kpi,
    group="trade",
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)
_W = pl.col("win_rate_excl_breakeven")
# Half of the balance after the last trade.
_HALF = 0.5 * pl.col("_left")


def _ruin_of_fixed_bets() -> pl.Expr:
    edge = 2 * _W - 1
    odds = ((1 - edge) / (1 + edge)).pow(_HALF / -pl.col("avg_loss")).clip(upper_bound=1)
    ruin = pl.when(pl.col("loss_count") == 0).then(0.0).when(edge <= 0).then(1.0).otherwise(odds)
    return pl.when(pl.col("trade_count") > 0).then(ruin)


def _ruin_of_diffusion() -> pl.Expr:
    """Return the chance that a Brownian motion of this drift ever falls by half of the balance."""
    mean, std = pl.col("expectancy"), pl.col("trade_pnl_std")
    ruin = (-2 * mean * _HALF / std**2).exp().clip(upper_bound=1)
    return pl.when(std > 0).then(pl.when(mean <= 0).then(1.0).otherwise(ruin))


PARTS: tuple[Part, ...] = (
    Part("_left", Stage.TRADES, pl.col("settled").last()),
    Part("_optimal_f", Stage.TRADES, Kernel(("p",), optimal_f)),
    Part("_x_variance", Stage.TRADES, pl.when(varies("x")).then(pl.col("x").var())),
)

KPIS: tuple[Kpi, ...] = (
    _DERIVED(
        "kelly_fraction",
        "Kelly fraction",
        "ratio of capital (full loss bet)",
        _W - (1 - _W) / pl.col("payoff_ratio"),
        formula="W-(1-W)/payoff_ratio, W=win_rate_excl_breakeven",
        edges="no wins or losses -> null; may be negative",
        least=_LARGE,
    ),
    _DERIVED(
        "kelly_leverage",
        "Kelly multiple of the current size",
        "multiple of current size",
        ratio(pl.col("ahpr"), pl.col("_x_variance")),
        formula="mean(x)/var(x,ddof=1), x=p_i/B_i (continuous Kelly)",
        edges="N<2 or zero variance -> null; a balance of zero or below before a trade -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "optimal_f",
        "Optimal f",
        "ratio",
        pl.col("_optimal_f"),
        formula="argmax_f sum ln(1+f*p_i/|largest_loss|) on (0,1)",
        edges="no loss -> null; mean(p)<=0 -> 0",
        least=_LARGE,
    ),
    _DERIVED(
        "risk_of_ruin_fixed_bet",
        "Risk of losing half, fixed bets",
        "probability",
        _ruin_of_fixed_bets(),
        formula=(
            "((1-e)/(1+e))^U, e=W-L on win_rate_excl_breakeven, U=0.5*balance/|avg_loss|,"
            " balance after the last trade; capped to 1 when e<=0"
        ),
        edges="no losses -> 0; 0 trades -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "risk_of_ruin_gaussian",
        "Risk of losing half, normal results",
        "probability",
        _ruin_of_diffusion(),
        formula=(
            "min(1, exp(-2*m*Dd/s^2)), m,s per-trade mean/std of p, Dd=50% of balance "
            "after the last trade; m<=0 -> 1"
        ),
        edges="N<2 or s=0 -> null",
        least=_LARGE,
    ),
)
