"""Rows of what changed in a shard: one Arrow batch for each table, cut by partition.

A batch of few rows costs what a batch of many does, so no table is built once per partition.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from operators.replay import Logged, order_of
from rules import rows
from rules.decision_rows import decision_rows
from rules.names import Names
from rules.rows import ColumnValues
from rules.state import State
from rules.tables import Rows
from rules.touched import Touched, version_of
from schema import arrow
from schema.registry import table

Changed = dict[int, dict[str, pa.RecordBatch]]


def changed(state: State, names: Names, touched: Touched, decisions: Sequence[Logged]) -> Changed:
    """Return rows by partition and table.

    Args:
        state: After all that was touched.
        names: What rows need of the book.
        touched: Rows of the state that changed.
        decisions: Whose rows of `signal_decisions` are to be written.
    """
    out: Changed = {}
    orders = _unique(touched.orders)
    done = rows.finished(state, orders)
    trades = rows.opened(state, _unique(touched.trades))
    for name, chosen, records, columns in (
        ("orders", orders, state.orders.rows, lambda r: rows.order_rows(state, r, names)),
        ("trade_result", done, state.orders.rows, lambda r: rows.result_rows(state, r)),
        ("result_metrics", done, state.orders.rows, lambda r: rows.metric_rows(state, r, names)),
        (
            "signal_execution_status",
            _unique(touched.pairs),
            state.pairs.rows,
            lambda r: rows.status_rows(state, r),
        ),
        ("trades", trades, state.trades.rows, lambda r: rows.trade_rows(state, r, names)),
    ):
        _cut(out, name, chosen, records["partition"][chosen], columns)
    marks = np.concatenate([*touched.minutes, state.accounts.records(_unique(touched.accounts))])
    every = np.flatnonzero(marks["marked_at"] > 0)
    _cut(out, "account_marks", every, marks["partition"][every], lambda r: rows.mark_rows(marks[r]))
    if touched.deals:
        deals = np.concatenate(touched.deals)
        account = state.accounts.find(deals["account_id"])
        where = state.accounts.rows["partition"][account]
        every = np.arange(len(deals))
        _cut(out, "deals", every, where, lambda r: rows.deal_rows(state, deals[r], names))
    _decisions(out, decisions)
    return out


def _cut(
    out: Changed,
    name: str,
    chosen: Rows,
    partition: Any,
    columns: Callable[[Rows], ColumnValues],
) -> None:
    if not len(chosen):
        return
    order = np.argsort(partition, kind="stable")
    batch = arrow.batch(table(name), columns(chosen[order]))
    found, starts = np.unique(partition[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    for one, start, end in zip(found.tolist(), starts.tolist(), ends.tolist(), strict=True):
        out.setdefault(one, {})[name] = batch.slice(start, end - start)


def _decisions(out: Changed, decisions: Sequence[Logged]) -> None:
    told = [one for one in decisions if len(one[2].verdicts)]
    if not told:
        return
    of, columns = decision_rows([decision for _, _, decision in told])
    shared = {
        "partition": np.array([partition for partition, _, _ in told]),
        "decision_id": np.array([entry_id for _, entry_id, _ in told]),
        "previous_id": np.array([decision.previous for _, _, decision in told]),
        "events_position": np.array([decision.events for _, _, decision in told]),
        "config_version": np.array([decision.config for _, _, decision in told]),
        "version": np.array([version_of(*order_of(entry_id)) for _, entry_id, _ in told]),
    }
    columns |= {name: values[of] for name, values in shared.items()}

    def picked(rows: Rows) -> ColumnValues:
        return {
            name: values[rows]
            if isinstance(values, np.ndarray)
            else [values[row] for row in rows.tolist()]
            for name, values in columns.items()
        }

    _cut(out, "signal_decisions", np.arange(len(of)), columns["partition"], picked)


def _unique(parts: Sequence[Rows]) -> Rows:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))
