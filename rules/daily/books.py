"""What a snapshot is made from: rows of the stores, as exact working columns.

Rows are taken as they are found, and what is wrong with them has one answer each:

- A trade or deal that came twice counts once: of one key the greatest version holds, and of two
  trades that bear one name of the broker's likewise.
- A trade that closed before it opened counts where it closed; it is no open position meanwhile.
- A mark in another currency than the account's is left out: amounts of two currencies are never
  added.
- Rows of accounts that are not asked for, and trades of a backtest, are left out.
"""

from dataclasses import dataclass
from typing import Self

import polars as pl

from schema.enums import DealType
from schema.types import DECIMAL_PLACES

UNIT = 10**DECIMAL_PLACES
UTC = "UTC"
# Amounts of these change the money in an account, and are no result of trading.
FLOWS = (DealType.BALANCE.word, DealType.BONUS.word, DealType.CORRECTION.word)
CREDIT = DealType.CREDIT.word
CHARGES = (DealType.CHARGE.word, DealType.COMMISSION.word)
_TRADE_MONEY = ("quantity", "closed_quantity", "profit", "commission", "swap")
_DEAL_MONEY = ("profit", "commission", "swap", "fee")
_MARK_MONEY = ("balance", "equity", "equity_low", "equity_high", "margin")


@dataclass(frozen=True, kw_only=True)
class Books:
    """The books of some accounts; `account` is an account's place in `accounts`.

    Attributes:
        accounts: account, account_id, user_id, currency, zone, balance (when it was configured).
        trades: positions that were opened, open or closed.
        deals: of the broker, balance operations included.
        marks: balance and equity by minute.
        breaches: of rules.
        faults: what was wrong: account, fault and how many rows.
    """

    accounts: pl.DataFrame
    trades: pl.DataFrame
    deals: pl.DataFrame
    marks: pl.DataFrame
    breaches: pl.DataFrame
    faults: pl.DataFrame

    @classmethod
    def of(
        cls,
        *,
        accounts: pl.DataFrame,
        trades: pl.DataFrame,
        deals: pl.DataFrame,
        marks: pl.DataFrame,
        breaches: pl.DataFrame,
    ) -> Self:
        """Return the books of accounts, from frames with the registry's columns and types.

        Args:
            accounts: the accounts asked for, with `reporting_zone`.
            trades: any trades that were open or closed in the days asked for.
            deals: of these days.
            marks: of these days.
            breaches: of these days.
        """
        who = _accounts(accounts)
        place = who.select("account", "account_id", "currency")
        found: list[pl.DataFrame] = []
        return cls(
            accounts=who,
            trades=_trades(trades.join(place.drop("currency"), on="account_id"), found),
            deals=_deals(deals.join(place.drop("currency"), on="account_id"), found),
            marks=_marks(marks.join(place, on="account_id", suffix="_own"), found),
            breaches=breaches.join(place, on="account_id").select(
                "account", "severity", time="created_at"
            ),
            faults=_faults(found),
        )


def units(*names: str) -> pl.Expr:
    """Return money or volume as whole numbers of 1e-8."""
    return pl.col(*names).to_physical().cast(pl.Int64)


def _accounts(accounts: pl.DataFrame) -> pl.DataFrame:
    return (
        accounts.unique("account_id", keep="any")
        .sort("account_id")
        .with_row_index("account")
        .select(
            "account",
            "account_id",
            "user_id",
            "currency",
            units("balance"),
            zone="reporting_zone",
        )
    )


def once(trades: pl.DataFrame) -> pl.DataFrame:
    """Return the positions of trades, each once: of one id, and of one name of the broker's."""
    opened = _opened(trades).sort("version", "trade_id")
    newest = opened.unique("trade_id", keep="last", maintain_order=True)
    named = pl.col("broker_trade_id").is_not_null()
    last = pl.struct("account_id", "broker_id", "broker_trade_id").is_last_distinct()
    return newest.filter(~named | last)


def _opened(trades: pl.DataFrame) -> pl.DataFrame:
    return trades.filter(
        pl.col("executed_at").is_not_null(),
        pl.col("status") == "executed",
        pl.col("backtest_id").is_null(),
    )


def _trades(trades: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    kept = once(trades)
    _count(found, "trade_twice", _opened(trades), kept)
    backwards = pl.col("closed_at") < pl.col("executed_at")
    found.append(kept.filter(backwards).select("account", fault=pl.lit("closed_before_opened")))
    return kept.select(
        "account",
        "trade_id",
        "position_ticket",
        "executed_at",
        "closed_at",
        units(*_TRADE_MONEY),
        backwards=backwards.fill_null(value=False),
    )


def _deals(deals: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    once = deals.sort("version").unique(["account", "deal_ticket"], keep="last")
    _count(found, "deal_twice", deals, once)
    return once.select(
        "account", "trade_id", "position_ticket", "type", "time", units(*_DEAL_MONEY)
    )


def _marks(marks: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    own = marks.filter(pl.col("currency") == pl.col("currency_own"))
    _count(found, "mark_in_another_currency", marks, own)
    # The minute tells when it was; of one minute the latest word holds, whatever the clock said.
    once = own.sort("account", "minute", "version").unique(
        ["account", "minute"], keep="last", maintain_order=True
    )
    _count(found, "mark_twice", own, once)
    return once.select("account", "minute", "marked_at", "open_positions", units(*_MARK_MONEY))


def _count(
    found: list[pl.DataFrame], fault: str, before: pl.DataFrame, after: pl.DataFrame
) -> None:
    """Note of each account how many rows were left out."""
    if before.height == after.height:
        return
    rows = pl.concat(
        [
            before.select("account", n=pl.lit(1, pl.Int64)),
            after.select("account", n=pl.lit(-1, pl.Int64)),
        ]
    )
    left = rows.group_by("account").agg(pl.col("n").sum()).filter(pl.col("n") > 0)
    found.append(left.select(pl.col("account").repeat_by("n").explode(), fault=pl.lit(fault)))


def _faults(found: list[pl.DataFrame]) -> pl.DataFrame:
    empty = pl.DataFrame(schema={"account": pl.UInt32, "fault": pl.String})
    rows = pl.concat([empty, *found], how="vertical_relaxed")
    return rows.group_by("account", "fault").agg(rows=pl.len()).sort("account", "fault")
