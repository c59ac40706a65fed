"""What is done about rows that cannot be true as they stand; each repair is a finding.

problem              | what is done
-------------------- | ---------------------------------------------------------------------------
repeated_day         | an account has a date twice: the row given last stands, it corrects the other
days_out_of_order    | the clock went back: days are taken in the order of their dates
missing_days         | weekdays without a row between two rows: none is made up, none counts as 0
no_opening_equity    | a day opened at or below 0: its return is unknown; its money counts
repeated_trade       | an account has a trade twice: the row given last stands
closed_before_opened | its result counts; when it was opened is unknown, and so is its duration
"""

import polars as pl

FINDINGS = {"problem": pl.String(), "rows": pl.UInt32()}

_ACCOUNT, _DATE = pl.col("account"), pl.col("date")
_SAME = _ACCOUNT.shift(1) == _ACCOUNT


def repaired_days(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return daily rows, an account's date once, and what was found, by account."""
    found = [_found(rows, _SAME & (_DATE.shift(1) > _DATE), "days_out_of_order")]
    once = _once(rows, "date")
    found.append(_dropped(rows, once, "repeated_day"))
    rows = once.sort("account", "date")
    missing = pl.business_day_count(_DATE.shift(1).dt.offset_by("1d"), _DATE)
    gaps = rows.select("account", rows=pl.when(_SAME).then(missing)).filter(pl.col("rows") > 0)
    found.append(_summed(gaps, "missing_days"))
    empty = pl.col("equity_open") <= 0
    found.append(_found(rows, empty & pl.col("r").is_not_null(), "no_opening_equity"))
    return rows.with_columns(r=pl.when(empty.not_() | empty.is_null()).then("r")), _joined(found)


def repaired_trades(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return trades, each of an account once, and what was found, by account."""
    once = _once(rows, "trade_id")
    found = [_dropped(rows, once, "repeated_trade")]
    impossible = pl.col("exit_time") < pl.col("entry_time")
    found.append(_found(once, impossible, "closed_before_opened"))
    known = impossible.not_() | impossible.is_null()
    return once.with_columns(entry_time=pl.when(known).then("entry_time")), _joined(found)


def _once(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    # Rows of one key have one hash, so as many hashes as rows are as many keys, at a quarter of
    # the time that telling keys apart takes.
    hashes = rows.select((_ACCOUNT.hash(1) ^ pl.col(key).hash(2)).n_unique()).item()
    if hashes == rows.height:
        return rows
    return rows.unique(["account", key], keep="last", maintain_order=True)


def _found(rows: pl.DataFrame, where: pl.Expr, problem: str) -> pl.DataFrame:
    return _summed(rows.filter(where).select("account", rows=pl.lit(1)), problem)


def _dropped(before: pl.DataFrame, after: pl.DataFrame, problem: str) -> pl.DataFrame:
    if before.height == after.height:
        return _summed(before.clear().select("account", rows=pl.lit(1)), problem)
    counts = [
        frame.select("account", rows=pl.lit(sign)) for frame, sign in ((before, 1), (after, -1))
    ]
    return _summed(pl.concat(counts), problem).filter(pl.col("rows") > 0)


def _summed(rows: pl.DataFrame, problem: str) -> pl.DataFrame:
    sums = rows.group_by("account").agg(problem=pl.lit(problem), rows=pl.col("rows").sum())
    return sums.cast({"rows": FINDINGS["rows"]})


def _joined(found: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(found).sort("account", "problem")
