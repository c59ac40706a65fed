"""What an account earned by the week, month and year, and lately."""

from collections.abc import Callable
from functools import partial

import polars as pl

from rules.kpi.expressions import finite, ratio
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Part, Stage, Window

_kpi = partial(Kpi, group="returns", input=Input.DAILY_RETURNS, needs=("daily.date", "daily.r"))
_weekly = partial(
    _kpi,
    stage=Stage.WEEKS,
    windows=(Window.ALL, Window.YEAR, Window.QUARTER, Window.DAYS_90),
)
_monthly = partial(_kpi, stage=Stage.MONTHS, windows=(Window.ALL, Window.YEAR))
_yearly = partial(_kpi, stage=Stage.YEARS, windows=ONLY_ALL)
_derived = partial(_kpi, stage=Stage.DERIVED, windows=(Window.ALL, Window.YEAR))
_RET, _AGE, _GROWTH = pl.col("ret"), pl.col("age"), pl.col("growth")


def _grown(recent: pl.Expr) -> pl.Expr:
    return pl.when(recent).then(_GROWTH).product() - 1


def _to_date(period: str, title: str) -> Kpi:
    return _kpi(
        f"{period[0]}td_return",
        title,
        "ratio",
        pl.when(pl.col("_n") > 0).then(pl.col(f"_{period}_to_date")),
        f"prod(1+r_t)-1 over t in the calendar {period} of as_of",
        f"n=0 -> null; no day in the {period} -> 0",
        stage=Stage.DERIVED,
        windows=ONLY_ALL,
    )


def _trailing(days: int) -> Kpi:
    return _kpi(
        f"return_{days}d",
        f"Return of the last {days} days",
        "ratio",
        _grown(days > _AGE),
        f"prod(1+r_t)-1 over as_of-{days}d < date <= as_of, calendar days",
        "no day in the window -> 0; account younger than the window -> since its beginning",
        stage=Stage.RECENT,
        empty=0.0,
        windows=ONLY_ALL,
    )


def _extreme(kpi: Callable[..., Kpi], period: str, weeks: str = "calendar ") -> tuple[Kpi, Kpi]:
    of = f"over {weeks}{period}s of prod(1+r_t)-1"
    return (
        kpi(f"best_{period}", f"Best {period}", "ratio", _RET.max(), f"max {of}", "n=0 -> null"),
        kpi(f"worst_{period}", f"Worst {period}", "ratio", _RET.min(), f"min {of}", "n=0 -> null"),
    )


def _expected(period: str, unit: str, **fields: object) -> Kpi:
    return _derived(
        f"expected_{period}ly_return",
        f"Expected {period}ly return",
        unit,
        finite(pl.col("_growth") ** (1 / pl.col(f"_{period}s")) - 1),
        f"geometric mean of the compounded returns of calendar {period}s, incomplete ones too",
        "n=0 -> null; any r_t<=-1 -> -1",
        **fields,
    )


PARTS = (
    Part("_months", Stage.MONTHS, pl.len().cast(pl.Float64)),
    Part("_years", Stage.YEARS, pl.len().cast(pl.Float64)),
    *(
        Part(f"_{period}_to_date", Stage.RECENT, _grown(pl.col(period) >= _AGE), empty=0.0)
        for period in ("month", "quarter", "year")
    ),
)

KPIS = (
    _expected("month", "ratio/month"),
    _expected("year", "ratio/yr", windows=ONLY_ALL),
    *_extreme(_weekly, "week", "ISO "),
    *_extreme(_monthly, "month"),
    *_extreme(_yearly, "year"),
    _to_date("month", "Return of the month to date"),
    _to_date("quarter", "Return of the quarter to date"),
    _to_date("year", "Return of the year to date"),
    *(_trailing(days) for days in (7, 30, 90, 365)),
    _weekly(
        "positive_weeks_ratio",
        "Share of weeks that gained",
        "ratio",
        ratio((_RET > 0).sum(), (_RET != 0).sum()),
        "count(ISO week's return>0)/count(ISO week's return!=0)",
        "no week with a return -> null",
    ),
    _monthly(
        "positive_months_ratio",
        "Share of months that gained",
        "ratio",
        ratio((_RET > 0).sum(), (_RET != 0).sum()),
        "count(month's return>0)/count(month's return!=0)",
        "no month with a return -> null",
    ),
    _monthly(
        "avg_up_month",
        "Average up month",
        "ratio",
        _RET.filter(_RET > 0).mean(),
        "mean(month's return | >0)",
        "none -> null",
    ),
    _monthly(
        "avg_down_month",
        "Average down month",
        "ratio",
        _RET.filter(_RET < 0).mean(),
        "mean(month's return | <0)",
        "none -> null",
    ),
)
