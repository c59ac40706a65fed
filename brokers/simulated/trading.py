"""What the broker does with a request: it checks it, and executes or refuses it."""

from brokers.retcodes import Retcode
from brokers.simulated import checks
from brokers.simulated.book import Account, Deal, Order
from brokers.simulated.checks import Refusal
from brokers.simulated.fills import Fills
from brokers.simulated.market import Moment
from brokers.simulated.requests import Answer, Request, answer
from brokers.simulated.specification import Instrument
from schema.enums import DealReason, LegKind, OrderType, Side
from schema.mt5 import BrokerOrderState, BrokerOrderType, broker_order_type


class Trading:
    """The rules of a hedging account, applied to the book.

    Market execution: a market order fills at the price now, whatever price and deviation the
    request carries.

    Args:
        fills: What is done to the book.
        instruments: By symbol.
    """

    def __init__(self, fills: Fills, instruments: dict[bytes, Instrument]) -> None:
        self._book = fills.book
        self._fills = fills
        self._instruments = instruments

    def execute(self, request: Request, moment: Moment, share: float = 1.0) -> Answer:
        """Do what a request asks, or refuse it; `share` is the part that can be filled."""
        try:
            account = self._account(request.account_id)
            match LegKind(request.kind):
                case LegKind.OPEN:
                    return self._open(account, request, moment, share)
                case LegKind.CLOSE:
                    return self._close(account, request, moment, share)
                case LegKind.MODIFY:
                    return self._modify(account, request, moment)
                case LegKind.CANCEL:
                    return self._cancel(account, request, moment)
        except Refusal as refusal:
            return answer(request, refusal.retcode, moment.now, refusal.message)

    def _account(self, account_id: bytes) -> Account:
        account = self._book.accounts.get(account_id)
        if account is None:
            raise Refusal(Retcode.INVALID, "no such account on this terminal")
        return account

    def _open(self, account: Account, request: Request, moment: Moment, share: float) -> Answer:
        instrument = self._instruments.get(request.symbol)
        if instrument is None or request.side == Side.NONE:
            raise Refusal(Retcode.INVALID, "unknown symbol" if instrument is None else "no side")
        if request.order_type == OrderType.STOP_LIMIT:
            raise Refusal(Retcode.INVALID_ORDER, "stop limit orders are not simulated")
        side = Side(request.side)
        kind = broker_order_type(OrderType(request.order_type), side)
        checks.trade_mode(instrument, side)
        bid, ask = checks.quoted(instrument, moment)
        checks.volume(instrument, request.volume)
        checks.volume_limit(account, instrument, side, request.volume)
        order = Order(
            ticket=0,
            request_id=request.order_id,
            account_id=request.account_id,
            instrument=instrument,
            type=kind,
            state=BrokerOrderState.PLACED,
            volume=request.volume,
            price=ask if side is Side.BUY else bid,
            stop_loss=request.stop_loss,
            take_profit=request.take_profit,
            magic=request.magic,
            comment=request.comment,
            placed_at=moment.now,
        )
        if kind.pending:
            is_limit = request.order_type == OrderType.LIMIT
            order.price = request.price if is_limit else request.stop_price
            order.expires_at = request.expires_at
            return self._place(account, order, request, moment)
        checks.stops(instrument, side, bid, ask, order.stop_loss, order.take_profit)
        margin = self._fills.afford(account, order, order.volume, moment)
        order.ticket = self._book.ticket()
        wanted = max(instrument.volume_step, int(order.volume * share))
        filled = min(order.volume, wanted // instrument.volume_step * instrument.volume_step)
        margin = margin * filled // order.volume
        deal = self._fills.fill(account, order, filled, margin, moment)
        return self._filled(request, order, deal)

    def _place(self, account: Account, order: Order, request: Request, moment: Moment) -> Answer:
        checks.pending(order, moment)
        if 0 < account.terms.limit_orders <= len(account.pending):
            raise Refusal(Retcode.LIMIT_ORDERS)
        order.ticket = self._book.ticket()
        self._book.add_order(order)
        return answer(request, Retcode.PLACED, moment.now)._replace(
            order_ticket=order.ticket, volume=order.volume, price=order.price
        )

    def _filled(self, request: Request, order: Order, deal: Deal) -> Answer:
        whole = order.filled == order.volume
        code = Retcode.DONE if whole else Retcode.DONE_PARTIAL
        return answer(request, code, order.done_at)._replace(
            order_ticket=order.ticket,
            deal_ticket=deal.ticket,
            position_ticket=order.position_ticket,
            volume=order.filled,
            price=order.price,
        )

    def _close(self, account: Account, request: Request, moment: Moment, share: float) -> Answer:
        position = account.positions.get(request.position_ticket)
        if position is None:
            raise Refusal(Retcode.POSITION_CLOSED)
        instrument = position.instrument
        if request.symbol != instrument.symbol.encode() or request.side == position.side:
            raise Refusal(Retcode.INVALID, "symbol or side does not fit the position")
        if instrument.trade_mode == 0:
            raise Refusal(Retcode.TRADE_DISABLED)
        checks.quoted(instrument, moment)
        checks.close_volume(position, request.volume)
        step = instrument.volume_step
        filled = request.volume
        if share < 1:
            filled = min(filled, max(step, int(filled * share) // step * step))
        order, deal = self._fills.close_position(
            position,
            moment,
            volume=request.volume,
            filled=filled,
            reason=DealReason.EXPERT,
            comment=request.comment,
            magic=request.magic,
            request_id=request.order_id,
        )
        return self._filled(request, order, deal)

    def _modify(self, account: Account, request: Request, moment: Moment) -> Answer:
        if request.position_ticket:
            return self._modify_position(account, request, moment)
        order = account.pending.get(request.order_ticket)
        if order is None:
            raise Refusal(Retcode.INVALID, "no such pending order")
        asked = request.stop_price if order.type >= BrokerOrderType.BUY_STOP else request.price
        before = order.price, order.stop_loss, order.take_profit, order.expires_at
        after = (
            asked or order.price,
            request.stop_loss,
            request.take_profit,
            request.expires_at or order.expires_at,
        )
        if before == after:
            raise Refusal(Retcode.NO_CHANGES)
        order.price, order.stop_loss, order.take_profit, order.expires_at = after
        try:
            checks.pending(order, moment)
        except Refusal:
            order.price, order.stop_loss, order.take_profit, order.expires_at = before
            raise
        self._book.add_order(order)
        return answer(request, Retcode.DONE, moment.now)._replace(
            order_ticket=order.ticket, volume=order.volume, price=order.price
        )

    def _modify_position(self, account: Account, request: Request, moment: Moment) -> Answer:
        position = account.positions.get(request.position_ticket)
        if position is None:
            raise Refusal(Retcode.POSITION_CLOSED)
        if (request.stop_loss, request.take_profit) == (position.stop_loss, position.take_profit):
            raise Refusal(Retcode.NO_CHANGES)
        bid, ask = checks.quoted(position.instrument, moment)
        stops = request.stop_loss, request.take_profit
        checks.stops(position.instrument, position.side, bid, ask, *stops)
        position.stop_loss, position.take_profit = stops
        self._book.changed_positions.add(position.ticket)
        return answer(request, Retcode.DONE, moment.now)._replace(
            position_ticket=position.ticket, volume=position.volume, price=position.price_open
        )

    def _cancel(self, account: Account, request: Request, moment: Moment) -> Answer:
        order = account.pending.get(request.order_ticket)
        if order is None:
            raise Refusal(Retcode.INVALID, "no such pending order")
        self._fills.end_pending(order, BrokerOrderState.CANCELED, moment.now)
        return answer(request, Retcode.DONE, moment.now)._replace(
            order_ticket=order.ticket, volume=order.volume, price=order.price
        )
