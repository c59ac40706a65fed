"""What a broker checks before it takes a request; each check refuses with MT5's code."""

from brokers.retcodes import Retcode
from brokers.simulated.book import Account, Order, Position
from brokers.simulated.market import Moment, point
from brokers.simulated.specification import Instrument
from schema.enums import Side, TradeMode
from schema.mt5 import BrokerOrderType


class Refusal(Exception):
    """The broker's no (or "nothing to do"), with its code."""

    def __init__(self, retcode: Retcode, message: str = "") -> None:
        super().__init__(message)
        self.retcode = retcode
        self.message = message


def quoted(instrument: Instrument, moment: Moment) -> tuple[int, int]:
    """Return bid and ask; refuse while there is no price."""
    bid, ask = moment.price(instrument)
    if not bid:
        raise Refusal(Retcode.PRICE_OFF)
    return bid, ask


def trade_mode(instrument: Instrument, side: Side) -> None:
    """Refuse an opening that the symbol does not allow."""
    match instrument.trade_mode:
        case TradeMode.FULL:
            return
        case TradeMode.LONG_ONLY if side is Side.SELL:
            raise Refusal(Retcode.LONG_ONLY)
        case TradeMode.SHORT_ONLY if side is Side.BUY:
            raise Refusal(Retcode.SHORT_ONLY)
        case TradeMode.CLOSE_ONLY:
            raise Refusal(Retcode.CLOSE_ONLY)
        case TradeMode.DISABLED:
            raise Refusal(Retcode.TRADE_DISABLED)


def volume(instrument: Instrument, lots: int) -> None:
    """Refuse a volume that is not the minimum plus whole steps, or above the maximum."""
    fits = instrument.volume_min <= lots <= instrument.volume_max
    if not fits or (lots - instrument.volume_min) % instrument.volume_step:
        raise Refusal(Retcode.INVALID_VOLUME)


def close_volume(position: Position, lots: int) -> None:
    """Refuse to close more than there is, or a part that is no volume of its own."""
    if lots > position.volume:
        raise Refusal(Retcode.INVALID_CLOSE_VOLUME)
    if lots != position.volume:
        volume(position.instrument, lots)


def volume_limit(account: Account, instrument: Instrument, side: Side, lots: int) -> None:
    """Refuse what would exceed the symbol's volume in one direction, pending orders included."""
    if not instrument.volume_limit:
        return
    held = sum(
        p.volume
        for p in account.positions.values()
        if p.side is side and p.instrument.symbol == instrument.symbol
    )
    waiting = sum(
        o.volume
        for o in account.pending.values()
        if o.type.side is side and o.instrument.symbol == instrument.symbol
    )
    if held + waiting + lots > instrument.volume_limit:
        raise Refusal(Retcode.LIMIT_VOLUME)


def stops(
    instrument: Instrument, side: Side, bid: int, ask: int, stop_loss: int, take_profit: int
) -> None:
    """Refuse stops on the wrong side of the price they close at, or nearer than allowed."""
    least = max(1, instrument.stops_level * point(instrument))
    price, sign = (bid, 1) if side is Side.BUY else (ask, -1)
    too_near = (stop_loss and sign * (price - stop_loss) < least) or (
        take_profit and sign * (take_profit - price) < least
    )
    if too_near or min(stop_loss, take_profit) < 0:
        raise Refusal(Retcode.INVALID_STOPS)


def pending(order: Order, moment: Moment) -> None:
    """Refuse a pending order whose price, stops or expiry do not fit the market now."""
    instrument, side = order.instrument, order.type.side
    bid, ask = quoted(instrument, moment)
    least = max(1, instrument.stops_level * point(instrument))
    below = order.type in {BrokerOrderType.BUY_LIMIT, BrokerOrderType.SELL_STOP}
    price = ask if side is Side.BUY else bid
    distance = price - order.price if below else order.price - price
    if order.price <= 0 or distance < least:
        raise Refusal(Retcode.INVALID_PRICE)
    stops(instrument, side, order.price, order.price, order.stop_loss, order.take_profit)
    if order.expires_at and order.expires_at <= moment.now:
        raise Refusal(Retcode.INVALID_EXPIRATION)
