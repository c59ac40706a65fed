"""The fold of reports: how orders, and the pairs that they are legs of, come to their outcomes.

All folds (`fold_reports`, `fold_trades`, `fold_deals`, `fold_marks`, and `new_rows` for what is
decided) run when a shard decides, when it hears of events, and when it reads its logs again; so
its memory is what the logs say and nothing else (design, law 2). They are columnar: one call
folds the records of a whole read, of any number of partitions.
"""

import numpy as np
from numpy.typing import NDArray

from rules.fold_trades import Before, apply_to_trades
from rules.order_life import accepts, is_final, worse, worst
from rules.state import State
from rules.tables import Rows, in_turns
from rules.touched import Touched, raise_version
from schema.wire import Records


def fold_reports(state: State, reports: Records, version: int | NDArray[np.int64]) -> Touched:
    """Fold REPORT records in their order; repeats and what is older than the state are dropped."""
    touched = Touched()
    versions = np.broadcast_to(np.asarray(version, dtype=np.int64), len(reports))
    for turn in in_turns(reports["order_id"].tolist()):
        _fold_turn(state, reports[turn], versions[turn], touched)
    return touched


def _fold_turn(
    state: State, reports: Records, versions: NDArray[np.int64], touched: Touched
) -> None:
    rows = state.orders.find(reports["order_id"])
    known = rows >= 0
    rows, reports, versions = rows[known], reports[known], versions[known]
    news = accepts(state.orders.rows[rows], reports)
    rows, reports, versions = rows[news], reports[news], versions[news]
    if not len(rows):
        return
    orders = state.orders.rows
    was = Before(*(orders[name][rows] for name in Before._fields))
    for name in (
        *("state", "outcome", "reason", "sent", "retcode", "filled", "message"),
        *("reported_at", "owner", "term"),
    ):
        orders[name][rows] = reports[name]
    # A report without a price leaves what deals or an earlier one said.
    told = reports["price"] != 0
    orders["fill_price"][rows] = np.where(told, reports["price"], orders["fill_price"][rows])
    orders["dealt"][rows] *= ~told
    for name in (
        *("order_ticket", "position_ticket", "asked_price"),
        *("claimed_at", "sent_at", "done_at"),
    ):
        orders[name][rows] = np.where(reports[name] != 0, reports[name], orders[name][rows])
    raise_version(orders, rows, versions)
    touched.orders.append(rows)
    apply_to_trades(state, rows, was, versions, touched)
    _settle_pairs(state, orders["pair"][rows], versions, touched)


def _settle_pairs(
    state: State, pair_rows: Rows, versions: NDArray[np.int64], touched: Touched
) -> None:
    pairs, orders = state.pairs.rows, state.orders.rows
    pair_rows, where = np.unique(pair_rows, return_index=True)
    legs = pairs["legs"][pair_rows].astype(np.int64)
    starts = np.cumsum(legs) - legs
    leg_rows = np.arange(legs.sum()) + np.repeat(pairs["first"][pair_rows] - starts, legs)
    outcomes = orders["outcome"][leg_rows]
    final = is_final(orders["state"][leg_rows], outcomes)
    finals = np.add.reduceat(final.astype(np.uint8), starts)
    status = worse(worst(outcomes, starts), pairs["outcome"][pair_rows])
    # The reason is that of the first leg that has the pair's outcome.
    own = outcomes == np.repeat(status, legs)
    place = np.where(own, np.arange(len(own)), len(own))
    best = np.minimum.reduceat(place, starts)
    reason = np.where(
        best < len(own),
        orders["reason"][leg_rows[np.minimum(best, len(own) - 1)]],
        pairs["reason"][pair_rows],
    )
    pairs["legs_final"][pair_rows] = finals
    pairs["status"][pair_rows] = status
    pairs["status_reason"][pair_rows] = reason
    last = np.maximum.reduceat(
        np.maximum(orders["done_at"][leg_rows], orders["reported_at"][leg_rows]), starts
    )
    pairs["finished_at"][pair_rows] = np.where(finals == legs, last, 0)
    raise_version(pairs, pair_rows, versions[where])
    touched.pairs.append(pair_rows)
