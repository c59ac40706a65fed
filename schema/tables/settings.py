"""Settings of users, instances, brokers, signals and of the system as a whole."""

from schema.enums import Direction, SpreadType
from schema.table import Check, Column, Index, Owner, Reference
from schema.tables.common import BROKER_ID, INSTANCE_ID, optional
from schema.tables.control import STATUS, control
from schema.terms import EntryStrategy, ExitStrategy, LogLevel, LotSizeType, StopType
from schema.types import BIGINT, BOOL, INT, JSON, MONEY, RATIO, UUID, VOLUME, enum, label, text

_RISK = Check(
    "risk_per_trade_in_range", "risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100"
)
_DIRECTION = Column("trade_direction", enum(Direction), "Which openings it takes.", default="both")
_RISK_PERCENT = Column(
    "risk_per_trade_percent", RATIO, "Risk of a trade.", unit="% of balance", default=0.0
)
_LOT_SIZE_TYPE = Column(
    "lot_size_type", enum(LotSizeType), "Whether the lot size is lots or a share.", default="fixed"
)

USER_CONFIG = control(
    "user_config",
    "What a user trades at most, over all accounts and strategies.",
    (
        Column("user_id", UUID, "The user."),
        _LOT_SIZE_TYPE,
        Column("lot_size_value", VOLUME, "Lots, or % of the balance.", default=0),
        _RISK_PERCENT,
        Column("stop_loss_type", enum(StopType), "How stop losses are set.", default="fixed"),
        Column("take_profit_type", enum(StopType), "How take profits are set.", default="fixed"),
        Column("max_open_trades", INT, "Most open trades; 0: no limit.", default=0),
        _DIRECTION,
        STATUS,
        optional("stop_loss_value", RATIO, "Pips, multiples of ATR, or % of the price."),
        optional("take_profit_value", RATIO, "Pips, multiples of ATR, or % of the price."),
    ),
    key="user_id",
    references=(Reference(("user_id",), "users", "cascade"),),
    checks=(
        _RISK,
        Check("lot_size_not_negative", "lot_size_value >= 0"),
        Check("max_open_trades_not_negative", "max_open_trades >= 0"),
    ),
    indices=(Index(("status",)),),
    owner=Owner("user_id"),
    users_write=True,
)

INSTANCE_CONFIG = control(
    "instance_config",
    "What each terminal instance may use and how patient it is.",
    (
        INSTANCE_ID,
        Column("path", text(255), "Installation path of the terminal.", default=""),
        optional("cpu_limit_percent", RATIO, "Most CPU it may use.", "%"),
        optional("memory_limit_mb", RATIO, "Most memory it may use.", "MB"),
        Column("max_trades", INT, "Most open trades; 0: no limit.", default=0),
        optional("slippage_tolerance", RATIO, "Most slippage it asks the broker for.", "pips"),
        Column("connection_timeout_sec", INT, "Wait for the terminal.", "s", default=60),
        STATUS,
        Column("max_order_age_ms", BIGINT, "Oldest order it sends.", "ms", default=10_000),
        Column("restart_after_sec", INT, "Silence until it is restarted.", "s", default=60),
    ),
    key="instance_id",
    references=(Reference(("instance_id",), "instances", "cascade"),),
    checks=(
        Check("max_trades_not_negative", "max_trades >= 0"),
        Check("slippage_not_negative", "slippage_tolerance >= 0"),
        Check("waits_positive", "connection_timeout_sec > 0 AND restart_after_sec > 0"),
        Check("max_order_age_positive", "max_order_age_ms > 0"),
    ),
    indices=(Index(("status",)),),
)

BROKER_CONFIG = control(
    "broker_config",
    "Which spreads each broker's prices may have to be traded on.",
    (
        BROKER_ID,
        Column("spread_type", enum(SpreadType), "Whether its spread moves.", default="variable"),
        optional("typical_spread_points", RATIO, "Usual spread.", "points"),
        optional("max_spread_points", RATIO, "Widest spread to open on; none: any.", "points"),
        Column("spread_markup_points", RATIO, "Added to its spread.", "points", default=0.0),
        Column("symbol_spreads", JSON, "Widest spread in points by symbol.", default="{}"),
        optional("slippage_tolerance", RATIO, "Most slippage to ask for.", "pips"),
        STATUS,
    ),
    key="broker_id",
    for_users=True,
    references=(Reference(("broker_id",), "brokers", "cascade"),),
    checks=(
        Check("spreads_not_negative", "max_spread_points >= 0 AND typical_spread_points >= 0"),
    ),
    indices=(Index(("status",)), Index(("symbol_spreads",), words=True)),
)

SIGNAL_CONFIG = control(
    "signal_config",
    "How signals are taken: of one strategy, of one user, or of all.",
    (
        Column("config_id", UUID, "The setting."),
        optional("user_id", UUID, "User it holds for; none: every user."),
        optional("strategy_id", UUID, "Strategy it holds for; none: every strategy."),
        Column("entry_strategy", enum(EntryStrategy), "What opens.", default="breakout"),
        Column("exit_strategy", enum(ExitStrategy), "What closes.", default="stop_loss"),
        _LOT_SIZE_TYPE,
        Column("lot_size_value", VOLUME, "Lots, or % of the balance.", default=0),
        _RISK_PERCENT,
        _DIRECTION,
        STATUS,
        optional("trailing_distance_pips", RATIO, "Distance of a trailing stop.", "pips"),
        Column("allow_pyramiding", BOOL, "Whether it adds to a position.", default=True),
    ),
    key="config_id",
    references=(
        Reference(("user_id",), "users", "cascade"),
        Reference(("strategy_id",), "strategies", "cascade"),
    ),
    checks=(
        _RISK,
        Check("lot_size_not_negative", "lot_size_value >= 0"),
        Check("trailing_distance_positive", "trailing_distance_pips > 0"),
    ),
    indices=(Index(("status",)),),
    owner=Owner("user_id", unowned="shared"),
    users_write=True,
)

SYSTEM_CONFIG = control(
    "system_config",
    "Settings of the system as a whole.",
    (
        Column("config_id", UUID, "The setting."),
        Column("log_level", enum(LogLevel), "From which severity on it logs.", default="info"),
        Column("backup_interval_sec", INT, "Time between backups.", "s", default=86_400),
        Column("max_log_size_mb", RATIO, "Size of a log at which a new begins.", "MB", default=100),
        Column("cache_size_mb", RATIO, "Memory of Redis.", "MB", default=512),
        Column("sync_interval_sec", INT, "Time between writes to stores.", "s", default=1),
        Column("audit_retention_days", INT, "Days the audit is kept.", "days", default=2557),
        Column("base_currency", label(10), "Currency of totals over accounts.", default="USD"),
        optional("exposure_limit", MONEY, "Most exposure of all accounts.", "base currency"),
    ),
    key="config_id",
    checks=(
        Check("intervals_positive", "backup_interval_sec > 0 AND sync_interval_sec > 0"),
        Check("sizes_positive", "max_log_size_mb > 0 AND cache_size_mb > 0"),
        # The law asks for three years at least.
        Check("audit_retention_lawful", "audit_retention_days >= 1096"),
    ),
)

TABLES = (USER_CONFIG, INSTANCE_CONFIG, BROKER_CONFIG, SIGNAL_CONFIG, SYSTEM_CONFIG)
