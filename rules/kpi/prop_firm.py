"""How far an account is from its prop firm's limits and target.

One set of rules, its numbers data: a daily loss limit counted from the greater of balance and
equity at the day's opening, floating loss included; a loss limit from the initial balance; a
trailing one from balances at the close that locks at the initial balance; a profit target.
"""

from functools import partial

import polars as pl

from rules.kpi.expressions import finite, ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage
from rules.kpi.special import expm1

_equity = partial(
    Kpi,
    group="prop_firm",
    input=Input.EQUITY,
    needs=("daily.equity", "daily.equity_low", "daily.equity_open", "daily.balance_open"),
    stage=Stage.EQUITY,
    windows=ONLY_ALL,
)
_derived = partial(_equity, stage=Stage.DERIVED)
_closing = partial(_derived, needs=("daily.equity",))
_balance = partial(_derived, needs=("daily.balance",))
_INITIAL, _LIMIT = pl.col("_initial"), pl.col("_max_limit") * pl.col("_initial")
_USED, _TODAY = pl.col("used"), pl.col("_used_today")
_REMAINING = pl.col("_equity_end") - (_INITIAL - _LIMIT)
_TARGET = pl.col("_target") * _INITIAL
_EARNED = pl.col("_balance_end") - _INITIAL
_MISSING = (_TARGET - _EARNED).clip(lower_bound=0.0)
_VARIANCE = pl.when(pl.col("_varies")).then(pl.col("_std") ** 2)
_K = 2 * ratio(pl.col("_mean"), _VARIANCE)
_UP, _DOWN = pl.col("_target"), pl.col("_max_limit")
# Both forms are one formula; each keeps its exponents below 0.
_RISING = ratio(expm1(-_K * _DOWN), expm1(-_K * (_UP + _DOWN)))
_FALLING = (_K * _UP).exp() * ratio(expm1(_K * _DOWN), expm1(_K * (_UP + _DOWN)))

PARTS = (
    Part("_used_today", Stage.EQUITY, _USED.filter(pl.col("date") == pl.col("_as_of")).last()),
    Part("_low_min", Stage.EQUITY, pl.col("equity_low").min()),
    Part("_recent_earned", Stage.EQUITY, pl.col("earned").filter(pl.col("back") < 30).mean()),
)

KPIS = (
    _derived(
        "daily_loss_used_today",
        "Daily loss limit used today",
        "ratio of limit",
        _TODAY,
        "max(0, max(balance_open,equity_open)-equity_low)/(daily_limit*initial) of the day as_of",
        "n=0, no row for as_of, or one of the values unknown -> null",
    ),
    _equity(
        "daily_loss_used_max",
        "Most of the daily loss limit used",
        "ratio of limit",
        _USED.max(),
        "max over days of daily_loss_used",
        "n=0 or no day known -> null",
    ),
    _derived(
        "daily_loss_remaining",
        "Daily loss remaining",
        "currency",
        (pl.col("_daily_limit") * _INITIAL * (1 - _TODAY)).clip(lower_bound=0.0),
        "max(0, daily_limit*initial*(1-daily_loss_used_today))",
        "as daily_loss_used_today",
    ),
    _equity(
        "daily_loss_near_miss_days",
        "Days near the daily loss limit",
        "count",
        ((_USED >= 0.8) & (_USED < 1)).sum(),
        "count of days with daily_loss_used in [0.8,1)",
        "0",
        empty=0,
    ),
    _equity(
        "daily_loss_breach_days",
        "Days beyond the daily loss limit",
        "count",
        (_USED >= 1).sum(),
        "count of days with daily_loss_used>=1",
        "0",
        empty=0,
    ),
    _derived(
        "max_loss_used",
        "Loss limit used",
        "ratio of limit",
        (_INITIAL - pl.col("_low_min")).clip(lower_bound=0.0) / _LIMIT,
        "max(0, initial-min(equity_low))/(max_limit*initial)",
        "n=0 or no equity_low known -> null",
        needs=("daily.equity_low",),
    ),
    _closing(
        "max_loss_remaining",
        "Loss remaining",
        "currency",
        _REMAINING,
        "equity_n-(initial-max_limit*initial)",
        "n=0 -> null",
    ),
    _equity(
        "trailing_floor",
        "Floor of the trailing loss limit",
        "currency",
        pl.col("floor").last(),
        "min(initial, max(initial, balances at the close before today)-max_limit*initial)",
        "n=0 -> null",
        needs=("daily.balance",),
    ),
    _derived(
        "trailing_loss_remaining",
        "Trailing loss remaining",
        "currency",
        pl.col("_equity_end") - pl.col("trailing_floor"),
        "equity_n-trailing_floor",
        "n=0 -> null",
        needs=("daily.equity", "daily.balance"),
    ),
    _equity(
        "trailing_breach_days",
        "Days at or under the trailing floor",
        "count",
        (pl.col("equity_low") <= pl.col("floor")).sum(),
        "count of days with equity_low<=trailing_floor of that day",
        "0",
        needs=("daily.equity_low", "daily.balance"),
        empty=0,
    ),
    _balance(
        "profit_target_progress",
        "Profit target reached",
        "ratio",
        _EARNED / _TARGET,
        "(balance_n-initial)/(target*initial)",
        "n=0 -> null",
    ),
    _balance(
        "profit_target_remaining",
        "Profit target remaining",
        "currency",
        _MISSING,
        "max(0, target*initial-(balance_n-initial))",
        "n=0 -> null",
    ),
    _balance(
        "days_to_target_estimate",
        "Days to the profit target",
        "trading days",
        pl.when(_MISSING == 0)
        .then(0.0)
        .when(pl.col("_recent_earned") > 0)
        .then(_MISSING / pl.col("_recent_earned")),
        "profit_target_remaining/mean(E_t-E_open_t) of the last 30 observations",
        "n=0 -> null; target reached -> 0; mean<=0 -> null",
        needs=("daily.balance", "daily.equity", "daily.equity_open"),
        least=Least(days=20),
    ),
    _derived(
        "pass_probability_gaussian",
        "Probability of reaching the target first",
        "probability",
        pl.when(_K > 0)
        .then(_RISING)
        .when(_K < 0)
        .then(_FALLING)
        .otherwise(pl.when(_K == 0).then(_DOWN / (_UP + _DOWN))),
        "(1-exp(-k*b))/(1-exp(-k*(a+b))), k=2*mean(r)/var(r, ddof=1), a=target, b=max loss: "
        "Brownian motion between two barriers",
        "n<2 or no variance -> null; k=0 -> b/(a+b)",
        input=Input.DAILY_RETURNS,
        needs=("daily.r",),
        least=Least(days=20),
    ),
    _derived(
        "breach_distance_sigma",
        "Distance to the loss limit",
        "sigma-days",
        finite(ratio(_REMAINING, pl.col("_equity_end") * pl.col("_std"))),
        "max_loss_remaining/(equity_n*std(r, ddof=1))",
        "n<2, equity_n=0 or std=0 -> null",
        needs=("daily.equity", "daily.r"),
        least=Least(days=20),
    ),
)
