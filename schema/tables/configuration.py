"""The trading configuration: who trades what, where, and at which size.

Rows come from a configuration file (`key` is the name used there) and carry the version
of the configuration that last changed them. The control database holds the current rows,
Redis the active copy, ClickHouse every version.
"""

from schema.enums import (
    AccountType,
    Direction,
    SizingMode,
    SpreadType,
    Status,
    StrategyStatus,
    StrategyType,
    TinyTrade,
    TradeMode,
)
from schema.table import Check, Column, Reference, Table
from schema.tables.common import PARTITION, at, optional
from schema.types import (
    BIGINT,
    BOOL,
    INT,
    JSON,
    MONEY,
    PRICE,
    RATIO,
    TEXT,
    UUID,
    VERSION,
    VOLUME,
    enum,
    label,
    text,
)

LAYER = "6 configuration"
RETENTION = "redis: active copy; duckdb or postgres: current; clickhouse: every version"
EVERYWHERE = frozenset({"redis", "duckdb", "clickhouse", "postgres"})

KEY = Column("key", text(64), "Name in the configuration file.")
STATUS = Column("status", enum(Status), "Whether it takes part.", default="active")
CHANGES = (
    Column("config_version", VERSION, "Version of the configuration that last changed the row."),
    at("created_at", "When it was first applied."),
    at("updated_at", "When it last changed."),
    at("deleted_at", "When it left the configuration; none while it is in it.", nullable=True),
)


def _control(
    name: str,
    purpose: str,
    columns: tuple[Column, ...],
    *,
    key: str,
    unique: tuple[tuple[str, ...], ...] = (("key",),),
    references: tuple[Reference, ...] = (),
    checks: tuple[Check, ...] = (),
    stores: frozenset[str] = EVERYWHERE,
    note: str = "",
) -> Table:
    return Table(
        name=name,
        layer=LAYER,
        purpose=purpose,
        columns=(*columns, *CHANGES),
        key=(key,),
        stores=stores,
        kind="control",
        retention=RETENTION,
        version="config_version",
        unique=unique,
        references=references,
        checks=checks,
        note=note,
    )


BROKERS = _control(
    "brokers",
    "Brokers and the terms they trade on.",
    (
        Column("broker_id", UUID, "The broker."),
        KEY,
        Column("name", text(100), "Name for people."),
        Column("server", text(255), "Trade server of its terminals.", default=""),
        Column("commission_per_lot", MONEY, "Commission a lot and side.", default=0),
        Column("spread_type", enum(SpreadType), "Whether its spread moves.", default="variable"),
        Column("margin_requirement", RATIO, "Share of exposure held as margin.", default=0.0),
        Column(
            "currency_pairs_supported",
            TEXT,
            "Symbols it supports, separated by commas; empty: all its instruments.",
            default="",
        ),
        Column("zone", text(64), "IANA time zone of its server clock.", default="UTC"),
        STATUS,
    ),
    key="broker_id",
    checks=(Check("commission_not_negative", "commission_per_lot >= 0"),),
)

INSTANCES = _control(
    "instances",
    "MT5 terminal instances.",
    (
        Column("instance_id", UUID, "The instance."),
        KEY,
        Column("broker_id", UUID, "Broker it is connected to."),
        Column("driver", label(16), "What stands behind it: simulated or mt5."),
        Column("path", text(255), "Installation path of the terminal.", default=""),
        optional("cpu_limit_percent", RATIO, "Most CPU it may use.", "%"),
        optional("memory_limit_mb", RATIO, "Most memory it may use.", "MB"),
        Column("settings", JSON, "Settings of its driver.", default="{}"),
        STATUS,
    ),
    key="instance_id",
    references=(Reference(("broker_id",), "brokers"),),
)

ACCOUNTS = _control(
    "accounts",
    "Trading accounts.",
    (
        Column("account_id", UUID, "The account."),
        KEY,
        optional("user_id", UUID, "Its owner."),
        Column("broker_id", UUID, "Its broker."),
        Column("instance_id", UUID, "Terminal instance that trades it."),
        PARTITION,
        Column("account_type", enum(AccountType), "Demo or real money.", default="demo"),
        Column("currency", label(10), "Its currency."),
        Column("leverage", RATIO, "Leverage, as 100 for 1:100."),
        optional("balance", MONEY, "Balance when it was configured.", "account currency"),
        optional("equity", MONEY, "Equity when it was configured.", "account currency"),
        Column("prop_firm_rules", JSON, "Rules of its prop firm.", default="{}"),
        STATUS,
    ),
    key="account_id",
    references=(Reference(("broker_id",), "brokers"), Reference(("instance_id",), "instances")),
    checks=(
        Check("partition_in_range", '"partition" >= 0 AND "partition" < 64'),
        Check("leverage_positive", "leverage > 0"),
    ),
)

ACCOUNT_CONFIG = _control(
    "account_config",
    "What each account trades, whatever the strategy.",
    (
        Column("account_id", UUID, "The account."),
        Column("broker_id", UUID, "Its broker."),
        Column("spread_type", enum(SpreadType), "Whether its spread moves.", default="variable"),
        optional("commission", MONEY, "Commission a lot and side; none: the broker's."),
        optional("margin_requirement", RATIO, "Share of exposure; none: the broker's."),
        optional("leverage", RATIO, "Leverage; none: the account's."),
        optional("currency_pair", label(32), "The only symbol it trades; none: all."),
        Column("direction", enum(Direction), "Which openings it takes.", default="both"),
        Column("max_open_trades", INT, "Most open trades; 0: no limit.", default=0),
        Column("max_volume", VOLUME, "Most volume of an order; 0: no limit.", "lots", default=0),
        Column("max_signal_age_ms", BIGINT, "Oldest signal it opens on.", "ms", default=60_000),
        STATUS,
    ),
    key="account_id",
    unique=(),
    references=(
        Reference(("account_id",), "accounts", "cascade"),
        Reference(("broker_id",), "brokers"),
    ),
    checks=(
        Check("max_open_trades_not_negative", "max_open_trades >= 0"),
        Check("max_volume_not_negative", "max_volume >= 0"),
        Check("max_signal_age_positive", "max_signal_age_ms > 0"),
    ),
)

STRATEGIES = _control(
    "strategies",
    "Strategies whose signals are traded.",
    (
        Column("id", UUID, "The strategy."),
        KEY,
        optional("user_id", UUID, "Its owner."),
        Column("name", text(255), "Name for people."),
        Column("description", TEXT, "What it does.", default=""),
        Column("type", enum(StrategyType), "Where it comes from.", default="manual"),
        Column("status", enum(StrategyStatus), "Whether it is traded.", default="active"),
        Column("config", JSON, "Its parameters.", default="{}"),
        Column("performance_metrics", JSON, "Figures its author gives.", default="{}"),
        Column("tags", JSON, "List of tags.", default="[]"),
        Column("version", INT, "Version of its definition.", default=1),
        optional("parent_strategy_id", UUID, "Strategy it was made from."),
        Column("is_public", BOOL, "Whether others may subscribe.", default=False),
        optional("units_per_contract", RATIO, "Units of one contract it publishes."),
        optional("provider_balance", MONEY, "Balance its volumes are made for."),
        optional("provider_currency", label(10), "Currency of that balance."),
        Column("magic", BIGINT, "High bits of the magic number of its orders."),
    ),
    key="id",
    unique=(("key",), ("magic",)),
    references=(Reference(("parent_strategy_id",), "strategies", "set null"),),
)

SUBSCRIPTIONS = _control(
    "subscriptions",
    "Which account trades which strategy, and at which size.",
    (
        Column("subscription_id", UUID, "Made from the account and the strategy."),
        Column("account_id", UUID, "The account."),
        Column("strategy_id", UUID, "The strategy."),
        Column("direction", enum(Direction), "Which openings it takes.", default="both"),
        Column("sizing", enum(SizingMode), "How a signal becomes a volume."),
        Column("fixed_volume", VOLUME, "Volume of each order, for fixed.", "lots", default=0),
        Column("multiplier", RATIO, "Factor of scaled, balance and equity.", default=1.0),
        Column("risk_percent", RATIO, "Risk of a trade, for risk.", "% of balance", default=0.0),
        Column("risk_override", BOOL, "Whether a signal may set the risk.", default=False),
        Column(
            "max_risk_coefficient",
            RATIO,
            "Most times the wanted risk that a forced smallest volume may carry.",
            default=1.0,
        ),
        Column("tiny_trade", enum(TinyTrade), "What a volume too small does.", default="skip"),
        Column("max_open_trades", INT, "Most open trades of it; 0: no limit.", default=0),
        Column("max_volume", VOLUME, "Most volume of an order; 0: no limit.", "lots", default=0),
        Column("copy_stop_loss", BOOL, "Whether the stop loss is taken over.", default=True),
        Column("copy_take_profit", BOOL, "Whether the take profit is taken over.", default=True),
        STATUS,
    ),
    key="subscription_id",
    unique=(("account_id", "strategy_id"),),
    references=(
        Reference(("account_id",), "accounts", "cascade"),
        Reference(("strategy_id",), "strategies", "cascade"),
    ),
    checks=(
        Check("fixed_volume_not_negative", "fixed_volume >= 0"),
        Check("multiplier_positive", "multiplier > 0"),
        Check("risk_percent_in_range", "risk_percent >= 0 AND risk_percent <= 100"),
        Check("max_open_trades_not_negative", "max_open_trades >= 0"),
    ),
)

INSTRUMENTS = _control(
    "instruments",
    "Specification of each symbol at each broker.",
    (
        Column("instrument_id", UUID, "Made from the broker and the symbol."),
        Column("broker_id", UUID, "The broker."),
        Column("symbol", label(32), "Symbol as the broker writes it."),
        Column("description", TEXT, "Name for people.", default=""),
        Column("currency_base", label(10), "Currency that is bought."),
        Column("currency_profit", label(10), "Currency of profit and price."),
        Column("currency_margin", label(10), "Currency of margin."),
        Column("digits", INT, "Decimal places of its price."),
        Column("point", PRICE, "Price of one point."),
        Column("pip_size", PRICE, "Price of one pip."),
        Column("tick_size", PRICE, "Smallest step of its price."),
        optional("tick_value", MONEY, "Profit of one tick and lot.", "profit currency"),
        Column("contract_size", RATIO, "Units of one lot."),
        Column("volume_min", VOLUME, "Smallest volume.", unit="lots"),
        Column("volume_max", VOLUME, "Largest volume of an order.", unit="lots"),
        Column("volume_step", VOLUME, "Step of volumes.", unit="lots"),
        Column("volume_limit", VOLUME, "Most volume a direction; 0: none.", "lots", default=0),
        Column("stops_level", INT, "Least distance of stops.", unit="points", default=0),
        Column("freeze_level", INT, "Distance within which nothing changes.", "points", default=0),
        Column("filling_mode", INT, "MT5's bits of filling modes: 1 FOK, 2 IOC.", default=3),
        Column("trade_mode", enum(TradeMode), "What the broker allows.", default="full"),
        Column("spread_points", RATIO, "Usual spread.", unit="points", default=0.0),
        Column("swap_long", RATIO, "Swap of a long a night.", unit="points", default=0.0),
        Column("swap_short", RATIO, "Swap of a short a night.", unit="points", default=0.0),
        Column("max_quote_age_ms", BIGINT, "Oldest price to decide by.", "ms", default=15_000),
    ),
    key="instrument_id",
    unique=(("broker_id", "symbol"),),
    references=(Reference(("broker_id",), "brokers", "cascade"),),
    checks=(
        Check("volumes_ordered", "volume_min > 0 AND volume_min <= volume_max"),
        Check("volume_step_positive", "volume_step > 0"),
        Check("prices_positive", "point > 0 AND pip_size > 0 AND tick_size > 0"),
        Check("contract_size_positive", "contract_size > 0"),
    ),
    stores=frozenset({"redis", "duckdb", "clickhouse"}),
)

SYMBOL_MAP = _control(
    "symbol_map",
    "Names of symbols: from the provider's to the broker's, in as many steps as it takes.",
    (
        Column("mapping_id", UUID, "Made from scope and symbol."),
        optional("broker_id", UUID, "Broker it holds for; none: every broker."),
        optional("account_id", UUID, "Account it holds for; none: every account."),
        Column("symbol", label(32), "Symbol to be replaced."),
        Column("mapped_symbol", label(32), "Symbol that replaces it."),
        STATUS,
    ),
    key="mapping_id",
    unique=(),
    references=(
        Reference(("broker_id",), "brokers", "cascade"),
        Reference(("account_id",), "accounts", "cascade"),
    ),
    note="The narrowest scope wins; one mapping for each scope and symbol.",
)

TABLES = (
    BROKERS,
    INSTANCES,
    ACCOUNTS,
    ACCOUNT_CONFIG,
    STRATEGIES,
    SUBSCRIPTIONS,
    INSTRUMENTS,
    SYMBOL_MAP,
)
