"""The frame of days that have an equity: money, and how far a firm's limits are from it."""

import math
from collections.abc import Mapping

import polars as pl

from rules.kpi.kpi import Stage
from rules.kpi.prepare import Columns, Frames, sliced

SAME = (pl.col("account").shift(1) == pl.col("account")).fill_null(value=False)
# What goes on from the rows before, and how it is told of them.
CARRIED: Mapping[str, pl.Expr] = {name: pl.col(name).last() for name in ("_highest", "net_flow")}


def equity(frames: Frames) -> pl.DataFrame:
    """Return the days that have an equity, by date, with what KPIs of money share.

    earned: equity at the close less that at the opening, after the flow.
    net_flow: deposits less withdrawals since the opening, those of the first day left out.
    used: of the daily loss limit, counted from the greater of balance and equity at the day's
    opening to the lowest equity; null where one of them is unknown.
    floor: of the trailing loss limit, from balances at the close of days before.
    bottom: of the loss limit that the firm has, trailing or not.
    lowest: equity as floors are compared with it.
    max_used: of the loss limit that the firm has.
    level, load: equity and margin as shares of each other, at worst.
    """
    rows = sliced(frames.inputs.daily.filter(pl.col("equity").is_not_null()))
    names = ("_initial", "_daily_limit", "_max_limit", "_trails", "_as_of", "_opened")
    flowed = frames.carried(Stage.EQUITY, "net_flow", rows).cast(pl.Float64)
    # What came on an account's first day is what it began with.
    came = pl.when(SAME | flowed.is_not_null()).then(pl.col("flow").fill_null(0.0)).otherwise(0.0)
    first: Columns = {
        **{name: frames.setting(name, rows) for name in names},
        "back": pl.int_range(pl.len()).reverse().over("account"),
        "_came": came,
        "flow": pl.col("flow").fill_null(0.0),
        "low": _low(),
    }
    # Deposits raise a floor with the equity; a payout leaves it where it is, as firms do.
    balance, raised = pl.col("balance").fill_null(-math.inf), pl.col("_raised")
    begun = frames.carried(Stage.EQUITY, "_highest", rows)
    so_far = pl.col("_came").cum_sum().over("account")
    second: Columns = {"net_flow": so_far + flowed.fill_null(0.0)}
    third: Columns = {"_raised": pl.col("net_flow").clip(lower_bound=0.0)}
    fourth: Columns = {
        "_least": pl.coalesce("equity_low", "equity"),
        "_highest": pl.max_horizontal(begun, (balance - raised).cum_max().over("account")),
    }
    highest = pl.max_horizontal(
        "_initial", pl.when(SAME).then(pl.col("_highest").shift(1)).otherwise(begun)
    )
    measured = _measured(highest)
    return frames.only(Stage.EQUITY, rows, first, second, third, fourth, *measured)


def _measured(highest: pl.Expr) -> tuple[Columns, ...]:
    """Return what is measured on each day, from the highest balance at the close before it."""
    opening, limit = pl.col("equity_open"), pl.col("_max_limit") * pl.col("_initial")
    raised = pl.col("_raised")
    floor = pl.min_horizontal("_initial", highest - limit)
    first: Columns = {
        "start": opening - pl.col("flow"),
        "at": (pl.col("date") - pl.col("_opened")).dt.total_days(),
        "earned": pl.col("equity") - opening,
        "used": _lost_today() / (pl.col("_daily_limit") * pl.col("_initial")),
        "floor": pl.when(limit.is_not_null()).then(floor) + raised,
        # The low is as if flows came at the day's start: what was withdrawn on the day would be
        # missing from what was marked before, and no floor is broken by that.
        "lowest": pl.col("low") - pl.col("flow").clip(upper_bound=0.0),
        "drop": pl.when(opening > 0).then(pl.col("equity_low") / opening - 1),
        "load": pl.when(pl.col("_least") > 0).then(pl.col("margin_used") / pl.col("_least")),
        "level": pl.when(pl.col("margin_used") > 0).then(pl.col("_least") / pl.col("margin_used")),
    }
    fixed = pl.col("_initial") - limit + raised
    second: Columns = {"bottom": pl.when("_trails").then("floor").otherwise(fixed)}
    allowed = pl.col("bottom") + limit - pl.col("lowest")
    return first, second, {"max_used": allowed.clip(lower_bound=0.0) / limit}


def _low() -> pl.Expr:
    """Return the lowest equity of a day: as marked, else it is at most that of its two ends."""
    ends = pl.min_horizontal("equity_open", "equity")
    return pl.coalesce("equity_low", pl.when(pl.col("equity_open").is_not_null()).then(ends))


def _lost_today() -> pl.Expr:
    opening = pl.col("equity_open")
    reference = pl.when(pl.col("balance_open") > opening).then("balance_open").otherwise(opening)
    known = pl.col("balance_open").is_not_null()
    return pl.when(known).then(reference - pl.col("low")).clip(lower_bound=0.0)
