"""Backtests, and the bars that they and the charts read."""

from schema.table import Check, Column, Expiry, Index, Owner, Reference, Table
from schema.tables.common import VERSION_COLUMN, at, optional
from schema.tables.control import DATABASES, record
from schema.terms import BacktestStatus, Timeframe
from schema.types import BIGINT, INT, JSON, PRICE, TEXT, TIMESTAMP, UUID, enum, label, text

LAYER = "FX platform"


def _price(name: str, description: str) -> Column:
    return Column(f"{name}_price", PRICE, description)


BACKTESTS = record(
    "backtests",
    "Runs of a strategy over past prices.",
    (
        Column("id", UUID, "The run.", fill="id"),
        Column("strategy_id", UUID, "The strategy."),
        Column("user_id", UUID, "Whose it is."),
        Column("name", text(255), "Name for people."),
        Column("status", enum(BacktestStatus), "Where it is.", default="pending"),
        Column("progress", INT, "How far it is.", unit="%", default=0),
        Column("config", JSON, "What it was given.", default="{}"),
        Column("results", JSON, "What came of it.", default="{}"),
        Column("performance_metrics", JSON, "Value by id of the KPI.", default="{}"),
        Column("trades", JSON, "Its trades, as a list.", default="[]"),
        Column("equity_curve", JSON, "List of {timestamp, equity}.", default="[]"),
        optional("error_message", TEXT, "Why it failed."),
        at("started_at", "When it began.", nullable=True),
        at("completed_at", "When it ended.", nullable=True),
    ),
    key="id",
    layer=LAYER,
    references=(
        Reference(("strategy_id",), "strategies", "cascade"),
        Reference(("user_id",), "users", "cascade"),
    ),
    checks=(
        Check("progress_in_range", "progress >= 0 AND progress <= 100"),
        Check("times_ordered", "completed_at >= started_at"),
    ),
    indices=(
        Index(("status",)),
        Index(("created_at",)),
        Index(("completed_at",)),
        Index(("config",), words=True),
        Index(("user_id", "status", "created_at"), newest_first=True),
        Index(("strategy_id", "completed_at"), newest_first=True, where="status = 'completed'"),
    ),
    owner=Owner("user_id"),
    users_write=True,
)

MARKET_DATA = Table(
    name="market_data",
    layer=LAYER,
    purpose="Bars of prices; of each symbol, length and start there is one.",
    columns=(
        Column("symbol", label(20), "Symbol."),
        Column("timeframe", enum(Timeframe), "Length of the bar."),
        at("timestamp", "Start of the bar."),
        _price("open", "First price."),
        _price("high", "Highest price."),
        _price("low", "Lowest price."),
        _price("close", "Last price."),
        Column("volume", BIGINT, "Ticks, or volume where the source has it.", default=0),
        Column("source", label(64), "Who it comes from.", default=""),
        optional("spread_points", INT, "Mean spread.", "points"),
        Column("created_at", TIMESTAMP, "When it was stored.", fill="now"),
        VERSION_COLUMN,
    ),
    key=("symbol", "timeframe", "timestamp"),
    time="timestamp",
    stores=DATABASES,
    kind="history",
    for_users=True,
    partitioned=True,
    retention="1m: 400 days; 5m: 3 years; 15m: 5 years; 1h, 4h, 1d: permanent",
    expiries=(
        Expiry(400, "timeframe = '1m'"),
        Expiry(1096, "timeframe = '5m'"),
        Expiry(1827, "timeframe = '15m'"),
    ),
    checks=(
        Check("prices_positive", "low_price > 0"),
        Check(
            "prices_ordered",
            "low_price <= open_price AND low_price <= close_price"
            " AND high_price >= open_price AND high_price >= close_price",
        ),
        Check("volume_not_negative", "volume >= 0"),
    ),
    indices=(
        Index(("timestamp",)),
        Index(("symbol", "timestamp")),
        Index(("symbol", "timeframe", "timestamp"), newest_first=True),
    ),
)

TABLES = (BACKTESTS, MARKET_DATA)
