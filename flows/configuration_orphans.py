"""Refusing a trading configuration under which no signal could close what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from config import orphans
from config.errors import WorldError
from flows.errors import complain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from config.change import Change
    from sinks.duckdb.reader import Reader

# An order without an outcome may have opened, or may open yet, what nobody could close then.
_OPEN = """
SELECT
  CAST(account_id AS VARCHAR) AS account, CAST(strategy_id AS VARCHAR) AS strategy, symbol,
  count(*) FILTER (trade) AS trades, count(*) FILTER (NOT trade) AS orders
FROM (
  SELECT account_id, strategy_id, symbol, true AS trade FROM trades
  WHERE status = 'executed' AND closed_at IS NULL AND backtest_id IS NULL
  UNION ALL
  SELECT account_id, strategy_id, symbol, false AS trade FROM orders
  WHERE state <> 'final' OR outcome = 'unresolved'
)
GROUP BY ALL
"""
_TOLD = 20  # lines


def refuse_orphans(control: Reader, tables: Mapping[str, pa.Table], found: Change) -> None:
    """Refuse a change that takes the way to what is open.

    Raises:
        WorldError: with a line for each account and symbol.
    """
    from sinks.duckdb.frames import QueryFailed  # noqa: PLC0415 - with DuckDB

    if not orphans.possible(found.counts):
        return
    try:
        rows = control.query(_OPEN).read_all().to_pylist()
    except QueryFailed as error:
        complain(f"what is open cannot be read, so this may orphan it: {error}")
        return
    opened = [
        orphans.Open(
            account=UUID(row["account"]).bytes,
            strategy=UUID(row["strategy"]).bytes if row["strategy"] else None,
            symbol=row["symbol"],
            trades=row["trades"],
            orders=row["orders"],
        )
        for row in rows
    ]
    lines = orphans.orphans(tables, found.tables, opened)
    if lines:
        more = [f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
        raise WorldError(
            [
                "no signal could close any more what is open here; close it first, or say --orphan",
                *lines[:_TOLD],
                *more,
            ]
        )
