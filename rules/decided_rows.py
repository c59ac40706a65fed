"""Verdicts and orders of what was decided, written straight into the state as its new rows.

What all pairs of a signal share is written once for the signal; a row begins as its copy.
"""

import numpy as np
from numpy.typing import NDArray

from rules.asked import Asked, Decided, Queue
from rules.legs import Legs, joined, nothing
from rules.links import Links
from rules.new_rows import link_orders, name_trades, settle_pairs, touched_by
from rules.state import State
from rules.tables import Rows, copied, raw, taken
from rules.touched import Touched
from schema.codes import ReasonCode, outcome_of
from schema.enums import LegKind, Side
from schema.ids import Ids, order_ids
from schema.wire import ORDER, UNITS, VERDICT, Records

Numbers = NDArray[np.int64]
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_OPEN, _CLOSE = int(LegKind.OPEN), int(LegKind.CLOSE)
_SYMBOL = VERDICT["symbol"]
_OUTCOME_OF = np.zeros(256, dtype=np.uint8)
for _code in ReasonCode:
    _OUTCOME_OF[_code] = outcome_of(_code)


class Writer:
    """Writes the rows of one decision.

    Args:
        state: That decides; its newest rows are the decision.
        links: Of the state.
        asked: The batch.
        now: Microseconds, UTC.
    """

    def __init__(self, state: State, links: Links, asked: Asked, now: int) -> None:
        self._state, self._book, self._asked = state, links.book, asked
        self._pairs, self._orders = state.pairs.count, state.orders.count
        signals, pairs = asked.signals, asked.pairs
        strategy = np.zeros(len(signals), np.int64)
        strategy[pairs.signal] = self._book.subscriptions.strategy[pairs.subscription]
        self._strategy_id: Ids = self._book.strategies.strategy_id[strategy]
        self._verdict = np.zeros(len(signals), VERDICT)
        self._acting = np.zeros(len(signals), ORDER)
        for records in (self._verdict, self._acting):
            records["strategy_id"] = self._strategy_id
            records["decided_at"] = now
            for name in ("signal_id", "fired_at", "received_at"):
                records[name] = getattr(signals, name)
        for name in ("action", "stream", "entry_ms", "entry_seq", "entry_row"):
            self._verdict[name] = getattr(signals, name)
        self._verdict["symbol"] = _encoded(signals.symbol.tolist())
        self._acting["magic"] = self._book.strategies.magic[strategy]
        market = signals.order_type == 0
        self._all_at_market = bool(market.all())
        self._acting["provider_price"] = signals.price * market
        self._acting["leg"] = self._acting["legs"] = 1
        self._opening: Records = raw(self._acting).copy().view(ORDER)
        self._opening["side"] = asked.intents.open_side
        self._opening["order_type"] = signals.order_type
        self._opening["expires_at"] = signals.expires_at * ~market

    def write(self, queue: Queue) -> Touched:
        """Write what became of the pairs of a block; their trades are open already."""
        state = self._state
        legs = joined(queue.legs) if queue.legs else nothing()
        goes = np.concatenate(queue.goes) if queue.goes else legs.asked[:0]
        count = np.bincount(goes, minlength=len(queue))
        if len(legs):
            count += np.bincount(legs.asked, minlength=len(queue))
        partition = self._book.accounts.partition[queue.account]
        pairs = self._write_verdicts(queue, count, partition)
        opened = slice(state.trades.count, state.trades.count)
        if queue.opened:
            opened = slice(queue.opened[0].start, queue.opened[-1].stop)
        group, acting, opening = _places(legs, goes)
        orders = state.orders.extend(len(group))
        made = state.orders.head[orders]
        self._write_openings(made, queue, goes, opening)
        if len(legs):
            raw(made)[acting] = raw(self._acting)[queue.signal[legs.asked]]
            made["kind"][acting] = legs.kind
        self._write_all(made, queue, group, numbered=len(legs) > 0)
        trade = np.empty(len(group), np.int64)
        trade[opening] = np.arange(opened.start, opened.stop)
        if len(goes):
            own = made if isinstance(opening, slice) else taken(made, opening)
            name_trades(state, opened, own, partition[goes])
        if len(legs):
            self._write_legs(made, legs, acting)
            trade[acting] = legs.trade
        link_orders(state, orders, group + pairs.start, trade, partition[group])
        return touched_by(pairs, orders, opened, legs.trade[legs.kind == _CLOSE])

    def decided(self, touched: Touched) -> Decided:
        """Return all that was written."""
        orders, pairs = self._state.orders, self._state.pairs
        return Decided(
            orders=orders.head[self._orders :],
            order_partition=orders["partition"][self._orders :],
            verdicts=pairs.head[self._pairs :],
            verdict_partition=pairs["partition"][self._pairs :],
            touched=touched,
        )

    def _write_verdicts(self, queue: Queue, legs: Numbers, partition: NDArray[np.int32]) -> slice:
        pairs = self._state.pairs
        added = pairs.extend(len(queue))
        verdicts = pairs.head[added]
        copied(self._verdict, queue.signal, verdicts)
        verdicts["account_id"] = self._book.accounts.account_id[queue.account]
        verdicts["reason"] = queue.reason
        verdicts["outcome"] = _OUTCOME_OF[queue.reason]
        verdicts["legs"] = legs
        settle_pairs(self._state, added, partition)
        return added

    def _write_openings(self, made: Records, queue: Queue, goes: Rows, place: Rows | slice) -> None:
        signal, account, row = queue.signal[goes], queue.account[goes], queue.row[goes]
        sized = self._asked.sized
        if isinstance(place, slice):
            copied(self._opening, signal, made)
        else:
            raw(made)[place] = raw(self._opening)[signal]
        made["symbol"][place] = self._book.instruments.symbol[queue.instrument[goes]]
        made["volume"][place] = queue.volume[goes]
        names = ("stop_loss", "take_profit")
        for name in names if self._all_at_market else ("price", "stop_price", *names):
            made[name][place] = getattr(sized, name)[row]
        age = self._book.accounts.max_signal_age[account]
        made["valid_until"][place] = self._asked.signals.fired_at[signal] + age

    def _write_all(self, made: Records, queue: Queue, group: Rows, *, numbered: bool) -> None:
        """Write what legs on trades and openings have alike; those of a pair stand together."""
        account, signal = queue.account[group], queue.signal[group]
        account_id = self._book.accounts.account_id[account]
        made["account_id"] = account_id
        made["instance_id"] = self._book.accounts.instance_id[account]
        made["broker_id"] = self._book.brokers[self._book.accounts.broker[account]]
        quote = self._asked.quote[queue.row[group]]
        quote = np.rint(np.where(np.isfinite(quote), quote, 0.0) * UNITS)
        made["quote_price"] = quote
        number = np.ones(len(group), np.int64)
        if numbered:
            number, size = _leg_numbers(group)
            made["leg"], made["legs"] = number, size
            made["after"] = (made["kind"] == _OPEN) & (number > 1)
        causes = self._asked.signals.signal_id[signal]
        made["order_id"] = order_ids(self._strategy_id[signal], causes, account_id, number)

    def _write_legs(self, made: Records, legs: Legs, place: Rows) -> None:
        trades = self._state.trades
        made["position"][place] = trades["trade_id"][legs.trade]
        made["symbol"][place] = trades["symbol"][legs.trade]
        made["side"][place] = np.where(trades["side"][legs.trade] == _BUY, _SELL, _BUY)
        for name in ("volume", "whole", "stop_loss", "take_profit"):
            made[name][place] = getattr(legs, name)


def _places(legs: Legs, goes: Rows) -> tuple[Rows, Rows, Rows | slice]:
    """Return the pair of each order, and where the legs on trades and the openings stand.

    The orders of one pair stand together, the opening last.
    """
    if not len(legs):
        return goes, legs.asked, slice(None)
    group = np.concatenate([legs.asked, goes])
    order = np.argsort(group, kind="stable")
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group))
    return group[order], place[: len(legs)], place[len(legs) :]


def _leg_numbers(group: Rows) -> tuple[Numbers, Numbers]:
    """Return each row's number within its group, from 1, and the group's size; groups are runs."""
    begins = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    sizes = np.diff(np.append(begins, len(group)))
    return np.arange(len(group)) - np.repeat(begins, sizes) + 1, np.repeat(sizes, sizes)


def _encoded(symbols: list[str]) -> NDArray[np.bytes_]:
    """Return texts as the verdict holds them; most batches speak of a few symbols."""
    number = {symbol: place for place, symbol in enumerate(dict.fromkeys(symbols))}
    known = np.array([symbol.encode()[: _SYMBOL.itemsize] for symbol in number], _SYMBOL)
    return known[np.fromiter(map(number.__getitem__, symbols), np.int64, len(symbols))]
