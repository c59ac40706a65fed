"""The closed vocabularies: one number on the wire, one lower-case word in the stores.

A member's value is its wire number and never changes; new members are appended.
"""

from enum import IntEnum


class Vocabulary(IntEnum):
    """An enum whose members are small numbers on the wire and words in the stores."""

    @property
    def word(self) -> str:
        """The spelling in stores, files and on screen."""
        return self.name.lower()

    @classmethod
    def words(cls) -> list[str]:
        """All spellings, in the order of their numbers."""
        return [member.word for member in cls]


class Action(Vocabulary):
    """What a signal asks for (spec: signal, Fields)."""

    BUY = 0
    SELL = 1
    CLOSE = 2
    CLOSE_LONG = 3
    CLOSE_SHORT = 4
    REVERSE = 5
    TARGET = 6
    MODIFY = 7
    CANCEL = 8


class OrderType(Vocabulary):
    """How an opening order is to be filled."""

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3


class Side(Vocabulary):
    """Direction of an order, a deal or a position."""

    NONE = 0
    BUY = 1
    SELL = 2


class LegKind(Vocabulary):
    """What one order leg does at the broker."""

    OPEN = 0
    CLOSE = 1
    MODIFY = 2
    CANCEL = 3


class OrderState(Vocabulary):
    """Where an order leg is on its way; `FINAL` has an outcome."""

    DISPATCHED = 0
    CLAIMED = 1
    SENDING = 2
    WORKING = 3
    FINAL = 4


class Outcome(Vocabulary):
    """The one outcome of a (signal, account) or of an order leg (design, law 1)."""

    NONE = 0
    UNRESOLVED = 1
    EXPIRED = 2
    FAILED = 3
    REJECTED = 4
    REFUSED = 5
    CANCELLED = 6
    SKIPPED = 7
    DONE = 8
    PARTIALLY_FILLED = 9
    FILLED = 10


class DealEntry(Vocabulary):
    """MT5's DEAL_ENTRY_*."""

    IN = 0
    OUT = 1
    INOUT = 2
    OUT_BY = 3


class DealType(Vocabulary):
    """MT5's DEAL_TYPE_*, as far as accounts see them."""

    BUY = 0
    SELL = 1
    BALANCE = 2
    CREDIT = 3
    CHARGE = 4
    CORRECTION = 5
    BONUS = 6
    COMMISSION = 7


class DealReason(Vocabulary):
    """MT5's DEAL_REASON_*: who caused a deal."""

    CLIENT = 0
    MOBILE = 1
    WEB = 2
    EXPERT = 3
    SL = 4
    TP = 5
    SO = 6
    ROLLOVER = 7
    VMARGIN = 8
    SPLIT = 9


class SizingMode(Vocabulary):
    """How an account turns a signal into a volume (see rules/volumes)."""

    FIXED = 0
    SCALED = 1
    BALANCE = 2
    EQUITY = 3
    RISK = 4


class Direction(Vocabulary):
    """Which openings an account takes."""

    BOTH = 0
    BUY = 1
    SELL = 2


class TinyTrade(Vocabulary):
    """What becomes of a volume below the broker's minimum."""

    SKIP = 0
    FORCE = 1


class Status(Vocabulary):
    """Whether something that people configure takes part."""

    ACTIVE = 0
    INACTIVE = 1


class StrategyStatus(Vocabulary):
    """Life of a strategy; only an active one is traded."""

    DRAFT = 0
    ACTIVE = 1
    INACTIVE = 2
    ARCHIVED = 3


class StrategyType(Vocabulary):
    """Where a strategy comes from."""

    MANUAL = 0
    AI_GENERATED = 1
    BACKTESTED = 2


class AccountType(Vocabulary):
    """Whether an account trades real money."""

    DEMO = 0
    LIVE = 1


class SpreadType(Vocabulary):
    """Whether a broker's spread moves."""

    FIXED = 0
    VARIABLE = 1


class TradeStatus(Vocabulary):
    """Stored status of a trade, in the words of the trades table."""

    PENDING = 0  # the opening order works at the broker
    EXECUTED = 1  # opened, whether still open or closed: `closed_at` tells
    CANCELLED = 2
    REJECTED = 3


class TradeSide(Vocabulary):
    """Direction of a trade: it always has one."""

    BUY = 1
    SELL = 2


class TradeMode(Vocabulary):
    """MT5's SYMBOL_TRADE_MODE_*: what a broker allows on a symbol."""

    DISABLED = 0
    LONG_ONLY = 1
    SHORT_ONLY = 2
    CLOSE_ONLY = 3
    FULL = 4


class Severity(Vocabulary):
    """How bad an event is."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3
