"""Records that cross the broker port: requests, answers, positions, pending orders.

Units as in `schema.wire`: 1e-8 for money, prices and lots, microseconds in UTC for times.
"""

import numpy as np

from schema.enums import Vocabulary


class AnswerClass(Vocabulary):
    """What an answer says about doing it again (design, section 8)."""

    DONE = 0  # accepted: filled, partly filled, placed, modified or cancelled
    TRANSIENT = 1  # surely not executed; the same request may work later
    THROTTLED = 2  # surely not executed; not before a pause
    AMBIGUOUS = 3  # nobody knows; look, never resend
    REJECTED = 4  # surely not executed, and never will be
    FATAL = 5  # the terminal cannot trade at all


REQUEST = np.dtype(
    [
        ("order_id", "V16"),
        ("account_id", "V16"),
        ("kind", "<u1"),  # LegKind
        ("side", "<u1"),  # Side of the order
        ("order_type", "<u1"),  # OrderType, for OPEN
        ("symbol", "S32"),
        ("volume", "<i8"),
        ("price", "<i8"),  # limit price; for a market order the price seen, 0 for none
        ("stop_price", "<i8"),
        ("stop_loss", "<i8"),
        ("take_profit", "<i8"),
        ("position_ticket", "<i8"),  # for CLOSE, and MODIFY of a position
        ("order_ticket", "<i8"),  # for CANCEL, and MODIFY of a pending order
        ("expires_at", "<i8"),
        ("deviation", "<i4"),  # points
        ("magic", "<i8"),
        ("comment", "S32"),  # starts with the order's token
    ]
)

ANSWER = np.dtype(
    [
        ("order_id", "V16"),
        ("answer", "<u1"),  # AnswerClass
        ("retcode", "<i4"),  # MT5's TRADE_RETCODE_*; negative: the binding's error
        ("order_ticket", "<i8"),
        ("deal_ticket", "<i8"),
        ("position_ticket", "<i8"),
        ("volume", "<i8"),  # filled or placed
        ("price", "<i8"),
        ("done_at", "<i8"),
        ("message", "S64"),
    ]
)

POSITION = np.dtype(
    [
        ("account_id", "V16"),
        ("position_ticket", "<i8"),
        ("symbol", "S32"),
        ("side", "<u1"),
        ("volume", "<i8"),
        ("price_open", "<i8"),
        ("stop_loss", "<i8"),
        ("take_profit", "<i8"),
        ("profit", "<i8"),
        ("swap", "<i8"),
        ("magic", "<i8"),
        ("comment", "S32"),
        ("opened_at", "<i8"),
    ]
)

# A pending order, or an order of the history; `state` is MT5's ORDER_STATE_*.
BROKER_ORDER = np.dtype(
    [
        ("account_id", "V16"),
        ("order_ticket", "<i8"),
        ("position_ticket", "<i8"),
        ("symbol", "S32"),
        ("type", "<u1"),  # MT5's ORDER_TYPE_*
        ("state", "<u1"),
        ("volume", "<i8"),  # asked
        ("filled", "<i8"),
        ("price", "<i8"),  # asked, or the fill's mean once filled
        ("stop_loss", "<i8"),
        ("take_profit", "<i8"),
        ("magic", "<i8"),
        ("comment", "S32"),
        ("placed_at", "<i8"),
        ("done_at", "<i8"),
    ]
)
