"""Columns that stand in many tables, written once."""

from schema.enums import Action, OrderType
from schema.table import Column, Owner
from schema.types import INT, REASON, TIMESTAMP, UUID, VERSION, LogicalType, enum, label, text

HISTORY_STORES = frozenset({"redis", "duckdb", "clickhouse"})
FACT_STORES = frozenset({"duckdb", "clickhouse"})

SIGNAL_ID = Column("signal_id", UUID, "The signal, by its publisher's id or its content.")
ACCOUNT_ID = Column("account_id", UUID, "The trading account.")
STRATEGY_ID = Column("strategy_id", UUID, "The strategy whose subscribers trade the signal.")
BROKER_ID = Column("broker_id", UUID, "The account's broker.")
INSTANCE_ID = Column("instance_id", UUID, "The MT5 terminal instance that executes.")
PARTITION = Column("partition", INT, "Partition of the account, 0 to 63, for life.")
LINE = Column("stream", INT, "Number of the signal stream the signal came on.")
ENTRY_ID = Column("entry_id", text(32), "Stream entry that carried it, as `ms-seq`.")
ENTRY_ROW = Column("entry_row", INT, "Row within the entry; 0 for a JSON entry.")
ACTION = Column("action", enum(Action), "What the signal asks for.")
ORDER_TYPE = Column("order_type", enum(OrderType), "How an opening order is to be filled.")
PROVIDER_SYMBOL = Column("symbol", label(32), "Symbol as the provider writes it.")
BROKER_SYMBOL = Column("symbol", label(32), "Symbol as the broker writes it.")
REASON_CODE = Column(
    "reason_code", REASON, "Why it did not fill; NONE where nothing went wrong.", default="NONE"
)
OF_ACCOUNT = Owner("account_id", of="account")
OF_STRATEGY = Owner("strategy_id", of="strategy")
VERSION_COLUMN = Column(
    "version", VERSION, "Rises with every change of the row; the greatest is the current row."
)


def optional(name: str, kind: LogicalType, description: str, unit: str = "") -> Column:
    """Return a column that may be missing."""
    return Column(name, kind, description, unit=unit, nullable=True)


def at(name: str, description: str, *, nullable: bool = False) -> Column:
    """Return a column that holds a moment in UTC."""
    return Column(name, TIMESTAMP, description, nullable=nullable)
