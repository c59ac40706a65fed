"""The files that `tradecast kpi compute` reads: one account, as CSV or Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from flows.errors import CommandError, one_line
from rules.kpi.inputs import CURRENCY, OPTIONAL, TABLES, Inputs, inputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACCOUNT = 0  # the one account that the files are of
_PARQUET = b"PAR1"
_WORDS = {
    "Float64": "a number",
    "Int64": "a whole number",
    "Boolean": "true or false",
    "Date": "a date as 2024-01-31",
    "Datetime": "a time in UTC as 2024-01-31 12:00:00",
}


def read(files: Mapping[str, Path | None]) -> Inputs:
    """Return the inputs of the account that the files describe.

    Args:
        files: by table (daily, trades, executions, emotions, breaches); None is an empty table.

    Raises:
        CommandError: a file is neither CSV nor Parquet, or is a device or a pipe, or a value is
            not what it should be.
        InputError: a column is missing, or the rows contradict each other.
        OSError: a file cannot be read.
    """
    tables = {name: _table(name, file) for name, file in files.items() if file is not None}
    accounts = pl.DataFrame({"account": [ACCOUNT]}, schema={"account": pl.UInt32})
    return inputs(accounts=accounts, **tables)


def _table(name: str, file: Path) -> pl.DataFrame:
    if file.exists() and not (file.is_file() or file.is_dir()):
        # It is read twice, and as a whole.
        raise CommandError(f"{file} is no ordinary file; write its rows to one, and name that")
    with file.open("rb") as data:
        parquet = data.read(len(_PARQUET)) == _PARQUET
    try:
        rows = pl.read_parquet(file) if parquet else pl.read_csv(file, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        kind = "Parquet" if parquet else "CSV"
        raise CommandError(f"{file} is no {kind} file: {one_line(str(error))}") from error
    missing = [c for c in TABLES[name] if c not in rows.columns and (name, c) not in OPTIONAL]
    if missing:
        raise CommandError(f"{file} has no column {', '.join(missing)}")
    types = {c: type_ for c, type_ in TABLES[name].items() if c in rows.columns}
    columns = [_column(file, rows[c], type_) for c, type_ in types.items()]
    columns += [rows[CURRENCY].cast(pl.String)] if CURRENCY in rows.columns else []
    account = pl.lit(ACCOUNT, dtype=pl.UInt32).alias("account")
    return pl.DataFrame(columns).with_columns(account)


def _column(file: Path, values: pl.Series, type_: pl.DataType) -> pl.Series:
    """Return a column in its type; what cannot be is named with its place."""
    read = _parsed(values, type_) if values.dtype == pl.String else _cast(values, type_)
    wrong = (read.is_null() & values.is_not_null()).arg_true()
    if type_ == pl.Float64():
        wrong = (read.is_null() & values.is_not_null() | ~read.is_finite()).arg_true()
    if wrong.len():
        row = wrong[0]
        expected = _WORDS[str(type_.base_type())]
        found = f"{values.name} was {values[row]!r} in row {row + 1}"
        raise CommandError(f"{file}: {found}, expected {expected}")
    return read


def _cast(values: pl.Series, type_: pl.DataType) -> pl.Series:
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if type_ == pl.Int64() and values.dtype.is_float():
        return _whole(values)
    return values.cast(type_, strict=False)


def _parsed(values: pl.Series, type_: pl.DataType) -> pl.Series:
    text = values.str.strip_chars()
    if type_ == pl.Int64():
        return _whole(text.cast(pl.Float64, strict=False))
    if type_ == pl.Boolean():
        words = {"true": True, "false": False, "1": True, "0": False}
        return text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    if type_ == pl.Date():
        return text.str.to_date("%Y-%m-%d", strict=False)
    if isinstance(type_, pl.Datetime):
        plain = text.str.replace("T", " ").str.replace(r"(Z|\+00:?00)$", "")
        return plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    return text.cast(type_, strict=False)


def _whole(values: pl.Series) -> pl.Series:
    whole = pl.select(pl.when(values.is_finite() & (values.floor() == values)).then(values))
    return whole.to_series().cast(pl.Int64).rename(values.name)
