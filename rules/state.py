"""The state of a shard: what the logs of its partitions come to when they are folded.

Four tables: orders (legs), pairs (signal, account), trades (positions, from the moment an
opening is dispatched) and accounts. Only the folds change them.
"""

import numpy as np
from numpy.typing import NDArray

from rules.tables import Fields, RecordTable, Rows
from schema.enums import Vocabulary
from schema.ids import Ids
from schema.wire import ORDER, VERDICT


class TradeState(Vocabulary):
    """Where a position is on its way."""

    OPENING = 0  # dispatched, not filled: counted as exposure
    PENDING = 1  # a limit or stop order waits at the broker
    OPEN = 2
    CLOSED = 3
    NEVER = 4  # the opening did not fill


ORDER_STATE = np.dtype(
    [
        *ORDER.descr,
        ("partition", "<i4"),
        ("pair", "<i8"),  # row of pairs
        ("trade", "<i8"),  # row of trades it opens or acts on, -1 none
        ("decision_ms", "<i8"),
        ("decision_seq", "<i8"),
        ("state", "<u1"),
        ("outcome", "<u1"),
        ("reason", "<u1"),
        ("sent", "<u1"),
        ("retcode", "<i4"),
        ("order_ticket", "<i8"),
        ("position_ticket", "<i8"),
        ("filled", "<i8"),
        ("fill_price", "<i8"),
        ("dealt", "<i8"),  # volume of the deals that `fill_price` is the mean of, 0: a report's
        ("asked_price", "<i8"),
        ("claimed_at", "<i8"),
        ("sent_at", "<i8"),
        ("done_at", "<i8"),
        ("reported_at", "<i8"),
        ("owner", "V16"),
        ("term", "<i8"),
        ("message", "S64"),
        ("profit", "<i8"),
        ("commission", "<i8"),
        ("swap", "<i8"),
        ("version", "<i8"),
    ]
)

PAIR_STATE = np.dtype(
    [
        *VERDICT.descr,
        ("partition", "<i4"),
        ("first", "<i8"),  # row of its first leg in orders, -1 none; legs follow each other
        ("decision_ms", "<i8"),
        ("decision_seq", "<i8"),
        ("legs_final", "<u1"),
        ("status", "<u1"),  # the pair's Outcome; NONE until all legs have one
        ("status_reason", "<u1"),
        ("finished_at", "<i8"),
        ("version", "<i8"),
    ]
)

TRADE_STATE = np.dtype(
    [
        ("trade_id", "V16"),  # order_id of the leg that opens it
        ("signal_id", "V16"),
        ("account_id", "V16"),
        ("strategy_id", "V16"),
        ("instance_id", "V16"),
        ("broker_id", "V16"),
        ("partition", "<i4"),
        ("account", "<i8"),  # row of accounts
        ("symbol", "S32"),
        ("side", "<u1"),
        ("order_type", "<u1"),
        ("state", "<u1"),
        ("asked", "<i8"),
        ("volume", "<i8"),  # open now, or expected while opening
        ("closed", "<i8"),
        ("closing", "<i8"),  # of `volume`, ordered to be closed and not yet confirmed
        ("order_price", "<i8"),  # at which a pending order was placed, 0 at market
        ("entry_price", "<i8"),
        ("exit_price", "<i8"),  # mean by volume over `priced`
        ("priced", "<i8"),  # of `closed`, at prices that are known
        ("stop_loss", "<i8"),
        ("take_profit", "<i8"),
        ("profit", "<i8"),
        ("commission", "<i8"),
        ("swap", "<i8"),
        ("fee", "<i8"),
        ("position_ticket", "<i8"),
        ("opened_at", "<i8"),
        ("closed_at", "<i8"),
        ("ended_by", "<u1"),  # DealReason of the last closing deal and 1, 0 for none
        ("decided_at", "<i8"),
        ("expires_at", "<i8"),
        ("version", "<i8"),
    ]
)

ACCOUNT_STATE = np.dtype(
    [
        ("account_id", "V16"),
        ("partition", "<i4"),
        ("balance", "<i8"),
        ("equity", "<i8"),
        ("equity_low", "<i8"),  # within `minute`
        ("equity_high", "<i8"),
        ("margin", "<i8"),
        ("margin_free", "<i8"),
        ("open_positions", "<i4"),
        ("leverage", "<f8"),
        ("currency", "S8"),
        ("marked_at", "<i8"),
        ("minute", "<i8"),  # start of the minute of the last mark, microseconds
        ("last_deal", "<i8"),  # highest deal ticket folded
        ("open_trades", "<i4"),  # opening, pending or open
        ("version", "<i8"),
    ]
)

# Trades in these states count as exposure and are found by signals.
LIVE_STATES = (TradeState.OPENING, TradeState.PENDING, TradeState.OPEN)


class State:
    """Orders, pairs, trades and accounts of the shard's partitions."""

    def __init__(self) -> None:
        self.orders = RecordTable(ORDER_STATE, ("order_id",), ORDER)
        self.pairs = RecordTable(PAIR_STATE, ("signal_id", "account_id"), VERDICT)
        self.trades = RecordTable(TRADE_STATE, ("trade_id",))
        self.accounts = RecordTable(ACCOUNT_STATE, ("account_id",))
        self.positions: dict[tuple[bytes, int], int] = {}  # (account, position ticket) -> trade row

    def account_rows(self, account_ids: Ids, partitions: NDArray[np.int32]) -> Rows:
        """Return the row of each account, made if it is new."""
        rows = self.accounts.find(account_ids)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            first = dict(zip(account_ids[missing].tolist(), missing.tolist(), strict=True))
            place = np.fromiter(first.values(), np.int64, len(first))
            new = self.accounts.extend(len(place))
            self.accounts["account_id"][new] = account_ids[place]
            self.accounts["partition"][new] = partitions[place]
            rows[missing] = self.accounts.find(account_ids[missing])
        return rows


def live(trades: Fields) -> NDArray[np.bool_]:
    """Return which trades count as exposure."""
    return np.asarray(trades["state"] <= int(TradeState.OPEN))
