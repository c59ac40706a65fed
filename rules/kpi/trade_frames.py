"""The frames of the trade side: closed trades in their order, with result, balance and risk."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi.kpi import Stage
from rules.kpi.prepare import Frames


def trades(frames: Frames) -> pl.DataFrame:
    """Return closed trades by exit time, then id, with what KPIs of trades share.

    p: result after costs, rounded to cents before anyone asks for its sign.
    win, loss: p where it is one, else null; a trade of exactly 0 is neither.
    earned: sum of p to this trade and with it.
    before, after: balance around the trade, without deposits and withdrawals.
    x: p of the balance before it; null from where that is not positive.
    risk: what the stop at entry would have lost; null without a stop. R: p in units of it.
    duration: seconds.
    """
    rows = frames.inputs.trades
    # Ids that are numbers are ordered as numbers: trade 9 closed before trade 10.
    number = pl.col("trade_id").cast(pl.Int64, strict=False)
    rows = rows.sort("account", "exit_time", number, "trade_id")
    initial = frames.setting("_initial", rows)
    p = pl.col("p")
    rows = rows.with_columns(
        initial,
        p=(pl.col("profit") + pl.col("commission") + pl.col("swap")).round(2),
        risk=pl.col("sl_pips") * pl.col("pip_value") * pl.col("lots"),
        duration=(pl.col("exit_time") - pl.col("entry_time")).dt.total_seconds(fractional=True),
    )
    rows = rows.with_columns(
        win=pl.when(p > 0).then(p),
        loss=pl.when(p < 0).then(p),
        R=pl.when(pl.col("risk") > 0).then(p / pl.col("risk")),
        earned=p.cum_sum().over("account"),
    )
    before = pl.col("_initial") + (pl.col("earned") - p)
    return rows.with_columns(
        before=before,
        after=pl.col("_initial") + pl.col("earned"),
        x=pl.when(before > 0).then(p / before),
    ).drop("_initial")


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.TRADES: trades,
}
