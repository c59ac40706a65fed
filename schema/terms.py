"""The closed vocabularies of people, settings and analysis; those of trading are in `enums`.

As there, a member's value is its number and never changes; new members are appended.
"""

from schema.enums import Vocabulary


class LotSizeType(Vocabulary):
    """What a lot size means."""

    FIXED = 0  # lots
    PERCENTAGE = 1  # of the balance


class StopType(Vocabulary):
    """How the distance of a stop loss or take profit is found."""

    FIXED = 0  # pips
    ATR = 1  # multiples of the average true range
    PERCENTAGE = 2  # of the price


class EntryStrategy(Vocabulary):
    """On which kind of signal a position is opened."""

    BREAKOUT = 0
    REVERSAL = 1


class ExitStrategy(Vocabulary):
    """How a position is left."""

    STOP_LOSS = 0
    TRAILING_STOP = 1


class LogLevel(Vocabulary):
    """From which severity on a process writes to its log."""

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


class UserStatus(Vocabulary):
    """Whether a user may log in."""

    ACTIVE = 0
    INACTIVE = 1
    SUSPENDED = 2
    PENDING = 3


class KycStatus(Vocabulary):
    """How far the identity check of a user (KYC and AML) has come."""

    NONE = 0
    PENDING = 1
    APPROVED = 2
    REJECTED = 3
    EXPIRED = 4


class SessionStatus(Vocabulary):
    """Whether a login still holds."""

    ACTIVE = 0
    EXPIRED = 1


class TokenKind(Vocabulary):
    """What a token lets its bearer do."""

    SESSION = 0
    ACCESS = 1
    REFRESH = 2
    OAUTH = 3


class LoginMethod(Vocabulary):
    """How somebody proved who they are."""

    PASSWORD = 0
    TWO_FACTOR = 1
    API_KEY = 2
    TOKEN = 3
    RECOVERY = 4


class LoginOutcome(Vocabulary):
    """What came of a login attempt."""

    SUCCESS = 0
    WRONG_PASSWORD = 1
    WRONG_CODE = 2
    UNKNOWN_USER = 3
    LOCKED = 4
    EXPIRED = 5


class Theme(Vocabulary):
    """Colours of the screen."""

    DARK = 0
    LIGHT = 1


class ChartType(Vocabulary):
    """How prices are drawn."""

    CANDLE = 0
    LINE = 1
    BAR = 2


class BacktestStatus(Vocabulary):
    """Where a backtest run is."""

    PENDING = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4


class Timeframe(Vocabulary):
    """Length of a bar."""

    M1 = 0
    M5 = 1
    M15 = 2
    H1 = 3
    H4 = 4
    D1 = 5

    @property
    def word(self) -> str:
        """The number before the unit: `15m`, `1d`."""
        return f"{self.name[1:]}{self.name[0].lower()}"


class LimitType(Vocabulary):
    """What a risk limit bounds."""

    DAILY_LOSS = 0
    MAX_POSITION = 1
    MAX_LEVERAGE = 2
    MAX_DRAWDOWN = 3
    TRAILING_DRAWDOWN = 4
    MAX_OPEN_TRADES = 5
    MAX_EXPOSURE = 6
    RISK_PER_TRADE = 7
    TRADES_PER_DAY = 8
    MARGIN_LEVEL = 9
    PROFIT_TARGET = 10


class LimitUnit(Vocabulary):
    """Whether a limit is an amount or a share."""

    ABSOLUTE = 0
    PERCENTAGE = 1


class LimitAction(Vocabulary):
    """What happens at a limit."""

    WARN = 0
    BLOCK = 1  # refuse what would add exposure
    CLOSE = 2  # and close what is open


class BreachSeverity(Vocabulary):
    """Whether a rule was neared or broken."""

    SOFT = 0
    HARD = 1


class Emotion(Vocabulary):
    """What a trader felt about a trade."""

    CALM = 0
    CONFIDENT = 1
    FOMO = 2
    REVENGE = 3
    FEAR = 4
    GREED = 5
    HOPE = 6
    FRUSTRATION = 7
    EUPHORIA = 8
    BOREDOM = 9
    ANXIETY = 10
    OVERCONFIDENCE = 11


class SyncStatus(Vocabulary):
    """Where reading a broker's history is."""

    NEVER = 0
    RUNNING = 1
    OK = 2
    FAILED = 3
    DISABLED = 4


class WebhookStatus(Vocabulary):
    """Where an outgoing message is."""

    PENDING = 0
    DELIVERED = 1
    FAILED = 2  # tried again at `next_attempt_at`
    GIVEN_UP = 3


class Health(Vocabulary):
    """How a terminal instance does."""

    HEALTHY = 0
    DEGRADED = 1
    DOWN = 2


class Agreement(Vocabulary):
    """Whether our books and the broker's agree on a trade."""

    SUCCESS = 0
    FAIL = 1


class CloseReason(Vocabulary):
    """What ended a trade."""

    MANUAL = 0
    EA = 1
    SL = 2
    TP = 3
    STOP_OUT = 4
