"""The five tables that KPIs are computed from, and their columns.

Rows of many accounts stand in one frame, told apart by `account`. Names, units and signs are
those of `tradecast kpi compute`'s files. Times are UTC; a column of a kind that was never
recorded (marks of an imported history, say) is all null, and the KPIs that need it are null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from rules.errors import Rejected
from rules.kpi.repairs import FINDINGS, repaired_days, repaired_trades
from rules.kpi.settings import COLUMNS as SETTINGS

_FLOAT, _WHOLE, _TEXT = pl.Float64(), pl.Int64(), pl.String()
_TIME = pl.Datetime("us")

DAILY: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "r": _FLOAT,  # simple return of the day, net of flows
    "bench": _FLOAT,  # benchmark's return of the day
    "flow": _FLOAT,  # deposit (+) or withdrawal (-) at the day's start
    "equity_open": _FLOAT,  # after the flow
    "equity": _FLOAT,  # at the close
    "equity_low": _FLOAT,  # with floating profit, as equity_high
    "equity_high": _FLOAT,
    "balance": _FLOAT,
    "balance_open": _FLOAT,
    "margin_used": _FLOAT,
}
TRADES: Mapping[str, pl.DataType] = {
    "trade_id": _TEXT,
    "symbol": _TEXT,
    "strategy": _TEXT,
    "side": _WHOLE,  # 1 buy, -1 sell
    "lots": _FLOAT,
    "entry_time": _TIME,
    "exit_time": _TIME,
    "entry_price": _FLOAT,
    "exit_price": _FLOAT,
    "sl_pips": _FLOAT,  # planned distance; null where there was no stop
    "tp_pips": _FLOAT,
    "pips": _FLOAT,  # result
    "pip_value": _FLOAT,  # account currency per pip and lot
    "contract": _FLOAT,  # units per lot
    "profit": _FLOAT,  # account currency, as commission, swap, mfe and mae
    "commission": _FLOAT,  # negative: paid
    "swap": _FLOAT,
    "nights": _FLOAT,
    "mfe": _FLOAT,  # >= 0, before costs
    "mae": _FLOAT,  # <= 0
    "slippage_entry": _FLOAT,  # pips, positive: adverse
    "slippage_exit": _FLOAT,
    "latency_ms": _FLOAT,
    "spread_pips": _FLOAT,
    "reason": _TEXT,  # sl, tp, manual, ea, stop_out
    # Balance before it, with all deposits and withdrawals; null: what trades before it left.
    "balance": _FLOAT,
}
EXECUTIONS: Mapping[str, pl.DataType] = {
    "order_id": _TEXT,
    "requested_volume": _FLOAT,
    "status": _TEXT,  # filled, partial, rejected, requote, canceled; any other was not filled
    "slippage_pips": _FLOAT,
    "latency_ms": _FLOAT,
    "filled_volume": _FLOAT,
    "sent_at": _TIME,  # null: it is not known, and no day leaves it out
}
EMOTIONS: Mapping[str, pl.DataType] = {
    "trade_id": _TEXT,
    "emotion": _TEXT,
    "intensity": _FLOAT,  # 1 to 5
    "followed_plan": pl.Boolean(),
    "confidence": _FLOAT,  # 1 to 10
}
BREACHES: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "rule": _TEXT,
    "severity": _TEXT,  # soft, hard
}
TABLES: Mapping[str, Mapping[str, pl.DataType]] = {
    "daily": DAILY,
    "trades": TRADES,
    "executions": EXECUTIONS,
    "emotions": EMOTIONS,
    "breaches": BREACHES,
}
OPTIONAL = {("daily", "bench"), ("trades", "balance"), ("executions", "sent_at")}
CURRENCY = "currency"  # a further column of daily and trades, compared and left out


class InputError(Rejected):
    """A table that KPIs cannot be computed from; the message says which, and why."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The five tables, checked for columns and types, and all accounts that there are.

    Attributes:
        accounts: `account`, and columns named as settings, which override them per account.
            An account may be without a row in the other tables.
        findings: `account`, `problem` and `rows`, how many could not be true as they stood;
            `rules.kpi.repairs` says what was done about each problem.
    """

    accounts: pl.DataFrame
    daily: pl.DataFrame
    trades: pl.DataFrame
    executions: pl.DataFrame
    emotions: pl.DataFrame
    breaches: pl.DataFrame
    key: pl.DataType = field(default=pl.UInt32())
    findings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FINDINGS))

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the five tables by name."""
        return {name: getattr(self, name) for name in TABLES}


def inputs(*, accounts: pl.DataFrame | None = None, **tables: pl.DataFrame | None) -> Inputs:
    """Return the inputs, each column in its type, and rows that cannot be true repaired.

    Where daily or trades have a column `currency`, each account must be in one.

    Args:
        accounts: all accounts, in any type that sorts; by default those that the tables name.
        tables: daily, trades, executions, emotions and breaches; none is an empty one.

    Raises:
        InputError: If a column is missing, of another type or not finite, if a row has no
            account, date or result, or if an account is in two currencies.
    """
    key = _key(accounts, tables)
    frames = {name: _typed(name, tables.get(name), key) for name in TABLES}
    _check_currency(tables)
    frames["daily"], days = repaired_days(frames["daily"])
    frames["trades"], trades = repaired_trades(frames["trades"])
    if accounts is None:
        named = pl.concat([frame.select("account") for frame in frames.values()])
        accounts = named.unique().sort("account")
    if accounts["account"].is_duplicated().any():
        raise InputError("accounts has one account twice")
    unknown = set(accounts.columns) - {"account"} - set(SETTINGS)
    if unknown:
        raise InputError(f"accounts has no setting {min(unknown)!r}")
    overrides = {c: SETTINGS[c][1] for c in accounts.columns if c != "account"}
    cast = accounts.with_columns(pl.col(c).cast(type_) for c, type_ in overrides.items())
    findings = pl.concat([days, trades])
    frames = {name: frame.rechunk() for name, frame in frames.items()}
    return Inputs(accounts=cast.sort("account"), key=key, findings=findings, **frames)


def _key(accounts: pl.DataFrame | None, tables: Mapping[str, pl.DataFrame | None]) -> pl.DataType:
    unknown = set(tables) - set(TABLES)
    if unknown:
        raise TypeError(f"table was {min(unknown)!r}, expected one of {list(TABLES)}")
    for frame in (accounts, *tables.values()):
        if frame is not None and "account" in frame.columns:
            return frame.schema["account"]
    return pl.UInt32()


def _typed(name: str, frame: pl.DataFrame | None, key: pl.DataType) -> pl.DataFrame:
    types = {"account": key, **TABLES[name]}
    if frame is None:
        return pl.DataFrame(schema=types)
    missing = [c for c in types if c not in frame.columns and (name, c) not in OPTIONAL]
    if missing:
        raise InputError(f"{name} has no column {missing[0]!r}")
    columns = [_column(name, frame, column, type_) for column, type_ in types.items()]
    typed = pl.DataFrame(columns)
    _check_known(name, typed)
    return typed


def _column(name: str, frame: pl.DataFrame, column: str, type_: pl.DataType) -> pl.Series:
    if column not in frame.columns:
        return pl.Series(column, [None] * frame.height, dtype=type_)
    values = frame[column]
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    try:
        values = values.cast(type_)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{name}.{column} was {values.dtype}, expected {type_}") from error
    if type_ == pl.Float64() and not values.is_finite().all():
        raise InputError(f"{name}.{column} has a value that is not finite")
    return values


def _check_known(name: str, frame: pl.DataFrame) -> None:
    for column in ("account", "date", "exit_time", "profit"):
        if column in frame.columns and frame[column].has_nulls():
            raise InputError(f"{name}.{column} has an empty value")
    if "side" in frame.columns and not frame["side"].is_in([1, -1]).all():
        wrong = frame.filter(pl.col("side").is_in([1, -1]).not_() | pl.col("side").is_null())
        raise InputError(f"{name}.side was {wrong['side'][0]}, expected 1 or -1")


def _check_currency(tables: Mapping[str, pl.DataFrame | None]) -> None:
    stated = [
        frame.select("account", CURRENCY).unique()
        for name in ("daily", "trades")
        if (frame := tables.get(name)) is not None and CURRENCY in frame.columns
    ]
    if stated:
        mixed = pl.concat(stated).unique().sort("account", CURRENCY)
        mixed = mixed.group_by("account").agg(CURRENCY).filter(pl.col(CURRENCY).list.len() > 1)
        for account, currencies in mixed.sort("account").iter_rows():
            raise InputError(f"account {account} was in {currencies}, expected one currency")
