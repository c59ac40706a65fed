"""Figures of trades, brokers, accounts, instances and of the system; flow snapshots builds them."""

from schema.table import Check, Column, Table
from schema.tables.common import (
    ACCOUNT_ID,
    BROKER_ID,
    BROKER_SYMBOL,
    FACT_STORES,
    INSTANCE_ID,
    OF_ACCOUNT,
    VERSION_COLUMN,
    at,
    optional,
)
from schema.tables.history import LAYER
from schema.types import BIGINT, INT, MONEY, RATIO, UUID, VOLUME, label

_MONEY_UNIT = "account currency"
_PERIOD = (
    at("period_start", "First moment of the period."),
    at("period_end", "First moment of the next period."),
)
# In the key, and last in old databases too.
_LENGTH = Column("period", label(8), "Its length: day, month, quarter or year, in UTC.")
_ORDERED = Check("period_ordered", "period_start < period_end")
_BUILT = (at("created_at", "When it was built."), VERSION_COLUMN)


def _money(name: str, description: str, unit: str = _MONEY_UNIT) -> Column:
    return Column(name, MONEY, description, unit=unit, default=0)


def _counts(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, BIGINT, description, default=0) for name, description in pairs)


_ORDERS = _counts(
    ("orders", "Order legs that reached an outcome."),
    ("filled", "Of them, filled or done."),
    ("partially_filled", "Of them, filled in part."),
    ("refused", "Of them, refused by the broker."),
    ("failed", "Of them, expired, failed or unresolved."),
)
_LATENCIES = (
    optional("latency_p50_ms", RATIO, "Median from sending to the broker's answer.", "ms"),
    optional("latency_p99_ms", RATIO, "99th percentile of the same.", "ms"),
)
_SLIPPAGE = optional("slippage_points", RATIO, "Mean slippage; positive is adverse.", "points")


def _performance(name: str, purpose: str, whose: Column, columns: tuple[Column, ...]) -> Table:
    return Table(
        name=name,
        layer=LAYER,
        purpose=purpose,
        columns=(whose, *_PERIOD, *columns, *_BUILT, _LENGTH),
        key=(whose.name, "period_start", "period"),
        time="period_start",
        stores=FACT_STORES,
        kind="history",
        retention="permanent",
        checks=(_ORDERED,),
        owner=OF_ACCOUNT if whose is ACCOUNT_ID else None,
    )


TRADE_PERFORMANCE = Table(
    name="trade_performance",
    layer=LAYER,
    purpose="What each closed trade brought, in every measure.",
    columns=(
        Column("trade_id", UUID, "The trade."),
        ACCOUNT_ID,
        optional("strategy_id", UUID, "The strategy."),
        BROKER_ID,
        BROKER_SYMBOL,
        Column("volume", VOLUME, "Volume closed.", unit="lots"),
        _money("gross_profit", "Profit before costs."),
        _money("costs", "Commission, fees and swap; negative is paid."),
        _money("net_profit", "Profit after costs."),
        optional("pips", RATIO, "Result.", "pips"),
        optional("r_multiple", RATIO, "Net profit in multiples of the planned risk."),
        optional("return_on_balance", RATIO, "Net profit by the balance before it."),
        optional("duration_seconds", RATIO, "From opening to closing.", "s"),
        optional("slippage_entry_points", RATIO, "At the entry; positive is adverse.", "points"),
        optional("slippage_exit_points", RATIO, "At the exit; positive is adverse.", "points"),
        _money("slippage_cost", "Both, in money; positive is adverse."),
        optional("entry_efficiency", RATIO, "Share of the range that the entry left open."),
        optional("exit_efficiency", RATIO, "Share of the best profit that was kept."),
        at("opened_at", "When it was opened."),
        at("closed_at", "When it was closed."),
        *_BUILT,
    ),
    key=("trade_id",),
    # A close may still be corrected by the broker; the opening is not.
    order_by=("account_id", "symbol", "opened_at", "trade_id"),
    time="opened_at",
    stores=FACT_STORES,
    kind="history",
    owner=OF_ACCOUNT,
    retention="permanent",
)

BROKER_PERFORMANCE = _performance(
    "broker_performance",
    "How well each broker executed, and what it charged, in each period.",
    BROKER_ID,
    (
        *_ORDERS,
        *_counts(("requotes", "Requotes.")),
        Column("volume", VOLUME, "Volume filled.", unit="lots", default=0),
        optional("commission", MONEY, "Commission; none: not all accounts are in USD.", "USD"),
        optional("swap", MONEY, "Swap; none likewise.", "USD"),
        optional("fee", MONEY, "Fees and charges; none likewise.", "USD"),
        _SLIPPAGE,
        optional("slippage_p99_points", RATIO, "99th percentile of slippage.", "points"),
        optional("spread_points", RATIO, "Mean spread when orders were sent.", "points"),
        *_LATENCIES,
    ),
)

ACCOUNT_PERFORMANCE = _performance(
    "account_performance",
    "Profit and loss of each account in each period.",
    ACCOUNT_ID,
    (
        optional("user_id", UUID, "Owner of the account."),
        Column("currency", label(10), "Account currency."),
        *_counts(
            ("trades", "Trades closed."),
            ("wins", "Of them, with a profit."),
            ("losses", "Of them, with a loss."),
        ),
        Column("volume", VOLUME, "Volume closed.", unit="lots", default=0),
        _money("profit", "Profit after costs."),
        _money("gross_profit", "Sum of the trades that won, after costs."),
        _money("gross_loss", "Sum of the trades that lost, after costs; not positive."),
        _money("costs", "Commission, fees and swap; negative is paid."),
        _money("flow", "Deposits less withdrawals."),
        optional("balance_open", MONEY, "Balance at the start.", _MONEY_UNIT),
        optional("balance", MONEY, "Balance at the end.", _MONEY_UNIT),
        optional("equity_low", MONEY, "Lowest equity.", _MONEY_UNIT),
        optional("equity_high", MONEY, "Highest equity.", _MONEY_UNIT),
        optional("period_return", RATIO, "Return of the period, net of flows."),
        optional("max_drawdown", RATIO, "Most fall of equity below its peak, as a share."),
    ),
)

INSTANCE_PERFORMANCE = _performance(
    "instance_performance",
    "How well each terminal instance executed in each period.",
    INSTANCE_ID,
    (
        BROKER_ID,
        *_ORDERS,
        Column("accounts", INT, "Accounts it traded.", default=0),
        _SLIPPAGE,
        *_LATENCIES,
        optional("uptime_percent", RATIO, "Share of the period in which it was up.", "%"),
        optional("restarts", INT, "How often it was started again; none: unknown."),
        optional("disconnects", BIGINT, "Losses of the broker's connection; none: unknown."),
    ),
)

PERFORMANCE_LOG = Table(
    name="performance_log",
    layer="8 monitoring",
    purpose="What each process or terminal instance used, and how much it did, in each period.",
    columns=(
        Column("instance_id", UUID, "The terminal instance, or an id made of the process' name."),
        *_PERIOD,
        Column("source", label(64), "Process or part."),
        optional("cpu_percent", RATIO, "CPU used, of one core.", "%"),
        optional("memory_mb", RATIO, "Most memory used (PSS).", "MB"),
        optional("disk_mb", RATIO, "Disk used.", "MB"),
        *_counts(("events", "Entries, orders or rows it worked on."), ("errors", "Errors.")),
        *_LATENCIES,
        optional("lag_ms", RATIO, "Most time that it was behind its input.", "ms"),
        *_BUILT,
    ),
    key=("instance_id", "period_start"),
    time="period_start",
    stores=FACT_STORES,
    kind="history",
    retention="duckdb permanent; clickhouse configurable TTL",
    ttl_days=365,
    checks=(_ORDERED,),
)

TABLES = (
    TRADE_PERFORMANCE,
    BROKER_PERFORMANCE,
    ACCOUNT_PERFORMANCE,
    INSTANCE_PERFORMANCE,
    PERFORMANCE_LOG,
)
