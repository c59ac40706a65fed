"""What trades, deals and breaches brought on each day: one row per account, zone and date."""

import polars as pl

from rules.daily.books import CHARGES, CREDIT, FLOWS, UNIT, Books
from rules.daily.calendar import stamp
from rules.kpi.trade_currencies import digits

DAY = ["account", "zone", "date"]
_COSTS = ("profit", "commission", "swap", "fee")


def ledger(books: Books, who: pl.DataFrame) -> pl.DataFrame:
    """Return each movement of money, once for each zone: account, zone, date, time and amounts.

    Amounts are profit, commission, swap and fee (`realised` is their sum), `flow` (balance
    operations) and `credit` (money that is lent: it is in the equity, not in the balance).
    A trade none of whose deals is known moves its money when it closed.
    """
    # Of an enum, words compare as text.
    kind, amount = pl.col("type").cast(pl.String), pl.col("profit")
    trading = ~kind.is_in([*FLOWS, CREDIT])
    charge = kind.is_in(CHARGES)
    deals = books.deals.select(
        "account",
        "time",
        profit=pl.when(trading & ~charge).then(amount).otherwise(0),
        commission="commission",
        swap="swap",
        fee=pl.col("fee") + pl.when(charge).then(amount).otherwise(0),
        flow=pl.when(kind.is_in(FLOWS)).then(amount).otherwise(0),
        credit=pl.when(kind == CREDIT).then(amount).otherwise(0),
        operations=kind.is_in([*FLOWS, CREDIT, *CHARGES]).cast(pl.Int64),
    )
    none = pl.lit(0, pl.Int64)
    trades = _without_deals(books).select(
        "account",
        "profit",
        "commission",
        "swap",
        time="closed_at",
        fee=none,
        flow=none,
        credit=none,
        operations=none,
    )
    moved = pl.concat([deals, trades], how="diagonal")
    moved = moved.with_columns(realised=pl.sum_horizontal(*_COSTS))
    return stamp(moved, "time", who)


def _without_deals(books: Books) -> pl.DataFrame:
    closed = books.trades.filter(pl.col("closed_at").is_not_null())
    by_id = books.deals.filter(pl.col("trade_id").is_not_null())
    by_ticket = books.deals.filter(pl.col("position_ticket").is_not_null())
    left = closed.join(by_id, on=["account", "trade_id"], how="anti")
    return left.join(by_ticket, on=["account", "position_ticket"], how="anti")


def moved(entries: pl.DataFrame) -> pl.DataFrame:
    """Return the sums of the ledger's amounts by day."""
    return entries.group_by(DAY).agg(
        pl.col(*_COSTS, "realised", "flow", "credit", "operations").sum()
    )


def closed(books: Books, who: pl.DataFrame) -> pl.DataFrame:
    """Return the trades that closed on each day, in numbers.

    Whether a trade won is asked after costs and after rounding to the least that its currency
    counts, such as cents; what is then 0 did neither.
    """
    net = pl.col("profit") + pl.col("commission") + pl.col("swap")
    half = books.accounts.select("account", half=_half(books.accounts["currency"]))
    trades = books.trades.with_columns(net=net).join(half, on="account", maintain_order="left")
    rows = stamp(trades, "closed_at", who)
    net = pl.col("net")
    won, lost = net >= pl.col("half"), net <= -pl.col("half")
    return rows.group_by(DAY).agg(
        trades=pl.len(),
        wins=won.sum(),
        losses=lost.sum(),
        volume=pl.col("closed_quantity").sum(),
        gross_profit=net.filter(won).sum(),
        gross_loss=net.filter(lost).sum(),
        best_trade=net.max(),
        worst_trade=net.min(),
    )


def _half(currency: pl.Series) -> pl.Series:
    """Return half of the least amount of each currency, as amounts are counted; at least 1."""
    least = {places: UNIT // 10**places for places in digits(currency).unique()}
    halves = {places: max(amount // 2, 1) for places, amount in least.items()}
    return digits(currency).replace_strict(halves, return_dtype=pl.Int64)


def opened(books: Books, who: pl.DataFrame) -> pl.DataFrame:
    """Return how many trades were opened on each day."""
    return stamp(books.trades, "executed_at", who).group_by(DAY).agg(opened=pl.len())


def turnover(books: Books, who: pl.DataFrame) -> pl.DataFrame:
    """Return by how many each day changed the number of open positions."""
    held = books.trades.filter(~pl.col("backwards"))
    entries = stamp(held, "executed_at", who).select(*DAY, change=pl.lit(1, pl.Int64))
    exits = stamp(held, "closed_at", who).select(*DAY, change=pl.lit(-1, pl.Int64))
    return pl.concat([entries, exits]).group_by(DAY).agg(pl.col("change").sum())


def breached(books: Books, who: pl.DataFrame) -> pl.DataFrame:
    """Return the rules that were neared and broken on each day."""
    hard = pl.col("severity") == "hard"
    rows = stamp(books.breaches, "time", who)
    return rows.group_by(DAY).agg(soft_breaches=(~hard).sum(), hard_breaches=hard.sum())
