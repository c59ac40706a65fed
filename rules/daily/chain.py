"""Balance and equity from day to day: each day begins where the one before it ended.

A mark is the broker's own word: on a day that has marks, balance and equity at the end are those
of the last one, and what the ledger moved after it. On a day without marks the ledger goes on from
the day before.

What the books do not explain is shown as `unexplained`. Up to `TOLERATED` of the day's opening
equity, and at least a cent, it is rounding (of a broker's, or of swaps that no deal tells) and
counts as result; more than that may be a deposit or a result, and the day has no return.

A day without a return hides nothing: the next return is that from the last known equity, so that
it spans the days between. What is unexplained in them is left out of it, as a flow would be, as far
as the equity moved with it: of a deal that was booked on the other side of midnight than its mark,
the balance moves to and fro, and the equity does not.

Equity without marks:

- Of an account that was never marked (imported history) equity is balance.
- Without open positions equity is balance, too.
- With open positions it is unknown: the last floating profit is carried, and the day has no return.

The first day begins with what its marks and its ledger leave, else with nothing if money is paid
in, else with the balance that the account was configured with.
"""

import polars as pl

from rules.daily import activity, marked
from rules.daily.activity import DAY
from rules.daily.books import UNIT, Books

TOLERATED = 1e-5
_CENT = UNIT // 100
_GROUP = ["account", "zone"]
_ZERO = (
    *("profit", "commission", "swap", "fee", "realised", "flow", "credit", "late", "late_flow"),
    *("trades", "wins", "losses", "volume", "gross_profit", "gross_loss", "opened", "change"),
    *("soft_breaches", "hard_breaches", "marks", "operations"),
)


def gathered(books: Books, who: pl.DataFrame) -> pl.DataFrame:
    """Return all that happened by account, zone and date; days without anything are not there."""
    entries = activity.ledger(books, who)
    marks = marked.by_day(marked.minutes(books, entries, who))
    parts = [
        activity.moved(entries),
        activity.closed(books, who),
        activity.opened(books, who),
        activity.turnover(books, who),
        activity.breached(books, who),
        marks,
        marked.after_last(entries, marks),
    ]
    together = parts[0]
    for part in parts[1:]:
        together = together.join(part, on=DAY, how="full", coalesce=True)
    counts = [pl.col(name).cast(pl.Int64).fill_null(0) for name in _ZERO]
    return together.with_columns(counts)


def chained(days: pl.DataFrame) -> pl.DataFrame:
    """Return the days with balance, equity, floating profit, peak, return and drawdown.

    Args:
        days: one row per account, zone and date, sorted, without a gap; `gathered`'s columns, the
            account's configured `balance`, and what it had before its first day: `held`
            (positions), and `was_balance`, `was_equity`, `was_peak`, `was_marked_at`,
            `was_positions`, and of the days that the next return spans `was_plain` (the equity
            before them and their flows) and `was_doubt`, all null where nothing was before.
    """
    is_marked = pl.col("marks") > 0
    days = days.with_columns(
        first=pl.struct(_GROUP).is_first_distinct(),
        is_new=pl.col("was_balance").is_null(),
        positions=pl.col("held") + pl.col("change").cum_sum().over(_GROUP),
    ).with_columns(
        open_positions=pl.when(is_marked).then("mark_positions").otherwise("positions"),
        marked_at=pl.coalesce(
            pl.col("marked_at").forward_fill().over(_GROUP), pl.col("was_marked_at")
        ),
    )
    return _judged(_with_equity(_with_balance(days)))


def _with_balance(days: pl.DataFrame) -> pl.DataFrame:
    is_marked, step = pl.col("marks") > 0, pl.col("realised") + pl.col("flow")
    said = pl.col("mark_balance") + pl.col("late")
    paid_in = pl.col("flow") != 0
    start = (
        pl.when(is_marked)
        .then(said - step)
        .when(paid_in)
        .then(0)
        .otherwise(pl.col("balance").fill_null(0))
    )
    days = days.with_columns(
        start=pl.when("is_new").then(start.first().over(_GROUP)).otherwise("was_balance"),
        moved=step.cum_sum().over(_GROUP),
    )
    anchor = pl.when(is_marked).then(said - pl.col("moved")).forward_fill().over(_GROUP)
    days = days.with_columns(close=pl.coalesce(anchor, "start") + pl.col("moved"))
    before = pl.when("first").then("start").otherwise(pl.col("close").shift(1))
    return days.with_columns(
        balance_open=before + pl.col("flow"),
        unexplained=pl.col("close") - before - step,
    )


def _with_equity(days: pl.DataFrame) -> pl.DataFrame:
    is_marked = pl.col("marks") > 0
    lent = pl.col("credit").cum_sum().over(_GROUP)
    held_before = (
        pl.when("first")
        .then(pl.col("was_positions").fill_null(0))
        .otherwise(pl.col("open_positions").shift(1))
    )
    gone = pl.col("marked_at").is_not_null() & (pl.col("positions") == 0) & (held_before > 0)
    gap = pl.col("mark_equity") + pl.col("late_flow") - pl.col("close")
    anchor = (
        pl.when(is_marked).then(gap - lent).when(gone).then(pl.col("credit") - lent)
    ).forward_fill()
    was_gap = (pl.col("was_equity") - pl.col("was_balance")).fill_null(0)
    days = days.with_columns(gap=pl.coalesce(anchor.over(_GROUP), was_gap) + lent)
    days = days.with_columns(close_equity=pl.col("close") + pl.col("gap"))
    start = (
        pl.when(~pl.col("is_new"))
        .then("was_equity")
        # With money in it, it may have had positions: what they lost was before.
        .when(is_marked & (pl.col("start") != 0))
        .then("first_equity")
        .otherwise("start")
    )
    before = pl.when("first").then(start).otherwise(pl.col("close_equity").shift(1))
    return days.with_columns(equity_open=before + pl.col("flow") + pl.col("credit"))


def _judged(days: pl.DataFrame) -> pl.DataFrame:
    is_marked = pl.col("marks") > 0
    begin, end = pl.col("equity_open"), pl.col("close_equity")
    highest = pl.max_horizontal(begin, end, "equity_high")
    low = pl.when(begin > 0).then(pl.col("equity_low") / begin)
    deepest = pl.min_horizontal(low, "fall") - 1
    days, base = _spanned(days), pl.col("base")
    return days.with_columns(
        daily_return=pl.when((begin > 0) & (base > 0) & is_known()).then(end / base - 1),
        floating=pl.when(is_marked).then("gap"),
        peak_equity=pl.max_horizontal(highest.cum_max().over(_GROUP), "was_peak"),
        # A fall of more than everything is one of everything.
        max_drawdown=pl.when(is_marked).then(deepest.clip(-1.0, 0.0)),
    )


def is_known() -> pl.Expr:
    """Say of each day whether its equity at the end is known, and explained; money is in units."""
    told = (pl.col("marks") > 0) | pl.col("marked_at").is_null() | (pl.col("open_positions") == 0)
    return told & is_explained()


def is_explained() -> pl.Expr:
    """Say of each day whether what no deal explains of it is so little that it is rounding."""
    least = (pl.col("equity_open") * TOLERATED).clip(lower_bound=_CENT)
    return pl.col("unexplained").abs() <= least


def is_settled() -> pl.Expr:
    """Say of each day whether the next return counts from its end.

    From nothing no return is reckoned, so that a day that opened with nothing is not spanned.
    """
    return is_known() | (pl.col("equity_open") <= 0)


def doubtful() -> pl.Expr:
    """Return what changed the balance of each day and may be a flow as well as a result."""
    return pl.when(is_explained()).then(0).otherwise("unexplained")


def _spanned(days: pl.DataFrame) -> pl.DataFrame:
    """Add `base`, which the day's return counts from: the last settled equity, and flows since.

    What is doubtful since then counts as a flow, as far as the equity moved with it.
    """
    came = pl.col("flow") + pl.col("credit")
    days = days.with_columns(
        came=came.cum_sum().over(_GROUP), doubt=doubtful().cum_sum().over(_GROUP)
    )
    settled = pl.when(is_settled())
    before = pl.col("equity_open") - came
    days = days.with_columns(
        plain=_since(settled.then(pl.col("close_equity") - pl.col("came")), "was_plain", before)
        + (pl.col("came") - came),
        doubt=_since(settled.then(-pl.col("doubt")), "was_doubt", pl.lit(0))
        + (pl.col("doubt") - doubtful()),
    )
    moved = before - pl.col("plain")
    # Of the two the one nearer to 0, if they are on one side of it.
    up = pl.min_horizontal("doubt", moved).clip(lower_bound=0)
    down = pl.max_horizontal("doubt", moved).clip(upper_bound=0)
    return days.with_columns(base=pl.col("plain") + up + down + came)


def _since(at_settled: pl.Expr, was: str, begun: pl.Expr) -> pl.Expr:
    """Return a value of the last settled day before each day, of the first days what was before."""
    first = pl.coalesce(was, begun).first().over(_GROUP)
    return pl.coalesce(at_settled.forward_fill().shift(1).over(_GROUP), first)
