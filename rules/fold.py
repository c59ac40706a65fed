"""The fold: how decisions and events change the state of a shard.

The same functions run when a shard decides, when it hears of events, and when it reads its
logs again; so its memory is what the logs say and nothing else (design, law 2). They are
columnar: one call folds the records of a whole read, of any number of partitions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rules.order_life import EXECUTED, RANK, accepts, is_final, worse, worst
from rules.state import State, TradeState, live
from rules.tables import Part, RecordTable, Rows
from schema.enums import LegKind, Outcome
from schema.ids import PARTITIONS
from schema.wire import Records

Flags = NDArray[np.bool_]
SEQUENCE_BITS = 20
MINUTE = 60_000_000


@dataclass
class Touched:
    """Rows that changed since the last look, for whoever writes them down."""

    orders: list[Rows] = field(default_factory=list)
    pairs: list[Rows] = field(default_factory=list)
    trades: list[Rows] = field(default_factory=list)
    accounts: list[Rows] = field(default_factory=list)
    deals: list[Records] = field(default_factory=list)  # deals that were new

    @property
    def any(self) -> bool:
        """Whether there are rows."""
        return bool(self.orders or self.pairs or self.trades or self.accounts or self.deals)

    def add(self, other: "Touched") -> None:
        """Take in what another fold touched."""
        for name in ("orders", "pairs", "trades", "accounts", "deals"):
            getattr(self, name).extend(getattr(other, name))


def version_of(entry_ms: int, entry_seq: int) -> int:
    """Return a stream id as one number that sorts the same (2^20 entries a millisecond)."""
    return (entry_ms << SEQUENCE_BITS) | min(entry_seq, (1 << SEQUENCE_BITS) - 1)


def _raise_version(records: RecordTable, rows: Rows, version: int | NDArray[np.int64]) -> None:
    # Ids of two streams may disagree about the order when a clock steps; a version never falls.
    records["version"][rows] = np.maximum(records["version"][rows] + 1, version)


def stamp(state: State, touched: Touched, decisions: Mapping[int, tuple[int, int]]) -> None:
    """Write the ids of decisions, by partition, into the rows they made."""
    known = np.zeros(PARTITIONS, np.bool_)
    entry_ms, entry_seq, version = (np.zeros(PARTITIONS, np.int64) for _ in range(3))
    for partition, (ms, seq) in decisions.items():
        known[partition], entry_ms[partition], entry_seq[partition] = True, ms, seq
        version[partition] = version_of(ms, seq)
    for records, lists, is_new in (
        (state.orders.rows, touched.orders, True),
        (state.pairs.rows, touched.pairs, True),
        (state.trades.rows, touched.trades, False),
    ):
        if not lists:
            continue
        # Once each: what several waves of one decision touched has one version, as in a replay.
        rows = lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))
        partition_of = records["partition"][rows]
        own, its = rows[known[partition_of]], partition_of[known[partition_of]]
        if is_new:
            records["decision_ms"][own] = entry_ms[its]
            records["decision_seq"][own] = entry_seq[its]
        _raise_version(records, own, version[its])


def fold_reports(state: State, reports: Records, version: int | NDArray[np.int64]) -> Touched:
    """Fold REPORT records in their order; repeats and what is older than the state are dropped."""
    touched = Touched()
    versions = np.broadcast_to(np.asarray(version, dtype=np.int64), len(reports))
    for turn in _turns(reports["order_id"].tolist()):
        _fold_turn(state, reports[turn], versions[turn], touched)
    return touched


def _turns(keys: list[bytes]) -> list[Rows]:
    """Split positions so that no key comes twice in one turn and each key keeps its order."""
    if len(set(keys)) == len(keys):
        return [np.arange(len(keys))]
    turns: list[list[int]] = []
    count: dict[bytes, int] = {}
    for position, key in enumerate(keys):
        turn = count.get(key, 0)
        count[key] = turn + 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(position)
    return [np.array(turn, dtype=np.int64) for turn in turns]


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
    was, was_filled = orders["outcome"][rows], orders["filled"][rows]
    for name in (
        *("state", "outcome", "reason", "sent", "retcode", "filled", "message"),
        *("reported_at", "owner", "term"),
    ):
        orders[name][rows] = reports[name]
    orders["fill_price"][rows] = reports["price"]
    for name in (
        *("order_ticket", "position_ticket", "asked_price"),
        *("claimed_at", "sent_at", "done_at"),
    ):
        orders[name][rows] = np.where(reports[name] != 0, reports[name], orders[name][rows])
    _raise_version(orders, rows, versions)
    touched.orders.append(rows)
    _apply_to_trades(state, rows, was, was_filled, versions, touched)
    _settle_pairs(state, orders["pair"][rows], versions, touched)


def _apply_to_trades(
    state: State,
    rows: Rows,
    was: NDArray[np.uint8],
    was_filled: NDArray[np.int64],
    versions: NDArray[np.int64],
    touched: Touched,
) -> None:
    orders = state.orders.rows[rows]
    has_trade = orders["trade"] >= 0
    done = RANK[orders["outcome"]] == EXECUTED
    over = RANK[orders["outcome"]] > RANK[Outcome.UNRESOLVED]
    was_over = RANK[was] > RANK[Outcome.UNRESOLVED]
    opens = has_trade & (orders["kind"] == LegKind.OPEN)
    closes = has_trade & (orders["kind"] == LegKind.CLOSE)
    modifies = has_trade & (orders["kind"] == LegKind.MODIFY) & done
    _opened(state, orders[opens & done])
    _not_opened(state, orders[opens & over & ~done & ~was_over])
    placed = orders[opens & ~done]
    _hold(state, placed["trade"], placed["position_ticket"])
    # A closing order may report more than once as it fills: only what is new counts.
    counted = np.where(RANK[was] == EXECUTED, was_filled, 0)
    _closed(state, orders[closes & done], counted[closes & done])
    released = orders[closes & over & ~was_over]
    trades = state.trades.rows
    np.subtract.at(trades["closing"], released["trade"], released["volume"])
    for name in ("stop_loss", "take_profit"):
        changed = orders[modifies & (orders[name] != 0)]
        trades[name][changed["trade"]] = changed[name]
    touched_rows, where = np.unique(orders["trade"][has_trade], return_index=True)
    _raise_version(trades, touched_rows, versions[has_trade][where])
    touched.trades.append(touched_rows)


def _opened(state: State, orders: Part) -> None:
    trades, rows = state.trades.rows, orders["trade"]
    revived = ~live(trades[rows])
    trades["closed_at"][rows[revived]] = 0
    np.add.at(state.accounts.rows["open_trades"], trades["account"][rows[revived]], 1)
    trades["volume"][rows] = np.maximum(orders["filled"] - trades["closed"][rows], 0)
    trades["entry_price"][rows] = orders["fill_price"]
    trades["opened_at"][rows] = orders["done_at"]
    trades["state"][rows] = TradeState.OPEN
    _hold(state, rows, orders["position_ticket"])
    _close_empty(state, rows, orders["done_at"])


def _hold(state: State, rows: Rows, tickets: NDArray[np.int64]) -> None:
    """Note the positions of trades. One that several trades share is the newest trade's."""
    trades = state.trades.rows
    told = tickets != 0
    rows, tickets = rows[told], tickets[told]
    trades["position_ticket"][rows] = tickets
    accounts = trades["account_id"][rows].tolist()
    for account, ticket, row in zip(accounts, tickets.tolist(), rows.tolist(), strict=True):
        key = (account, ticket)
        state.positions[key] = max(row, state.positions.get(key, row))


def _not_opened(state: State, orders: Part) -> None:
    trades, rows = state.trades.rows, orders["trade"]
    trades["state"][rows] = TradeState.NEVER
    trades["volume"][rows] = 0
    trades["closed_at"][rows] = orders["reported_at"]
    np.subtract.at(state.accounts.rows["open_trades"], trades["account"][rows], 1)


def _closed(state: State, orders: Part, earlier: NDArray[np.int64]) -> None:
    reduce_volume(state, orders["trade"], orders["filled"] - earlier, orders["fill_price"])
    _close_empty(state, orders["trade"], orders["done_at"])


def reduce_volume(
    state: State, rows: Rows, volume: NDArray[np.int64], price: NDArray[np.int64]
) -> None:
    """Take closed volume off positions, and keep the mean exit price."""
    trades = state.trades.rows
    for row, amount, at in zip(rows.tolist(), volume.tolist(), price.tolist(), strict=True):
        closed = int(trades["closed"][row])
        total = closed + amount
        if amount <= 0:
            continue
        mean = (int(trades["exit_price"][row]) * closed + at * amount) / total
        trades["exit_price"][row] = round(mean)
        trades["closed"][row] = total
        trades["volume"][row] = max(int(trades["volume"][row]) - amount, 0)


def _close_empty(state: State, rows: Rows, when: Records) -> None:
    trades = state.trades.rows
    rows, where = np.unique(rows, return_index=True)
    empty = (trades["state"][rows] == TradeState.OPEN) & (trades["volume"][rows] == 0)
    rows, when = rows[empty], when[where][empty]
    trades["state"][rows] = TradeState.CLOSED
    trades["closed_at"][rows] = when
    np.subtract.at(state.accounts.rows["open_trades"], trades["account"][rows], 1)


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
    _raise_version(pairs, pair_rows, versions[where])
    touched.pairs.append(pair_rows)


def fold_deals(
    state: State, deals: Records, partitions: NDArray[np.int32], version: int | NDArray[np.int64]
) -> Touched:
    """Fold DEAL records: money of trades, and closings that were not ours (SL, TP, by hand)."""
    touched = Touched()
    if not len(deals):
        return touched
    versions = np.broadcast_to(np.asarray(version, dtype=np.int64), len(deals))
    accounts = state.account_rows(deals["account_id"], partitions)
    fresh = _fresh(state, accounts, deals["deal_ticket"])
    deals, versions = deals[fresh], versions[fresh]
    np.maximum.at(state.accounts.rows["last_deal"], accounts[fresh], deals["deal_ticket"])
    order = state.orders.find(deals["order_id"])
    _learn_positions(state, order, deals)
    keys = zip(deals["account_id"].tolist(), deals["position_ticket"].tolist(), strict=True)
    by_ticket = np.array([state.positions.get(key, -1) for key in keys], dtype=np.int64)
    ours = order >= 0
    trade = np.where(ours, _trade_of(state, order), by_ticket)
    booked = trade >= 0
    trades, orders = state.trades.rows, state.orders.rows
    for name in ("profit", "commission", "swap", "fee"):
        np.add.at(trades[name], trade[booked], deals[name][booked])
    for name in ("profit", "commission", "swap"):
        np.add.at(orders[name], order[ours], deals[name][ours])
    out = booked & (deals["entry"] != 0)
    trades["close_reason"][trade[out]] = deals["reason"][out]
    foreign = out & ~ours
    reduce_volume(state, trade[foreign], deals["volume"][foreign], deals["price"][foreign])
    _close_empty(state, trade[foreign], deals["time"][foreign])
    rows, where = np.unique(trade[booked], return_index=True)
    _raise_version(trades, rows, versions[booked][where])
    touched.trades.append(rows)
    mine, first = np.unique(order[ours], return_index=True)
    _raise_version(orders, mine, versions[ours][first])
    touched.orders.append(mine)
    touched.deals.append(deals)
    return touched


def _learn_positions(state: State, order_rows: Rows, deals: Records) -> None:
    """Learn which position an opening became from its deal; the report may come long after it."""
    entries = np.flatnonzero((order_rows >= 0) & (deals["entry"] == 0))
    kinds = state.orders.rows["kind"][order_rows[entries]]
    entries = entries[kinds == LegKind.OPEN]
    trade = state.orders.rows["trade"][order_rows[entries]]
    known = trade >= 0
    trade, entries = trade[known], entries[known]
    fresh = state.trades.rows["position_ticket"][trade] == 0
    _hold(state, trade[fresh], deals["position_ticket"][entries[fresh]])


def _fresh(state: State, accounts: Rows, tickets: Records) -> Flags:
    """Return which deals are above their account's highest one; tickets ascend per account."""
    seen: set[tuple[int, int]] = set()
    known = state.accounts.rows["last_deal"][accounts]
    fresh = np.asarray(tickets > known)
    for place, key in enumerate(zip(accounts.tolist(), tickets.tolist(), strict=True)):
        fresh[place] &= key not in seen
        seen.add(key)
    return fresh


def _trade_of(state: State, order_rows: Rows) -> Rows:
    if not state.orders.count:
        return np.full(len(order_rows), -1)
    return np.where(order_rows >= 0, state.orders.rows["trade"][np.maximum(order_rows, 0)], -1)


def fold_marks(
    state: State, marks: Records, partitions: NDArray[np.int32], version: int | NDArray[np.int64]
) -> Touched:
    """Fold MARK records; a mark older than its account's last one is dropped."""
    touched = Touched()
    versions = np.broadcast_to(np.asarray(version, dtype=np.int64), len(marks))
    for turn in _turns(marks["account_id"].tolist()):
        rows = state.account_rows(marks["account_id"][turn], partitions[turn])
        newer = marks["marked_at"][turn] > state.accounts.rows["marked_at"][rows]
        rows, news = rows[newer], turn[newer]
        _mark(state.accounts.rows, rows, marks[news])
        state.accounts.rows["partition"][rows] = partitions[news]
        _raise_version(state.accounts.rows, rows, versions[news])
        touched.accounts.append(rows)
    return touched


def _mark(accounts: RecordTable, rows: Rows, marks: Records) -> None:
    minute = marks["marked_at"] // MINUTE * MINUTE
    same = minute == accounts["minute"][rows]
    low, high = marks["equity_low"], marks["equity_high"]
    so_far_low, so_far_high = accounts["equity_low"][rows], accounts["equity_high"][rows]
    accounts["equity_low"][rows] = np.where(same, np.minimum(low, so_far_low), low)
    accounts["equity_high"][rows] = np.where(same, np.maximum(high, so_far_high), high)
    accounts["minute"][rows] = minute
    for name in (
        *("balance", "equity", "margin", "margin_free", "open_positions"),
        *("leverage", "currency", "marked_at"),
    ):
        accounts[name][rows] = marks[name]
