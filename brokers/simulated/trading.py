"""What the broker does with a request, a trigger, an expiry: checks, fills, bookings."""

from typing import NamedTuple

from brokers.retcodes import Retcode, verdict
from brokers.simulated import checks
from brokers.simulated.book import Account, Book, Deal, Order, Position
from brokers.simulated.checks import Refusal
from brokers.simulated.market import Moment, cents
from brokers.simulated.specification import Instrument
from schema.enums import DealEntry, DealReason, DealType, LegKind, OrderType, Side
from schema.ids import NIL
from schema.mt5 import BrokerOrderState, BrokerOrderType, broker_order_type
from schema.wire import UNITS


class Request(NamedTuple):
    """The fields of REQUEST."""

    order_id: bytes
    account_id: bytes
    kind: int
    side: int
    order_type: int
    symbol: bytes
    volume: int
    price: int
    stop_price: int
    stop_loss: int
    take_profit: int
    position_ticket: int
    order_ticket: int
    expires_at: int
    deviation: int
    magic: int
    comment: bytes


def malformed(request: Request) -> bool:
    """Whether a request has a number that no kind, side or order type has."""
    return (
        request.kind >= len(LegKind)
        or request.side >= len(Side)
        or request.order_type >= len(OrderType)
    )


class Answer(NamedTuple):
    """The fields of ANSWER."""

    order_id: bytes
    answer: int
    retcode: int
    order_ticket: int = 0
    deal_ticket: int = 0
    position_ticket: int = 0
    volume: int = 0
    price: int = 0
    done_at: int = 0
    message: bytes = b""


def answer(request: Request, retcode: int, now: int, message: str = "") -> Answer:
    """Return an answer without tickets."""
    meaning = verdict(retcode, LegKind(request.kind))
    text = (message or _NAMES.get(retcode, "")).encode()[:64]
    return Answer(request.order_id, meaning.answer, retcode, done_at=now, message=text)


_NAMES = {int(code): code.name.lower().replace("_", " ") for code in Retcode}
_ENTRY_TYPE = {Side.BUY: DealType.BUY, Side.SELL: DealType.SELL}


class Trading:
    """The rules of a hedging account, applied to the book.

    Market execution: a market order fills at the price now, whatever price and deviation the
    request carries.
    """

    def __init__(self, book: Book, instruments: dict[bytes, Instrument]) -> None:
        self.book = book
        self.instruments = instruments

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
        account = self.book.accounts.get(account_id)
        if account is None:
            raise Refusal(Retcode.INVALID, "no such account on this terminal")
        return account

    def _open(self, account: Account, request: Request, moment: Moment, share: float) -> Answer:
        instrument = self.instruments.get(request.symbol)
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
        margin = self._afford(account, order, order.volume, moment)
        order.ticket = self.book.ticket()
        wanted = max(instrument.volume_step, int(order.volume * share))
        filled = min(order.volume, wanted // instrument.volume_step * instrument.volume_step)
        margin = margin * filled // order.volume
        deal = self._fill(account, order, filled, margin, moment)
        return self._filled(request, order, deal)

    def _place(self, account: Account, order: Order, request: Request, moment: Moment) -> Answer:
        checks.pending(order, moment)
        if 0 < account.terms.limit_orders <= len(account.pending):
            raise Refusal(Retcode.LIMIT_ORDERS)
        order.ticket = self.book.ticket()
        self.book.add_order(order)
        return answer(request, Retcode.PLACED, moment.now)._replace(
            order_ticket=order.ticket, volume=order.volume, price=order.price
        )

    def _afford(self, account: Account, order: Order, volume: int, moment: Moment) -> int:
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

    def _fill(
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
        order, deal = self.close_position(
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
        self.book.add_order(order)
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
        self.book.changed_positions.add(position.ticket)
        return answer(request, Retcode.DONE, moment.now)._replace(
            position_ticket=position.ticket, volume=position.volume, price=position.price_open
        )

    def _cancel(self, account: Account, request: Request, moment: Moment) -> Answer:
        order = account.pending.get(request.order_ticket)
        if order is None:
            raise Refusal(Retcode.INVALID, "no such pending order")
        self.end_pending(order, BrokerOrderState.CANCELED, moment.now)
        return answer(request, Retcode.DONE, moment.now)._replace(
            order_ticket=order.ticket, volume=order.volume, price=order.price
        )

    def end_pending(self, order: Order, state: BrokerOrderState, now: int) -> None:
        """Take a pending order off the book, unfilled."""
        order.state, order.done_at = state, now
        self.book.add_order(order)

    def activate(self, order: Order, moment: Moment) -> None:
        """Fill a pending order whose price has come; without the money for it, cancel it."""
        account = self.book.accounts[order.account_id]
        try:
            margin = self._afford(account, order, order.volume, moment)
        except Refusal:
            self.end_pending(order, BrokerOrderState.CANCELED, moment.now)
            return
        self._fill(account, order, order.volume, margin, moment)
