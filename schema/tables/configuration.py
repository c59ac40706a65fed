"""The trading configuration: brokers, the instances that execute, and the accounts.

Rows come from a configuration file (`key` is the name used there) and carry the version
of the configuration that last changed them. The control database holds the current rows,
Redis the active copy, ClickHouse every version.
"""

from schema.enums import AccountType, Direction, SpreadType
from schema.table import Check, Column, Index, Owner, Reference
from schema.tables.common import PARTITION, optional
from schema.tables.control import KEY, STATUS, control
from schema.types import BIGINT, INT, JSON, MONEY, RATIO, TEXT, UUID, VOLUME, enum, label, text

BROKERS = control(
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
    for_users=True,
    unique=(("key",),),
    checks=(
        Check("commission_not_negative", "commission_per_lot >= 0"),
        Check("margin_not_negative", "margin_requirement >= 0"),
    ),
    note="Every user may read it; the configuration alone writes it.",
)

INSTANCES = control(
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
    unique=(("key",),),
    references=(Reference(("broker_id",), "brokers"),),
    checks=(Check("cpu_limit_in_range", "cpu_limit_percent >= 0"),),
)

ACCOUNTS = control(
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
    later=(
        Column(
            "risk_limits", JSON, "Limits of its own, which narrow those of its user.", default="{}"
        ),
        optional("prop_firm_template_id", UUID, "Template that its prop firm's rules come from."),
        Column("reporting_zone", text(64), "IANA time zone of its daily figures.", default="UTC"),
    ),
    key="account_id",
    unique=(("key",),),
    references=(
        Reference(("broker_id",), "brokers"),
        Reference(("instance_id",), "instances"),
        # Money may stand behind it: a user who owns accounts is not deleted.
        Reference(("user_id",), "users"),
    ),
    checks=(
        Check("partition_in_range", '"partition" >= 0 AND "partition" < 64'),
        Check("leverage_positive", "leverage > 0"),
    ),
    indices=(Index(("prop_firm_rules",), words=True),),
    owner=Owner("user_id"),
)

ACCOUNT_CONFIG = control(
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
    references=(
        Reference(("account_id",), "accounts", "cascade"),
        Reference(("broker_id",), "brokers"),
    ),
    checks=(
        Check("max_open_trades_not_negative", "max_open_trades >= 0"),
        Check("max_volume_not_negative", "max_volume >= 0"),
        Check("max_signal_age_positive", "max_signal_age_ms > 0"),
    ),
    owner=Owner("account_id", of="account"),
)

TABLES = (BROKERS, INSTANCES, ACCOUNTS, ACCOUNT_CONFIG)
