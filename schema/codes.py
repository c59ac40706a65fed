"""Every reason for which a signal, a pair or an order did not fill: one enum.

The number is the wire value and never changes. The sentence is what a trader reads.
"""

from schema.enums import Outcome, Vocabulary


class ReasonCode(Vocabulary):
    """One cause, named once. `NONE` means: nothing went wrong."""

    NONE = 0
    # 1..59: the entry itself is wrong; the signal is rejected as a whole
    NO_PAYLOAD = 1
    TWO_PAYLOADS = 2
    OVERSIZED = 3
    NOT_UTF8 = 4
    NOT_JSON = 5
    NOT_AN_OBJECT = 6
    NOT_ARROW = 7
    TOO_MANY_ROWS = 8
    MISSING_FIELD = 9
    WRONG_TYPE = 10
    UNKNOWN_ACTION = 11
    UNKNOWN_ORDER_TYPE = 12
    UNKNOWN_ENUM = 13
    NOT_FINITE = 14
    OUT_OF_RANGE = 15
    TEXT_TOO_LONG = 16
    BAD_TIME = 17
    CONTRADICTION = 18
    PRICE_MISSING = 19
    STOPS_WRONG_SIDE = 20
    NO_IDENTITY = 21
    IDENTITY_REUSED = 22
    CLOCK_AHEAD = 23
    FIRED_TOO_LONG_AGO = 24
    METADATA_TOO_LARGE = 25
    UNKNOWN_STRATEGY = 26
    STRATEGY_INACTIVE = 27
    UNKNOWN_POSITION = 28
    DUPLICATE_KEY = 29
    # 60..69: the signal is fine and has no account to act on
    NO_SUBSCRIBER = 60
    NO_CHANGE = 61
    # 70..139: this account does not take it
    ACCOUNT_INACTIVE = 70
    INSTANCE_INACTIVE = 71
    SUBSCRIPTION_INACTIVE = 72
    DIRECTION_NOT_ALLOWED = 73
    SYMBOL_UNMAPPED = 74
    SYMBOL_NOT_SUPPORTED = 75
    SYMBOL_TRADE_DISABLED = 76
    SIGNAL_TOO_OLD = 77
    ORDER_TYPE_UNSUPPORTED = 78
    NO_POSITION = 79
    NO_PENDING_ORDER = 80
    VOLUME_UNKNOWN = 81
    UNIT_UNKNOWN = 82
    STOP_LOSS_MISSING = 83
    VOLUME_TOO_SMALL = 84
    RISK_TOO_HIGH = 85
    BALANCE_UNKNOWN = 86
    BALANCE_STALE = 87
    QUOTE_UNKNOWN = 88
    QUOTE_STALE = 89
    RATE_UNKNOWN = 90
    RATE_STALE = 91
    PROVIDER_BALANCE_UNKNOWN = 92
    MAX_OPEN_TRADES = 93
    MAX_VOLUME = 94
    STOPS_TOO_CLOSE = 95
    PRICE_WRONG_SIDE = 96
    MARGIN_INSUFFICIENT = 97
    RISK_OVERRIDE_NOT_ALLOWED = 98
    ATR_MISSING = 99
    EXPOSURE_PAUSED = 100
    POSITION_CLOSING = 101
    ENTRY_UNKNOWN = 102
    STOPS_NOT_COPIED = 103
    # 140..199: between dispatch and the broker
    ORDER_EXPIRED = 140
    CLOSE_FAILED = 141
    EXECUTOR_RESTARTED = 142
    AMBIGUOUS = 143
    JOURNAL_LOST = 144
    POSITION_GONE = 145
    NO_LEASE = 146
    PENDING_EXPIRED = 147
    PENDING_CANCELLED = 148
    OPENING_FAILED = 149
    EARLIER_UNRESOLVED = 150
    # 200..255: the broker's own words, by MT5 return code
    REQUOTE = 200
    BROKER_REJECT = 201
    BROKER_CANCEL = 202
    BROKER_ERROR = 203
    BROKER_TIMEOUT = 204
    INVALID_REQUEST = 205
    INVALID_VOLUME = 206
    INVALID_PRICE = 207
    INVALID_STOPS = 208
    TRADE_DISABLED = 209
    MARKET_CLOSED = 210
    NO_MONEY = 211
    PRICE_CHANGED = 212
    PRICE_OFF = 213
    INVALID_EXPIRATION = 214
    TOO_MANY_REQUESTS = 215
    AUTOTRADING_OFF = 216
    FROZEN = 217
    INVALID_FILL = 218
    NO_CONNECTION = 219
    LIMIT_ORDERS = 220
    LIMIT_VOLUME = 221
    INVALID_ORDER = 222
    POSITION_CLOSED = 223
    LIMIT_POSITIONS = 224
    SIDE_NOT_ALLOWED = 225
    CLOSE_ONLY = 226
    FIFO_CLOSE = 227
    LOCKED = 228
    BROKER_OTHER = 229
    FILLED_IN_PART = 230


# Rank of an outcome: a later word may only replace one of lower rank (design, law 1).
OUTCOME_RANK: dict[Outcome, int] = {
    Outcome.NONE: 0,
    Outcome.UNRESOLVED: 1,
    Outcome.EXPIRED: 2,
    Outcome.FAILED: 2,
    Outcome.REJECTED: 2,
    Outcome.REFUSED: 2,
    Outcome.CANCELLED: 2,
    Outcome.SKIPPED: 2,
    Outcome.DONE: 3,
    Outcome.PARTIALLY_FILLED: 3,
    Outcome.FILLED: 3,
}

# The account's outcome is its worst leg: the first of these that one of its legs has.
WORST_FIRST: tuple[Outcome, ...] = (
    Outcome.NONE,
    Outcome.UNRESOLVED,
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.REJECTED,
    Outcome.EXPIRED,
    Outcome.CANCELLED,
    Outcome.SKIPPED,
    Outcome.PARTIALLY_FILLED,
    Outcome.FILLED,
    Outcome.DONE,
)

SENTENCES: dict[ReasonCode, str] = {
    ReasonCode.NONE: "Nothing went wrong.",
    ReasonCode.NO_PAYLOAD: "The stream entry has neither a `json` nor an `arrow` field.",
    ReasonCode.TWO_PAYLOADS: "The stream entry has both a `json` and an `arrow` field; send one.",
    ReasonCode.OVERSIZED: "The entry is larger than the limit (JSON 64 KiB, Arrow 4 MiB).",
    ReasonCode.NOT_UTF8: "The text is not valid UTF-8.",
    ReasonCode.NOT_JSON: "The text is not valid JSON.",
    ReasonCode.NOT_AN_OBJECT: "The JSON is not an object.",
    ReasonCode.NOT_ARROW: "The bytes are not a readable Arrow IPC stream.",
    ReasonCode.TOO_MANY_ROWS: "The Arrow entry has more than 65,536 rows.",
    ReasonCode.MISSING_FIELD: "A required field is missing or empty.",
    ReasonCode.WRONG_TYPE: "A field has the wrong type.",
    ReasonCode.UNKNOWN_ACTION: "The action is not one of the known ones.",
    ReasonCode.UNKNOWN_ORDER_TYPE: "The order type is not one of the known ones.",
    ReasonCode.UNKNOWN_ENUM: "A field has a word that is not in its list.",
    ReasonCode.NOT_FINITE: "A number is NaN or infinite.",
    ReasonCode.OUT_OF_RANGE: "A number is outside its range.",
    ReasonCode.TEXT_TOO_LONG: "A text is longer than its limit.",
    ReasonCode.BAD_TIME: "A time is neither RFC 3339 nor Unix seconds or milliseconds.",
    ReasonCode.CONTRADICTION: "Two fields contradict each other.",
    ReasonCode.PRICE_MISSING: "The order type needs a price that is missing.",
    ReasonCode.STOPS_WRONG_SIDE: "Stop loss or take profit lies on the wrong side of the entry.",
    ReasonCode.NO_IDENTITY: "There is neither a signal_id nor a fired_at to tell it by.",
    ReasonCode.IDENTITY_REUSED: "The same identity was sent before with other content.",
    ReasonCode.CLOCK_AHEAD: "fired_at lies more than 60 s in the future.",
    ReasonCode.FIRED_TOO_LONG_AGO: "fired_at is older than 7 days, for which identities are kept.",
    ReasonCode.METADATA_TOO_LARGE: "The extra fields are larger than 8 KiB.",
    ReasonCode.UNKNOWN_STRATEGY: "No strategy has this key.",
    ReasonCode.STRATEGY_INACTIVE: "The strategy is not active.",
    ReasonCode.UNKNOWN_POSITION: "A target needs the position before it, and none is known.",
    ReasonCode.DUPLICATE_KEY: "A field stands twice in the JSON object.",
    ReasonCode.NO_SUBSCRIBER: "No account subscribes to the strategy.",
    ReasonCode.NO_CHANGE: "The target equals the position before: nothing to do.",
    ReasonCode.ACCOUNT_INACTIVE: "The account is not active.",
    ReasonCode.INSTANCE_INACTIVE: "The account's terminal instance is not active.",
    ReasonCode.SUBSCRIPTION_INACTIVE: "The subscription is switched off.",
    ReasonCode.DIRECTION_NOT_ALLOWED: "The account does not take this direction.",
    ReasonCode.SYMBOL_UNMAPPED: "The symbol has no name at the account's broker.",
    ReasonCode.SYMBOL_NOT_SUPPORTED: "The broker does not support this pair.",
    ReasonCode.SYMBOL_TRADE_DISABLED: "The broker does not allow this trade on the symbol.",
    ReasonCode.SIGNAL_TOO_OLD: "The signal is older than the account's maximum age.",
    ReasonCode.ORDER_TYPE_UNSUPPORTED: "The terminal cannot place this order type.",
    ReasonCode.NO_POSITION: "The strategy has no position here to act on.",
    ReasonCode.NO_PENDING_ORDER: "The strategy has no pending order here to cancel.",
    ReasonCode.VOLUME_UNKNOWN: "The sizing mode scales the provider's volume, and none was sent.",
    ReasonCode.UNIT_UNKNOWN: "Contracts cannot be turned into lots: units per contract unknown.",
    ReasonCode.STOP_LOSS_MISSING: "Risk-based sizing needs a stop loss.",
    ReasonCode.VOLUME_TOO_SMALL: "The volume is below the broker's minimum.",
    ReasonCode.RISK_TOO_HIGH: "Even the smallest volume risks more than the account allows.",
    ReasonCode.BALANCE_UNKNOWN: "The account's balance is not known yet.",
    ReasonCode.BALANCE_STALE: "The account's balance is too old to size by.",
    ReasonCode.QUOTE_UNKNOWN: "There is no price for the symbol yet.",
    ReasonCode.QUOTE_STALE: "The symbol's last price is too old.",
    ReasonCode.RATE_UNKNOWN: "There is no rate into the account's currency.",
    ReasonCode.RATE_STALE: "The rate into the account's currency is too old.",
    ReasonCode.PROVIDER_BALANCE_UNKNOWN: "Proportional sizing needs the strategy's balance.",
    ReasonCode.MAX_OPEN_TRADES: "The account has its maximum of open trades.",
    ReasonCode.MAX_VOLUME: "The order would exceed the account's or the symbol's maximum volume.",
    ReasonCode.STOPS_TOO_CLOSE: (
        "Stop loss or take profit is closer than the broker allows, beyond the entry, or no price."
    ),
    ReasonCode.PRICE_WRONG_SIDE: "The pending price lies on the wrong side of the market.",
    ReasonCode.MARGIN_INSUFFICIENT: "The free margin does not cover the order.",
    ReasonCode.RISK_OVERRIDE_NOT_ALLOWED: "The account does not let a signal set its risk.",
    ReasonCode.ATR_MISSING: "The account's stops follow the ATR, and the signal has none.",
    ReasonCode.EXPOSURE_PAUSED: "New exposure is paused: storage is full or stale.",
    ReasonCode.POSITION_CLOSING: "The position is being closed already.",
    ReasonCode.ENTRY_UNKNOWN: "The position's entry price, which the stops count from, is unknown.",
    ReasonCode.STOPS_NOT_COPIED: "The account does not copy the stops that the signal changes.",
    ReasonCode.ORDER_EXPIRED: "The order grew too old before it was sent; it was not sent.",
    ReasonCode.CLOSE_FAILED: "The close before it failed, so this leg was not sent.",
    ReasonCode.EXECUTOR_RESTARTED: "The executor restarted before it sent the order.",
    ReasonCode.AMBIGUOUS: "Sent, and the broker's answer is not known yet.",
    ReasonCode.JOURNAL_LOST: "Claimed by an executor whose journal is gone.",
    ReasonCode.POSITION_GONE: "The position was closed before the order arrived.",
    ReasonCode.NO_LEASE: "The executor lost its lease before it sent the order.",
    ReasonCode.PENDING_EXPIRED: "The pending order expired unfilled.",
    ReasonCode.PENDING_CANCELLED: "The pending order was cancelled.",
    ReasonCode.OPENING_FAILED: "The order that should have opened the position did not fill.",
    ReasonCode.EARLIER_UNRESOLVED: "It waits for an order whose end nobody knows; it was not sent.",
    ReasonCode.REQUOTE: "The broker requoted and the price moved on.",
    ReasonCode.BROKER_REJECT: "The broker rejected the request.",
    ReasonCode.BROKER_CANCEL: "The request was cancelled at the terminal.",
    ReasonCode.BROKER_ERROR: "The broker had an error while processing.",
    ReasonCode.BROKER_TIMEOUT: "The broker did not answer in time.",
    ReasonCode.INVALID_REQUEST: "The broker found the request invalid.",
    ReasonCode.INVALID_VOLUME: "The broker found the volume invalid.",
    ReasonCode.INVALID_PRICE: "The broker found the price invalid.",
    ReasonCode.INVALID_STOPS: "The broker found the stops invalid.",
    ReasonCode.TRADE_DISABLED: "Trading is disabled for the account or symbol.",
    ReasonCode.MARKET_CLOSED: "The market is closed.",
    ReasonCode.NO_MONEY: "The account has not enough money.",
    ReasonCode.PRICE_CHANGED: "The price changed while the order was processed.",
    ReasonCode.PRICE_OFF: "The broker has no price to fill at.",
    ReasonCode.INVALID_EXPIRATION: "The broker found the expiration invalid.",
    ReasonCode.TOO_MANY_REQUESTS: "The broker counts too many requests.",
    ReasonCode.AUTOTRADING_OFF: "Algorithmic trading is switched off.",
    ReasonCode.FROZEN: "The order or position is too close to the market to change.",
    ReasonCode.INVALID_FILL: "The filling mode is not supported.",
    ReasonCode.NO_CONNECTION: "The terminal has no connection to the broker.",
    ReasonCode.LIMIT_ORDERS: "The account has its maximum of pending orders.",
    ReasonCode.LIMIT_VOLUME: "The symbol has its maximum volume.",
    ReasonCode.INVALID_ORDER: "The broker found the order type invalid.",
    ReasonCode.POSITION_CLOSED: "The position is closed already.",
    ReasonCode.LIMIT_POSITIONS: "The account has its maximum of positions.",
    ReasonCode.SIDE_NOT_ALLOWED: "The symbol may be traded in the other direction only.",
    ReasonCode.CLOSE_ONLY: "Positions in the symbol may only be closed.",
    ReasonCode.FIFO_CLOSE: "Positions may only be closed first in, first out.",
    ReasonCode.LOCKED: "The request is locked for processing.",
    ReasonCode.BROKER_OTHER: "The broker answered with a code that is not known here.",
    ReasonCode.FILLED_IN_PART: "The broker filled a part of the volume.",
}

# What a pair becomes when a code stops it before dispatch: skipped by a setting, or rejected.
_SKIPPED = frozenset(
    {
        ReasonCode.NO_SUBSCRIBER,
        ReasonCode.NO_CHANGE,
        ReasonCode.ACCOUNT_INACTIVE,
        ReasonCode.INSTANCE_INACTIVE,
        ReasonCode.SUBSCRIPTION_INACTIVE,
        ReasonCode.DIRECTION_NOT_ALLOWED,
        ReasonCode.SYMBOL_UNMAPPED,
        ReasonCode.SYMBOL_NOT_SUPPORTED,
        ReasonCode.NO_POSITION,
        ReasonCode.NO_PENDING_ORDER,
        ReasonCode.POSITION_CLOSING,
        ReasonCode.STOPS_NOT_COPIED,
        ReasonCode.VOLUME_TOO_SMALL,
    }
)


def outcome_of(code: ReasonCode) -> Outcome:
    """Return the outcome of a pair that `code` stopped before dispatch."""
    if code is ReasonCode.NONE:
        return Outcome.NONE
    return Outcome.SKIPPED if code in _SKIPPED else Outcome.REJECTED
