"""How far an account is from its prop firm's limits and target.

One set of rules, its numbers data: a daily loss limit counted from the greater of balance and
equity at the day's opening, floating loss included; a loss limit, from the initial balance or from
the highest at the close, which locks at the initial balance; a profit target. What is measured by
a rule that is not stated is null.

A deposit is no profit, and floors rise with it; a withdrawal is no loss, and floors stay where they
are. Within a day it counts at the end for them: what was marked before it broke no floor that it
did not reach. A day without marks has at least lost what its opening and its close tell.
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
_INITIAL, _USED = pl.col("_initial"), pl.col("used")
_DAILY_LIMIT = pl.col("_daily_limit") * _INITIAL
_MAX_LIMIT = pl.col("_max_limit") * _INITIAL
# A weekend day without a row is one on which nothing happened.
_IDLE = (pl.col("_as_of").dt.weekday() > 5) & (pl.col("_days") > 0) & (pl.col("_rows_today") == 0)
_TODAY = pl.when(_IDLE & _DAILY_LIMIT.is_not_null()).then(0.0).otherwise("_used_today")
_REMAINING = pl.col("_equity_end") - pl.col("_bottom")
_TARGET = pl.col("_target") * _INITIAL
_EARNED = pl.col("_balance_end") - _INITIAL - pl.col("_net_flow")
_MISSING = (_TARGET - _EARNED).clip(lower_bound=0.0)
_VARIANCE = pl.when(pl.col("_varies")).then(pl.col("_std") ** 2)
_K = 2 * ratio(pl.col("_mean"), _VARIANCE)
_UP, _DOWN = pl.col("_target"), pl.col("_max_limit")
# Both forms are one formula; each keeps its exponents below 0.
_RISING = ratio(expm1(-_K * _DOWN), expm1(-_K * (_UP + _DOWN)))
_FALLING = (_K * _UP).exp() * ratio(expm1(_K * _DOWN), expm1(_K * (_UP + _DOWN)))


def _count(name: str, days: pl.Expr) -> Part:
    return Part(name, Stage.EQUITY, days.sum().cast(pl.Float64), 0.0)


def _counted(name: str, unknown: str, limit: pl.Expr) -> pl.Expr:
    """Return a count of days, if there is such a rule and each day is known."""
    known = limit.is_not_null() & (pl.col(unknown) == 0)
    return pl.when(known).then(pl.col(name)).cast(pl.Int64)


_UNDER = pl.col("lowest") <= pl.col("floor")
PARTS = (
    Part("_used_today", Stage.EQUITY, _USED.filter(pl.col("date") == pl.col("_as_of")).last()),
    _count("_rows_today", pl.col("date") == pl.col("_as_of")),
    _count("_near_days", (_USED >= 0.8) & (_USED < 1)),
    _count("_breach_days", _USED >= 1),
    _count("_days_of_unknown_loss", _USED.is_null()),
    _count("_days_under_floor", _UNDER),
    _count("_days_of_unknown_floor", _UNDER.is_null()),
    Part("_bottom", Stage.EQUITY, pl.col("bottom").last()),
    Part("_net_flow", Stage.EQUITY, pl.col("net_flow").last()),
    Part("_recent_earned", Stage.EQUITY, pl.col("earned").filter(pl.col("back") < 30).mean()),
)

KPIS = (
    _derived(
        "daily_loss_used_today",
        "Daily loss limit used today",
        "ratio of limit",
        _TODAY,
        "max(0, max(balance_open,equity_open)-equity_low)/(daily_limit*initial) of the day as_of; "
        "equity_low without marks: min(equity_open, equity)",
        "no daily_limit, n=0, no row for as_of, or one of the values unknown -> null; "
        "no row for a weekend day -> 0",
    ),
    _equity(
        "daily_loss_used_max",
        "Most of the daily loss limit used",
        "ratio of limit",
        _USED.max(),
        "max over days of daily_loss_used",
        "no daily_limit, n=0 or no day known -> null",
    ),
    _derived(
        "daily_loss_remaining",
        "Daily loss remaining",
        "currency",
        (_DAILY_LIMIT * (1 - _TODAY)).clip(lower_bound=0.0),
        "max(0, daily_limit*initial*(1-daily_loss_used_today))",
        "as daily_loss_used_today",
    ),
    _derived(
        "daily_loss_near_miss_days",
        "Days near the daily loss limit",
        "count",
        _counted("_near_days", "_days_of_unknown_loss", _DAILY_LIMIT),
        "count of days with daily_loss_used in [0.8,1)",
        "no daily_limit, or a day unknown -> null; n=0 -> 0",
    ),
    _derived(
        "daily_loss_breach_days",
        "Days beyond the daily loss limit",
        "count",
        _counted("_breach_days", "_days_of_unknown_loss", _DAILY_LIMIT),
        "count of days with daily_loss_used>=1",
        "no daily_limit, or a day unknown -> null; n=0 -> 0",
    ),
    _equity(
        "max_loss_used",
        "Loss limit used",
        "ratio of limit",
        pl.col("max_used").max(),
        "max over days of max(0, floor+max_limit*initial-low)/(max_limit*initial); floor: "
        "trailing_floor where the limit trails, else initial-max_limit*initial+max(0, net deposits "
        "since the first day); low: equity_low, a day's withdrawals not yet taken out",
        "no max_limit, n=0 or no day known -> null",
        needs=("daily.equity_low", "daily.equity_open", "daily.flow", "daily.balance"),
    ),
    _closing(
        "max_loss_remaining",
        "Loss remaining",
        "currency",
        _REMAINING,
        "equity_n-floor, the floor as of max_loss_used",
        "no max_limit, or n=0 -> null",
    ),
    _equity(
        "trailing_floor",
        "Floor of the trailing loss limit",
        "currency",
        pl.col("floor").last(),
        "min(initial, max(initial, balances at the close before today)-max_limit*initial)"
        "+max(0, net deposits since the first day), which balances are taken without",
        "no max_limit, or n=0 -> null",
        needs=("daily.balance",),
    ),
    _derived(
        "trailing_loss_remaining",
        "Trailing loss remaining",
        "currency",
        pl.col("_equity_end") - pl.col("trailing_floor"),
        "equity_n-trailing_floor",
        "no max_limit, or n=0 -> null",
        needs=("daily.equity", "daily.balance"),
    ),
    _derived(
        "trailing_breach_days",
        "Days at or under the trailing floor",
        "count",
        _counted("_days_under_floor", "_days_of_unknown_floor", _MAX_LIMIT),
        "count of days with low<=trailing_floor of that day, low as of max_loss_used",
        "no max_limit, or a day unknown -> null; n=0 -> 0",
        needs=("daily.equity_low", "daily.equity_open", "daily.flow", "daily.balance"),
    ),
    _balance(
        "profit_target_progress",
        "Profit target reached",
        "ratio",
        _EARNED / _TARGET,
        "(balance_n-initial-net deposits since the first day)/(target*initial)",
        "no target, or n=0 -> null",
    ),
    _balance(
        "profit_target_remaining",
        "Profit target remaining",
        "currency",
        _MISSING,
        "max(0, target*initial-(balance_n-initial-net deposits since the first day))",
        "no target, or n=0 -> null",
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
        "no target, or n=0 -> null; target reached -> 0; mean<=0 -> null",
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
        "no target, no max_limit, n<2 or no variance -> null; k=0 -> b/(a+b)",
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
        "no max_limit, n<2, equity_n=0 or std=0 -> null",
        needs=("daily.equity", "daily.r"),
        least=Least(days=20),
    ),
)
