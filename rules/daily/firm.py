"""Rules of a prop firm: what an account's row and its template say, and each day against them.

Rules are data: a JSON object in `prop_firm_templates.rules`, and one in an account's own
`prop_firm_rules`, whose keys win. Both may have more keys than these, which are looked at:

key            | meaning
-------------- | --------------------------------------------------------------------------------
daily_loss     | share of the opening balance that may be lost in a day, as 0.05
max_loss       | share of it that may be lost in all
max_loss_from  | what that counts from: `initial`, or `highest_balance` at the end of a day before,
               | whose floor stays at the opening balance once it has come there
target         | profit to be earned, as a share of the opening balance
min_days       | days with a closed trade that are asked for
profitable_day | share of the opening balance from which a day counts as profitable
best_day       | share of the profit that one day may have

A template holds from its first day to its last; an account's own rules always do. A value that
cannot be (a text, a share of 5 for 5 %) is left out, and counted as a fault.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from rules.daily.books import units
from rules.daily.snapshots import money

_SHARES = ("daily_loss", "max_loss", "best_day")  # of which 1 is all
_AMOUNTS = ("target", "min_days", "profitable_day")
SETTINGS = (*_SHARES, *_AMOUNTS)
STATED = (*SETTINGS, "trails")  # the columns of `rules_of` that KPIs take
_TRAILS = {"initial": False, "highest_balance": True}
_SCHEMA = {
    "account_id": pl.Binary(),
    **{name: pl.Float64() for name in SETTINGS},
    "trails": pl.Boolean(),
    "since": pl.Date(),
    "until": pl.Date(),
    "wrong": pl.UInt32(),
}
OPENING = {
    "account_id": pl.Binary(),
    "zone": pl.String(),
    "initial": pl.Int64(),
    "highest": pl.Int64(),
    "net": pl.Int64(),
}
_GROUP = ["account_id", "zone"]
_MONEY = ("balance_open", "balance", "equity_open", "equity_low", "flow")
_DAY = timedelta(days=1)


def rules_of(accounts: pl.DataFrame, templates: pl.DataFrame) -> pl.DataFrame:
    """Return the rules of the accounts that have some, and how many of them are `wrong`.

    A row holds from `since` until `until`, null where that is open: a template holds in its time,
    before and after it the account's own rules alone.

    Args:
        accounts: rows of `accounts`.
        templates: rows of `prop_firm_templates`.
    """
    by_id = {row["id"]: row for row in templates.iter_rows(named=True)}
    known = accounts.filter(
        (pl.col("prop_firm_rules") != "{}") | pl.col("prop_firm_template_id").is_not_null()
    )
    made = []
    for who, own, named in known.select(
        "account_id", "prop_firm_rules", "prop_firm_template_id"
    ).iter_rows():
        template, mine = by_id.get(named), _object(own)
        made += [{"account_id": who, **each} for each in _stretches(template, mine)]
    return pl.DataFrame(made, schema=_SCHEMA)


def _stretches(
    template: Mapping[str, Any] | None, mine: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Return an account's rules in each stretch of days: before, with and after its template's."""
    own = _rules(mine)
    if template is None:
        yield {**own, "since": None, "until": None}
        return
    since, until = template["effective_from"], template["effective_until"]
    yield {**own, "since": None, "until": since - _DAY}
    yield {**_rules({**_object(template["rules"]), **mine}), "since": since, "until": until}
    if until is not None:
        yield {**own, "since": until + _DAY, "until": None}


def faults(rules: pl.DataFrame) -> pl.DataFrame:
    """Return account_id, fault and rows of the accounts that have rules which cannot be."""
    wrong = rules.filter(pl.col("wrong") > 0).group_by("account_id").agg(rows=pl.col("wrong").max())
    return wrong.select("account_id", fault=pl.lit("rule_of_firm"), rows="rows")


def holding(rules: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the rules that hold on a day, one row for each account."""
    return rules.filter(
        (pl.col("since") <= day) | pl.col("since").is_null(),
        (pl.col("until") >= day) | pl.col("until").is_null(),
    )


def limited(days: pl.DataFrame, rules: pl.DataFrame, opening: pl.DataFrame) -> pl.DataFrame:
    """Return days with what was lost on them, and what their accounts' rules allow.

    A day's loss counts from the greater of balance and equity at its start. A deposit raises a
    floor with the equity; a payout leaves it where it is, and counts at the day's end for it, so
    that equity marked before the payout breaks no floor that it did not reach. What no rule says,
    and what no mark tells, is null. The day is the row's: a firm that counts days in another zone
    than UTC wants that zone as the account's reporting zone.

    Args:
        days: rows of `daily_snapshots`; of each account and zone without a gap.
        rules: of `rules_of`.
        opening: account_id, zone, and in whole numbers of 1e-8 `initial`, the balance that the
            first day ever began with, `net`, deposits less withdrawals since then, and `highest`,
            the greatest balance at the end of a day, less `net` of that day where it is above 0;
            of the accounts that have days before these.
    """
    if rules.is_empty() or days.is_empty():
        return days
    held = _held(days, rules)
    if held.is_empty():
        return days
    exact = _counted(days, opening).with_columns(
        before=pl.col("own_highest").shift(1).over(_GROUP),
        start=pl.max_horizontal("balance_open", "equity_open"),
    )
    initial, start, raised = pl.col("initial"), pl.col("start"), pl.col("raised")
    limit = _share("max_loss")
    highest = pl.max_horizontal("initial", "highest", "before")
    floor = pl.min_horizontal("initial", highest - limit)
    fell_from = pl.when("trails").then(floor + limit).when(~pl.col("trails")).then(initial) + raised
    paid_out = pl.col("flow").clip(upper_bound=0)
    has_daily, has_max = pl.col("daily_loss").is_not_null(), limit.is_not_null()
    against = exact.join(held, on="id").select(
        "id",
        daily_loss=pl.when(has_daily).then(_lost(start, pl.col("equity_low"))),
        daily_loss_reference=pl.when(has_daily).then(start),
        daily_loss_limit=_share("daily_loss"),
        drawdown=pl.when(has_max).then(_lost(fell_from, pl.col("equity_low") - paid_out)),
        drawdown_limit=pl.when(pl.col("trails").is_not_null()).then(limit),
    )
    told = against.select("id", money(pl.exclude("id")))
    return (
        days.drop(told.columns[1:])
        .join(told, on="id", how="left", maintain_order="left")
        .select(days.columns)
    )


def carried(days: pl.DataFrame, opening: pl.DataFrame) -> pl.DataFrame:
    """Return the `opening` of the days that come after these."""
    theirs = _counted(days, opening).group_by(_GROUP, maintain_order=True)
    now = theirs.agg(
        pl.col("initial").first(),
        highest=pl.max_horizontal("highest", "own_highest").max(),
        net=pl.col("net").last(),
    )
    return pl.concat([opening.join(now, on=_GROUP, how="anti"), now.select(opening.columns)])


def _counted(days: pl.DataFrame, opening: pl.DataFrame) -> pl.DataFrame:
    """Return days by account, zone and date in whole numbers, with what came to them so far.

    Those are `initial` and `net`; `raised`, by how much floors are; `highest`, the balance before
    these days, and `own_highest`, that of these days up to each.
    """
    rows = days.select("id", *_GROUP, "date", units(*_MONEY)).join(opening, on=_GROUP, how="left")
    rows = rows.sort(*_GROUP, "date")
    # What came on an account's first day is what it began with.
    begins = pl.col("net").is_null() & pl.struct(_GROUP).is_first_distinct()
    came = pl.when(begins).then(0).otherwise("flow").cum_sum().over(_GROUP)
    return (
        rows.with_columns(
            initial=pl.coalesce("initial", pl.col("balance_open").first().over(_GROUP)),
            net=came + pl.col("net").fill_null(0),
        )
        .with_columns(raised=pl.col("net").clip(lower_bound=0))
        .with_columns(own_highest=(pl.col("balance") - pl.col("raised")).cum_max().over(_GROUP))
    )


def _held(days: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Return the rules that hold on each day, by its id."""
    both = days.select("id", "account_id", "date").join(rules, on="account_id")
    since, until = pl.col("since"), pl.col("until")
    return both.filter(
        (since <= pl.col("date")) | since.is_null(), (until >= pl.col("date")) | until.is_null()
    ).select("id", "daily_loss", "max_loss", "trails")


def _share(rule: str) -> pl.Expr:
    return (pl.col(rule) * pl.col("initial")).round(0).cast(pl.Int64)


def _lost(start: pl.Expr, low: pl.Expr) -> pl.Expr:
    return pl.when(low.is_not_null()).then((start - low).clip(lower_bound=0))


def _object(text: str) -> Mapping[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {"": found}


def _rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules that are looked at; None is one that is not stated, or cannot be."""
    made: dict[str, Any] = {
        name: _number(given.get(name), 1.0 if name in _SHARES else math.inf) for name in SETTINGS
    }
    stated = [name for name in SETTINGS if given.get(name) is not None]
    wrong = sum(made[name] is None for name in stated) + ("" in given)
    start = given.get("max_loss_from", "initial")
    made["trails"] = _TRAILS.get(start) if isinstance(start, str) else None
    return {**made, "wrong": wrong + (made["trails"] is None)}


def _number(value: object, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= most and math.isfinite(value) else None
