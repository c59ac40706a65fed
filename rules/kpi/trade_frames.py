"""The frame of closed trades: in their order, with result, balance, risk and days of each."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi.codes import coded
from rules.kpi.kpi import Stage
from rules.kpi.notional import notional
from rules.kpi.prepare import Frames, local_time

_DAY = 86_400_000_000  # microseconds
# Day 0 of the Unix calendar was a Thursday, so day 2 was a Saturday.
_SATURDAY = 2 * _DAY


def trades(frames: Frames) -> pl.DataFrame:
    """Return closed trades by exit time, then id, with what KPIs of trades share.

    p: result after costs, rounded to cents before anyone asks for its sign.
    win, loss: p where it is one, else null; a trade of exactly 0 is neither.
    long, short: p of the trades of that side. previous: p of the account's trade before.
    earned: sum of p to this trade and with it. peak: highest balance so far, with the first one.
    before, after: balance around the trade, without deposits and withdrawals.
    x: p of the balance before it; null from where that is not positive.
    risk: what the stop at entry would have lost; null without a stop. R: p in units of it.
    risk_share: risk of the balance before. notional: in account currency.
    duration: seconds; with _won and _lost, of winners and losers.
    slip: pips of slippage at entry and exit. mae_won: of winners.
    day: of the exit; overnight: entered on a day before; weekend: open across a Saturday 00:00;
    all three in the accounts' zone.
    """
    rows = _ordered(frames.inputs.trades)
    rows = rows.with_columns(
        coded(rows["symbol"]),
        coded(rows["strategy"]),
        # A broker that states no commission or swap has charged none.
        pl.col("commission", "swap").fill_null(0.0),
    )
    p, before = pl.col("p"), pl.col("before")
    rows = rows.with_columns(
        frames.setting("_initial", rows),
        notional(rows, frames.setting("_currency", rows)),
        p=(pl.col("profit") + pl.col("commission") + pl.col("swap")).round(2),
        # A distance of 0 is how terminals write that there is none.
        sl_pips=pl.when(pl.col("sl_pips") > 0).then("sl_pips"),
        tp_pips=pl.when(pl.col("tp_pips") > 0).then("tp_pips"),
        duration=(pl.col("exit_time") - pl.col("entry_time")).dt.total_seconds(fractional=True),
        slip=pl.col("slippage_entry") + pl.col("slippage_exit"),
        _entered=local_time("entry_time", frames.settings.zone),
        _exited=local_time("exit_time", frames.settings.zone),
    )
    risk = pl.col("sl_pips") * pl.col("pip_value") * pl.col("lots")
    same = pl.col("account") == pl.col("account").shift(1)
    rows = rows.with_columns(
        win=pl.when(p > 0).then(p),
        loss=pl.when(p < 0).then(p),
        long=pl.when(pl.col("side") > 0).then(p),
        short=pl.when(pl.col("side") < 0).then(p),
        previous=pl.when(same).then(p.shift(1)),
        risk=pl.when(risk > 0).then(risk),
        duration_won=pl.when(p > 0).then("duration"),
        duration_lost=pl.when(p < 0).then("duration"),
        mae_won=pl.when(p > 0).then("mae"),
        earned=p.cum_sum().over("account").round(2),
        day=pl.col("_exited").dt.date(),
        overnight=pl.col("_exited").dt.date() > pl.col("_entered").dt.date(),
        weekend=_across_saturday(),
    )
    rows = rows.with_columns(
        before=pl.col("_initial") + (pl.col("earned") - p).round(2),
        after=pl.col("_initial") + pl.col("earned"),
        R=p / pl.col("risk"),
    )
    rows = rows.with_columns(
        x=pl.when(before > 0).then(p / before),
        risk_share=pl.when(before > 0).then(pl.col("risk") / before),
        peak=pl.max_horizontal("_initial", pl.col("after").cum_max().over("account")),
    )
    return rows.drop("_initial", "_entered", "_exited")


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows by account, exit and id: ids that are numbers as numbers, 9 before 10."""
    account, closed = pl.col("account"), pl.col("exit_time")
    same = account == account.shift(1)
    sorted_ = (account > account.shift(1)) | (same & (closed >= closed.shift(1)))
    if not rows.select(sorted_.all(ignore_nulls=True)).item():
        rows = rows.sort("account", "exit_time")
    # Hardly ever do two trades exit at one instant; to compare the ids of all would cost as
    # much as a hundred KPIs.
    tied = (same & (closed == closed.shift(1))).fill_null(value=False)
    places = rows.select((tied | tied.shift(-1, fill_value=False)).arg_true()).to_series()
    if places.is_empty():
        return rows
    number = pl.col("trade_id").cast(pl.Int64, strict=False)
    ids = rows[places].with_columns(place=places)
    by_id = ids.sort("account", "exit_time", number, "trade_id")["place"]
    if by_id.equals(places):
        return rows
    return rows[pl.int_range(rows.height, eager=True).scatter(places, by_id)]


def _across_saturday() -> pl.Expr:
    entered = pl.col("_entered").dt.epoch("us") - _SATURDAY
    saturday = (entered // (7 * _DAY) + 1) * (7 * _DAY)
    return saturday < pl.col("_exited").dt.epoch("us") - _SATURDAY


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.TRADES: trades,
}
