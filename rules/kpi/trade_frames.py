"""The frame of closed trades: in their order, with result, balance, risk and days of each."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi.codes import coded
from rules.kpi.kpi import Stage
from rules.kpi.notional import notional
from rules.kpi.prepare import Frames, local_time, net_result, sliced
from rules.kpi.trade_currencies import FINEST, rounded

_DAY = 86_400_000_000  # microseconds
# What goes on from the trades before, and how it is told of them.
CARRIED: Mapping[Stage, Mapping[str, pl.Expr]] = {
    Stage.TRADES: {
        "i": pl.len(),
        "p": pl.col("p").last(),
        "earned": pl.col("earned").last(),
        "peak": pl.col("peak").last(),
        "paid": pl.col("paid").last(),
        "settled": pl.col("settled").last(),
        "scale": pl.col("scale").last(),
        "level": pl.col("level").last(),
        "highest": pl.col("highest").max(),
    }
}
# Day 0 of the Unix calendar was a Thursday, so day 2 was a Saturday.
_SATURDAY = 2 * _DAY
_TIMES = ("entry_time", "exit_time")


def trades(frames: Frames) -> pl.DataFrame:
    """Return closed trades by exit time, then id, with what KPIs of trades share.

    p: result after costs, rounded as its currency is before anyone asks for its sign.
    win, loss: p where it is one, else null; a trade of exactly 0 is neither.
    long, short: p of the trades of that side. previous: p of the account's trade before.
    i: trades before. earned: sum of p to this trade and with it. highest: floating profit so far,
    were trades one after another.
    after: balance after the trade, had there been no deposit or withdrawal since the first one.
    peak: the highest of these so far, with the first one.
    before, settled: balance around the trade as the account had it. paid: what of it was paid in
    since the first one, less what was paid out; null where no balance is stated.
    scale: how much money paid in and out has multiplied the balance. scaled_before, scaled: before
    and settled by it, so that they change as trades alone make the balance grow and shrink.
    level: the highest of these so far, with the first balance.
    x: p of the balance before it; null from where that is not positive.
    risk: what the stop at entry would have lost; null without a stop. R: p in units of it.
    risk_share: risk of the balance before. notional: in account currency.
    duration: seconds; with _won and _lost, of winners and losers.
    slip: pips of slippage at entry and exit. mae_won: of winners.
    day: of the exit; overnight: entered on a day before; both in the accounts' zone.
    weekend: open from before a Saturday 00:00 UTC until it is Saturday in the accounts' zone too.
    with_stop, with_target: whether a distance was stated above 0; null where none was stated.
    """
    rows = _ordered(frames.inputs.trades)
    rows = _result(rows.with_columns(coded(rows["symbol"]), coded(rows["strategy"])), frames)
    rows = _by_sign_and_side(rows.with_columns(_days(frames.settings.zone)))
    rows = _running(rows, frames)
    return _scaled(_against_balance(_with_balance(rows, frames), frames), frames)


def _result(rows: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    return rows.with_columns(
        notional(rows, frames.setting("_currency", rows)),
        pl.col("commission", "swap").fill_null(0.0),
        p=net_result(frames.setting("_currency", rows)),
        with_stop=pl.col("sl_pips") > 0,
        with_target=pl.col("tp_pips") > 0,
        # A distance of 0 is how terminals write that there is none.
        sl_pips=pl.when(pl.col("sl_pips") > 0).then("sl_pips"),
        tp_pips=pl.when(pl.col("tp_pips") > 0).then("tp_pips"),
        duration=(pl.col("exit_time") - pl.col("entry_time")).dt.total_seconds(fractional=True),
        slip=pl.col("slippage_entry") + pl.col("slippage_exit"),
    )


def _days(zone: str) -> list[pl.Expr]:
    entered, exited = local_time("entry_time", zone), local_time("exit_time", zone)
    day = exited.dt.date()
    return [
        day.alias("day"),
        (day > entered.dt.date()).alias("overnight"),
        _across_saturday(exited).alias("weekend"),
    ]


def _by_sign_and_side(rows: pl.DataFrame) -> pl.DataFrame:
    p, side = pl.col("p"), pl.col("side")
    risk = pl.col("sl_pips") * pl.col("pip_value") * pl.col("lots")
    return rows.with_columns(
        win=pl.when(p > 0).then(p),
        loss=pl.when(p < 0).then(p),
        long=pl.when(side > 0).then(p),
        short=pl.when(side < 0).then(p),
        risk=pl.when(risk > 0).then(risk),
        duration_won=pl.when(p > 0).then("duration"),
        duration_lost=pl.when(p < 0).then("duration"),
        mae_won=pl.when(p > 0).then("mae"),
    )


def _running(rows: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Add what runs on from trade to trade."""

    def before(column: str, start: float | None = None) -> pl.Expr:
        return frames.carried(Stage.TRADES, column, rows, start)

    p, earned = pl.col("p"), pl.col("earned")
    same = (pl.col("account") == pl.col("account").shift(1)).fill_null(value=False)
    rows = rows.with_columns(
        i=pl.int_range(pl.len()).over("account") + before("i", 0),
        previous=pl.when(same).then(p.shift(1)).otherwise(before("p")),
        earned=rounded(
            p.cum_sum().over("account") + before("earned", 0.0), frames.setting("_currency", rows)
        ),
    )
    rows = rows.with_columns(highest=earned - p + pl.col("mfe"))
    highest = pl.col("highest").cum_max().over("account")
    return rows.with_columns(highest=pl.max_horizontal(highest, before("highest", 0.0)))


def _with_balance(rows: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Add `closed`, what trades before earned, `paid`, and the balance before the trade."""
    first = pl.lit(frames.setting("_initial", rows))
    rows = rows.with_columns(closed=(pl.col("earned") - pl.col("p")).round(FINEST))
    rows = rows.with_columns(made=first.fill_null(0.0) + pl.col("closed"))
    made = pl.col("made")
    paid = pl.lit(None, pl.Float64)
    if frames.earlier is not None or rows["balance"].null_count() < rows.height:
        # Of a trade whose own is not stated, the balance is what the last stated one became.
        stated = (pl.col("balance") - made).round(FINEST).forward_fill().over("account")
        paid = pl.coalesce(stated, frames.carried(Stage.TRADES, "paid", rows))
    rows = rows.with_columns(paid=paid.cast(pl.Float64))
    before = pl.coalesce("balance", made + pl.col("paid"), first + pl.col("closed"))
    return rows.with_columns(before=before, settled=before + pl.col("p"))


def _against_balance(rows: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    p, before, first = pl.col("p"), pl.col("before"), pl.lit(frames.setting("_initial", rows))
    begun = frames.carried(Stage.TRADES, "peak", rows)
    rows = rows.with_columns(after=first + pl.col("earned"), R=p / pl.col("risk"))
    return rows.with_columns(
        x=pl.when(before > 0).then(p / before),
        risk_share=pl.when(before > 0).then(pl.col("risk") / before),
        peak=pl.max_horizontal(first, begun, pl.col("after").cum_max().over("account")),
    )


def _scaled(rows: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """Add what the balance has become by trades alone, whatever was paid in and out."""

    def carried(column: str, start: float | None = None) -> pl.Expr:
        return frames.carried(Stage.TRADES, column, rows, start)

    before, first = pl.col("before"), pl.lit(frames.setting("_initial", rows))
    scale = pl.lit(1.0)
    if frames.earlier is not None or rows["balance"].null_count() < rows.height:
        same = (pl.col("account") == pl.col("account").shift(1)).fill_null(value=False)
        left = (
            pl.when(same)
            .then(pl.col("settled").shift(1))
            .otherwise(pl.coalesce(carried("settled"), first))
        )
        rows = rows.with_columns(left=left)
        left = pl.col("left")
        # Money paid into an account that had none left multiplies nothing.
        paid = pl.col("balance").is_not_null() & (left > 0) & (before > 0)
        rows = rows.with_columns(factor=pl.when(paid).then(before / left).otherwise(1.0))
        scale = pl.col("factor").cum_prod().over("account") * carried("scale", 1.0)
    rows = rows.with_columns(scale=scale)
    rows = rows.with_columns(
        scaled_before=before / pl.col("scale"), scaled=pl.col("settled") / pl.col("scale")
    )
    highest = pl.col("scaled").cum_max().over("account")
    return rows.with_columns(level=pl.max_horizontal(first, carried("level"), highest))


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
    return sliced(rows[pl.int_range(rows.height, eager=True).scatter(places, by_id)])


def _across_saturday(local: pl.Expr) -> pl.Expr:
    """Say whether a trade was held over a weekend; `local` is its exit on the accounts' clocks.

    Markets close on Friday evening, UTC, whichever day it then is in the accounts' zone.
    """
    entered, exited = (pl.col(name).dt.epoch("us") - _SATURDAY for name in _TIMES)
    midnight = (entered // (7 * _DAY) + 1) * (7 * _DAY)  # the first one after the entry
    return (midnight < exited) & (midnight < local.dt.epoch("us") - _SATURDAY)


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.TRADES: trades,
}
