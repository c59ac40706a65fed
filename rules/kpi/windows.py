"""The part of the inputs that a window looks at.

A year, a quarter and a month are those of the calendar, from their first day to `as_of`; days
are counted back from `as_of`, which is one of them. What the window begins with is what was
there before it: the opening snapshot is the last day before, the initial balance is that of the
first day in it, after its deposits, or where days do not say, the account's own with what earlier
trades earned; what a firm counts its days against stays as it was. No window but `all` has
responses of executions; logs of emotions go with their trades.
"""

from dataclasses import replace

import polars as pl

from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Window
from rules.kpi.prepare import frames, local_date, net_result, up_to_as_of
from rules.kpi.settings import Settings

_AS_OF = pl.col("as_of")
_FIRST_DAY = {
    Window.YEAR: _AS_OF.dt.truncate("1y"),
    Window.QUARTER: _AS_OF.dt.truncate("1q"),
    Window.MONTH: _AS_OF.dt.truncate("1mo"),
    Window.DAYS_90: _AS_OF.dt.offset_by("-89d"),
    Window.DAYS_30: _AS_OF.dt.offset_by("-29d"),
    Window.DAYS_7: _AS_OF.dt.offset_by("-6d"),
}


def within(inputs: Inputs, window: Window, settings: Settings) -> Inputs:
    """Return the inputs of a window that ends at each account's `as_of`."""
    if window == Window.ALL:
        return up_to_as_of(inputs, settings)
    given = frames(inputs, settings, {}).accounts
    bounds = given.select(
        account="key",
        as_of="_as_of",
        opened="_opened",
        initial="_initial",
        funded="_funded",
        currency="_currency",
    ).with_columns(_FIRST_DAY[window].alias("first"))
    daily = _flagged(inputs.daily, bounds, pl.col("date"))
    trades = _flagged(inputs.trades, bounds, local_date("exit_time", settings.zone))
    breaches = _flagged(inputs.breaches, bounds, pl.col("date"))
    days_before = daily.filter("before").group_by("account").agg(last=pl.col("date").max())
    earned = _earned(trades.filter("before"))
    begins = bounds.join(days_before, on="account", how="left").join(
        earned, on="account", how="left"
    )
    begins = begins.join(_openings(daily, trades), on="account", how="left")
    begins = begins.select(
        "account",
        "as_of",
        "funded",
        opened=pl.coalesce("last", "opened"),
        # Of an account that began with nothing 0, which is none, and not what settings say.
        initial=pl.coalesce(
            "opening", pl.col("initial") + pl.col("earned").fill_null(0.0), pl.lit(0.0)
        ),
    )
    others = inputs.accounts.drop("as_of", "opened", "initial", "funded", strict=False)
    kept = _kept(trades)
    logged = kept.select("account", "trade_id").unique()
    return replace(
        inputs,
        accounts=others.join(begins, on="account", how="left").sort("account"),
        daily=_kept(daily),
        trades=kept,
        executions=inputs.executions.clear(),
        emotions=inputs.emotions.join(
            logged, on=["account", "trade_id"], how="semi", maintain_order="left"
        ),
        breaches=_kept(breaches),
    )


def _openings(daily: pl.DataFrame, trades: pl.DataFrame) -> pl.DataFrame:
    """Return account and opening: the balance that a window's first day says it began with.

    What trades earned in the window before that day is not in it yet.
    """
    begun = (
        daily.filter("inside")
        .group_by("account", maintain_order=True)
        .agg(day=pl.col("date").first(), opening=pl.col("balance_open").first())
    )
    early = trades.filter("inside").join(begun, on="account", maintain_order="left")
    early = early.filter(pl.col("exited") < pl.col("day"))
    both = begun.join(_earned(early), on="account", how="left")
    return both.select("account", opening=pl.col("opening") - pl.col("earned").fill_null(0.0))


def _earned(trades: pl.DataFrame) -> pl.DataFrame:
    """Return account and what its trades earned."""
    earned = trades.with_columns(p=net_result(trades["_currency"]))
    return earned.group_by("account").agg(earned=pl.col("p").sum())


def _flagged(rows: pl.DataFrame, bounds: pl.DataFrame, date: pl.Expr) -> pl.DataFrame:
    """Say of each row whether it is in the window, and whether it was before."""
    first = bounds.select("account", "first", "as_of", _currency="currency")
    joined = rows.join(first, on="account", how="inner", maintain_order="left")
    return joined.with_columns(
        exited=date,
        before=date < pl.col("first"),
        inside=(date >= pl.col("first")) & (date <= pl.col("as_of")),
    )


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter("inside").drop("first", "as_of", "_currency", "exited", "before", "inside")
