"""What the brokers trade, and how they name it."""

from schema.enums import TradeMode
from schema.table import Check, Column, Owner, Reference
from schema.tables.common import optional
from schema.tables.control import STATUS, control
from schema.types import BIGINT, INT, MONEY, PRICE, RATIO, TEXT, UUID, VOLUME, enum, label

INSTRUMENTS = control(
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
    for_users=True,
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

SYMBOL_MAP = control(
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
    references=(
        Reference(("broker_id",), "brokers", "cascade"),
        Reference(("account_id",), "accounts", "cascade"),
    ),
    owner=Owner("account_id", of="account", unowned="shared"),
    note="The narrowest scope wins; one mapping for each scope and symbol.",
)

TABLES = (INSTRUMENTS, SYMBOL_MAP)
