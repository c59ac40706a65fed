"""The accounts as the frames that KPIs are computed from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tests.kpi_reference.accounts import Account

TABLES = ("daily", "trades", "executions", "emotions", "breaches")


def tables(accounts: Sequence[Account]) -> dict[str, pl.DataFrame]:
    """Return the five tables, the rows of all accounts in each; NaN and empty become null."""
    return {
        table: pl.concat([_frame(account, table) for account in accounts], how="diagonal_relaxed")
        for table in TABLES
    }


def _frame(account: Account, table: str) -> pl.DataFrame:
    columns = {name: values.tolist() for name, values in getattr(account, table).items()}
    frame = pl.DataFrame(columns, strict=False).with_columns(pl.lit(account.name).alias("account"))
    return frame.with_columns(pl.selectors.float().fill_nan(None))
