"""What executions write into the simulated broker's book: orders, positions, deals, money."""

from brokers.retcodes import Retcode
from brokers.simulated.book import Account, Book, Deal, Order, Position
from brokers.simulated.checks import Refusal
from brokers.simulated.market import Moment, cents
from schema.enums import DealEntry, DealReason, DealType, Side
from schema.ids import NIL
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import UNITS

_ENTRY_TYPE = {Side.BUY: DealType.BUY, Side.SELL: DealType.SELL}


class Fills:
    """Fills orders, closes positions and ends pending orders, at the price of a moment.

    Args:
        book: That it is written into.
    """

    def __init__(self, book: Book) -> None:
        self.book = book

    def afford(self, account: Account, order: Order, volume: int, moment: Moment) -> int:
        """Return the margin that a position needs.

        Raises:
            Refusal: There is no rate to compute it with, or not the money.
        """
        instrument, terms = order.instrument, account.terms
        profit_rate = moment.rate(instrument.currency_profit, terms.currency)
        rate = moment.rate(instrument.currency_margin, terms.currency)
        if rate is None or profit_rate is None:
            raise Refusal(Retcode.PRICE_OFF, f"no rate into {terms.currency}")
        value = volume * round(instrument.contract_size * UNITS)
        scale = round(terms.leverage * UNITS)
        if instrument.currency_margin == instrument.currency_profit:
            bid, ask = moment.price(instrument)
            value *= ask if order.type.side is Side.BUY else bid
            scale *= UNITS
        margin = cents(value * rate[0], scale * rate[1])
        if margin > account.equity(moment) - account.margin:
            raise Refusal(Retcode.NO_MONEY)
        return margin

    def fill(
        self, account: Account, order: Order, volume: int, margin: int, moment: Moment
    ) -> Deal:
        """Open the position of an order at the price now."""
        bid, ask = moment.price(order.instrument)
        side = order.type.side
        price = ask if side is Side.BUY else bid
        whole = volume == order.volume
        order.state = BrokerOrderState.FILLED if whole else BrokerOrderState.PARTIAL
        order.filled, order.price, order.done_at = volume, price, moment.now
        order.position_ticket = order.ticket
        self.book.add_order(order)
        position = Position(
            ticket=order.ticket,
            account_id=order.account_id,
            instrument=order.instrument,
            side=side,
            volume=volume,
            price_open=price,
            stop_loss=order.stop_loss,
            take_profit=order.take_profit,
            margin=margin,
            magic=order.magic,
            comment=order.comment,
            opened_at=moment.now,
        )
        self.book.add_position(position, moment)
        return self._deal(account, order, DealEntry.IN, DealReason.EXPERT, 0)

    def close_position(
        self,
        position: Position,
        moment: Moment,
        *,
        volume: int,
        filled: int,
        reason: DealReason,
        comment: bytes,
        magic: int,
        request_id: bytes = NIL,
    ) -> tuple[Order, Deal]:
        """Close a position, or a part of it, at the price now."""
        account = self.book.accounts[position.account_id]
        bid, ask = moment.price(position.instrument)
        long = position.side is Side.BUY
        price = bid if long else ask
        rate = moment.rate(position.instrument.currency_profit, account.terms.currency)
        assert rate  # it was there when the position was opened
        order = Order(
            ticket=self.book.ticket(),
            request_id=request_id,
            account_id=position.account_id,
            instrument=position.instrument,
            type=BrokerOrderType.SELL if long else BrokerOrderType.BUY,
            state=BrokerOrderState.FILLED if filled == volume else BrokerOrderState.PARTIAL,
            volume=volume,
            price=price,
            stop_loss=0,
            take_profit=0,
            magic=magic,
            comment=comment,
            placed_at=moment.now,
            filled=filled,
            position_ticket=position.ticket,
            done_at=moment.now,
        )
        profit = position.profit(filled, price, rate)
        self.book.reduce(position, filled, moment)
        self.book.add_order(order)
        return order, self._deal(account, order, DealEntry.OUT, reason, profit)

    def _deal(
        self, account: Account, order: Order, entry: DealEntry, reason: DealReason, profit: int
    ) -> Deal:
        """Book the deal of an order that is filled."""
        deal = Deal(
            ticket=self.book.ticket(),
            order_ticket=order.ticket,
            position_ticket=order.position_ticket,
            account_id=order.account_id,
            symbol=order.instrument.symbol.encode(),
            type=_ENTRY_TYPE[order.type.side],
            entry=entry,
            reason=reason,
            volume=order.filled,
            price=order.price,
            profit=profit,
            commission=-cents(account.terms.commission_per_lot * order.filled, UNITS),
            magic=order.magic,
            time=order.done_at,
            comment=order.comment,
        )
        self.book.add_deal(account, deal)
        return deal

    def end_pending(self, order: Order, state: BrokerOrderState, now: int) -> None:
        """Take a pending order off the book, unfilled."""
        order.state, order.done_at = state, now
        self.book.add_order(order)

    def activate(self, order: Order, moment: Moment) -> None:
        """Fill a pending order whose price has come; without the money for it, cancel it."""
        account = self.book.accounts[order.account_id]
        try:
            margin = self.afford(account, order, order.volume, moment)
        except Refusal:
            self.end_pending(order, BrokerOrderState.CANCELED, moment.now)
            return
        self.fill(account, order, order.volume, margin, moment)
