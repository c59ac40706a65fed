"""MT5's own numbers for orders: types and states (ORDER_TYPE_*, ORDER_STATE_*)."""

from enum import IntEnum

from schema.enums import OrderType, Side


class BrokerOrderType(IntEnum):
    """MT5's ORDER_TYPE_*."""

    BUY = 0
    SELL = 1
    BUY_LIMIT = 2
    SELL_LIMIT = 3
    BUY_STOP = 4
    SELL_STOP = 5
    BUY_STOP_LIMIT = 6
    SELL_STOP_LIMIT = 7
    CLOSE_BY = 8

    @property
    def side(self) -> Side:
        """The side of an order of this type."""
        return Side.BUY if self % 2 == 0 else Side.SELL

    @property
    def pending(self) -> bool:
        """Whether an order of this type waits in the book for its price."""
        return self.BUY_LIMIT <= self <= self.SELL_STOP_LIMIT


class BrokerOrderState(IntEnum):
    """MT5's ORDER_STATE_*."""

    STARTED = 0
    PLACED = 1
    CANCELED = 2
    PARTIAL = 3
    FILLED = 4
    REJECTED = 5
    EXPIRED = 6
    REQUEST_ADD = 7
    REQUEST_MODIFY = 8
    REQUEST_CANCEL = 9


_FIRST_OF = {
    OrderType.MARKET: BrokerOrderType.BUY,
    OrderType.LIMIT: BrokerOrderType.BUY_LIMIT,
    OrderType.STOP: BrokerOrderType.BUY_STOP,
    OrderType.STOP_LIMIT: BrokerOrderType.BUY_STOP_LIMIT,
}


def broker_order_type(order_type: OrderType, side: Side) -> BrokerOrderType:
    """Return MT5's type of an order.

    Raises:
        ValueError: If the order has no side.
    """
    if side is Side.NONE:
        raise ValueError("an order has a side")
    return BrokerOrderType(_FIRST_OF[order_type] + (side is Side.SELL))
