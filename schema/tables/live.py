"""Live state on Redis: one hash a row, for dashboards; nothing is decided from it."""

from schema.enums import LegKind, OrderState, Outcome, TradeSide
from schema.table import Column, Table
from schema.tables.common import (
    ACCOUNT_ID,
    BROKER_ID,
    BROKER_SYMBOL,
    INSTANCE_ID,
    PARTITION,
    REASON_CODE,
    STRATEGY_ID,
    VERSION_COLUMN,
    at,
    optional,
)
from schema.terms import Health
from schema.types import (
    BIGINT,
    BOOL,
    INT,
    JSON,
    MONEY,
    PRICE,
    RATIO,
    TICKET,
    UUID,
    VOLUME,
    enum,
    label,
    text,
)

TRADE_LAYER = "1 trade state"
INSTANCE_LAYER = "2 instance state"
UNTIL_OVER = "until the trade or session it describes ends"
TROUBLESHOOT = "temporary; kept long enough to troubleshoot"
DAY = 86_400
UPDATED_AT = at("updated_at", "When it last changed.")


def _live(
    name: str,
    purpose: str,
    columns: tuple[Column, ...],
    *,
    key: str,
    layer: str = TRADE_LAYER,
    retention: str = UNTIL_OVER,
    seconds: int | None = None,
) -> Table:
    return Table(
        name=name,
        layer=layer,
        purpose=purpose,
        columns=columns,
        key=(key,),
        stores=frozenset({"redis"}),
        kind="live",
        retention=retention,
        live_seconds=seconds,
    )


TRADE_STATE = _live(
    "trade_state",
    "Open trades and pending orders.",
    (
        Column("trade_id", UUID, "The order leg that opens it."),
        ACCOUNT_ID,
        STRATEGY_ID,
        optional("signal_id", UUID, "The signal that opened it."),
        BROKER_SYMBOL,
        Column("side", enum(TradeSide), "Direction."),
        Column("state", label(16), "opening, pending, open, closed or never."),
        Column("volume", VOLUME, "Volume opened, or asked.", unit="lots"),
        Column("open_volume", VOLUME, "Volume still open.", unit="lots", default=0),
        optional("entry_price", PRICE, "Volume-weighted price of the entry."),
        optional("stop_loss", PRICE, "Stop loss."),
        optional("take_profit", PRICE, "Take profit."),
        Column("profit", MONEY, "Profit realised.", unit="account currency", default=0),
        optional("position_ticket", TICKET, "The broker's position ticket."),
        at("opened_at", "When it was opened.", nullable=True),
        UPDATED_AT,
        VERSION_COLUMN,
    ),
    key="trade_id",
)

ACCOUNT_STATE = _live(
    "account_state",
    "Balance, equity, margin and leverage of each account, as last marked.",
    (
        ACCOUNT_ID,
        PARTITION,
        Column("balance", MONEY, "Balance.", unit="account currency"),
        Column("equity", MONEY, "Equity.", unit="account currency"),
        Column("margin", MONEY, "Margin in use.", unit="account currency"),
        Column("margin_free", MONEY, "Margin left.", unit="account currency"),
        Column("leverage", RATIO, "Leverage, as 100 for 1:100.", default=0.0),
        Column("open_positions", INT, "Open positions.", default=0),
        Column("currency", label(8), "Account currency."),
        at("marked_at", "When the terminal said so."),
        VERSION_COLUMN,
        optional("margin_level", RATIO, "Equity by margin in use.", "%"),
    ),
    key="account_id",
    seconds=7 * DAY,
)

EXECUTION_STATE = _live(
    "execution_state",
    "The last order on each trade: fills, partial fills, rejections.",
    (
        Column("trade_id", UUID, "The trade the order opens or acts on."),
        Column("order_id", UUID, "The order leg."),
        ACCOUNT_ID,
        Column("kind", enum(LegKind), "What it does at the broker."),
        Column("state", enum(OrderState), "Where it is on its way."),
        Column("outcome", enum(Outcome), "Its outcome; none while it has none.", default="none"),
        REASON_CODE,
        Column("volume", VOLUME, "Volume asked.", unit="lots"),
        Column("filled_volume", VOLUME, "Volume filled.", unit="lots", default=0),
        optional("retcode", INT, "Return code of MT5."),
        optional("message", text(64), "The broker's comment."),
        UPDATED_AT,
        VERSION_COLUMN,
    ),
    key="trade_id",
    seconds=7 * DAY,
)

BROKER_STATE = _live(
    "broker_state",
    "Spreads and fees of each broker, as last published.",
    (
        BROKER_ID,
        Column("symbols", INT, "Symbols with a price."),
        Column("spreads", JSON, "Spread in points by symbol.", default="{}"),
        Column("commission_per_lot", MONEY, "Commission a lot and side.", default=0),
        at("quoted_at", "Time of the newest price."),
        UPDATED_AT,
    ),
    key="broker_id",
    seconds=7 * DAY,
)

INSTANCE_STATE = _live(
    "instance_state",
    "What each MT5 terminal instance is doing.",
    (
        INSTANCE_ID,
        BROKER_ID,
        Column("state", label(16), "starting, running, degraded or stopped."),
        optional("owner", UUID, "Journal that holds the lease."),
        Column("term", BIGINT, "Term of the lease.", default=0),
        optional("host", text(255), "Machine it runs on."),
        optional("process", INT, "Process id of its executor."),
        Column("accounts", INT, "Accounts it trades.", default=0),
        Column("working_orders", INT, "Orders without an outcome.", default=0),
        Column("unresolved", INT, "Orders nobody knows the end of.", default=0),
        optional("last_error", text(255), "Its last error."),
        at("started_at", "When its executor started.", nullable=True),
        UPDATED_AT,
    ),
    key="instance_id",
    layer=INSTANCE_LAYER,
    retention=TROUBLESHOOT,
    seconds=DAY,
)

INSTANCE_METRICS = _live(
    "instance_metrics",
    "What each terminal instance uses of its machine, as last measured.",
    (
        INSTANCE_ID,
        Column("cpu_percent", RATIO, "CPU used, of one core.", unit="%"),
        Column("memory_mb", RATIO, "Memory used.", unit="MB"),
        optional("memory_limit_mb", RATIO, "Memory it may use.", "MB"),
        optional("disk_mb", RATIO, "Disk used.", "MB"),
        Column("threads", INT, "Threads.", default=0),
        Column("orders_per_minute", RATIO, "Orders of the last minute.", default=0.0),
        optional("latency_ms", RATIO, "Mean from sending to the broker's answer.", "ms"),
        at("measured_at", "When it was measured."),
        UPDATED_AT,
    ),
    key="instance_id",
    layer=INSTANCE_LAYER,
    retention=TROUBLESHOOT,
    seconds=DAY,
)

INSTANCE_HEALTH = _live(
    "instance_health",
    "Whether each terminal instance is well, and since when it is up.",
    (
        INSTANCE_ID,
        Column("status", enum(Health), "How it does."),
        Column("reason", text(255), "What is wrong.", default=""),
        Column("connected", BOOL, "Whether it reaches the broker.", default=False),
        Column("trade_allowed", BOOL, "Whether the broker lets it trade.", default=False),
        Column("uptime_seconds", BIGINT, "Time since it was started.", unit="s", default=0),
        Column("restarts", INT, "How often it was started again.", default=0),
        optional("ping_ms", RATIO, "Way to the broker and back.", "ms"),
        at("last_quote_at", "Time of its newest price.", nullable=True),
        at("checked_at", "When it was looked at."),
        UPDATED_AT,
    ),
    key="instance_id",
    layer=INSTANCE_LAYER,
    retention=TROUBLESHOOT,
    seconds=DAY,
)

TABLES = (
    TRADE_STATE,
    ACCOUNT_STATE,
    EXECUTION_STATE,
    BROKER_STATE,
    INSTANCE_STATE,
    INSTANCE_METRICS,
    INSTANCE_HEALTH,
)
