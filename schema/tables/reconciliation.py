"""Our books against the broker's, what failed, and what each trade cost."""

from schema.enums import Outcome
from schema.table import Column, Table
from schema.tables.common import (
    ACCOUNT_ID,
    BROKER_ID,
    BROKER_SYMBOL,
    FACT_STORES,
    HISTORY_STORES,
    INSTANCE_ID,
    OF_ACCOUNT,
    REASON_CODE,
    VERSION_COLUMN,
    at,
    optional,
)
from schema.tables.history import LAYER
from schema.tables.orders import LAYER as RESULTS
from schema.tables.orders import RETENTION
from schema.terms import Agreement
from schema.types import INT, JSON, MONEY, TEXT, TICKET, UUID, VOLUME, enum, label, text

_TRADE_ID = Column("trade_id", UUID, "The trade.")
_OPENED_AT = at("opened_at", "When the trade was opened, or its opening decided.")
_COMPARED = (
    ACCOUNT_ID,
    BROKER_ID,
    BROKER_SYMBOL,
    Column("status", enum(Agreement), "Whether the books agree."),
    REASON_CODE,
    optional("position_ticket", TICKET, "The broker's position ticket."),
    optional("our_volume", VOLUME, "Volume in our books; none: we do not know it.", "lots"),
    optional("broker_volume", VOLUME, "Volume at the broker; none: it has none.", "lots"),
    optional("our_profit", MONEY, "Profit in our books.", "account currency"),
    optional("broker_profit", MONEY, "Profit at the broker.", "account currency"),
    Column("differences", JSON, "Ours and theirs by column that differs.", default="{}"),
)
_COSTS = ("commission", "swap", "fee")

TRADE_RECONCILIATION = Table(
    name="trade_reconciliation",
    layer=RESULTS,
    purpose="Whether our books and the broker's agree on each trade, as last compared.",
    columns=(
        _TRADE_ID,
        *_COMPARED,
        _OPENED_AT,
        at("checked_at", "When they were compared."),
        VERSION_COLUMN,
    ),
    key=("trade_id",),
    order_by=("account_id", "symbol", "opened_at", "trade_id"),
    time="opened_at",
    stores=HISTORY_STORES,
    kind="history",
    owner=OF_ACCOUNT,
    retention=RETENTION,
)

TRADE_RECONCILIATION_LOG = Table(
    name="trade_reconciliation_log",
    layer=LAYER,
    purpose="Every comparison of a trade with the broker's books, and what was mended.",
    columns=(
        Column("reconciliation_id", UUID, "Made from the trade and the moment."),
        _TRADE_ID,
        *_COMPARED,
        Column("action", label(32), "What was done: none, adopted, corrected or alerted."),
        at("created_at", "When they were compared."),
        VERSION_COLUMN,
    ),
    key=("reconciliation_id",),
    order_by=("account_id", "symbol", "created_at", "reconciliation_id"),
    time="created_at",
    stores=FACT_STORES,
    kind="history",
    owner=OF_ACCOUNT,
    retention="permanent",
)

TRADE_FAILURE_LOG = Table(
    name="trade_failure_log",
    layer=LAYER,
    purpose="Order legs that did not do what was asked, with the broker's words.",
    columns=(
        Column("failure_id", UUID, "The order leg that failed."),
        Column("trade_id", UUID, "The trade it was to open or act on."),
        optional("signal_id", UUID, "The signal."),
        ACCOUNT_ID,
        optional("strategy_id", UUID, "The strategy."),
        BROKER_ID,
        INSTANCE_ID,
        BROKER_SYMBOL,
        Column("outcome", enum(Outcome), "Its outcome."),
        REASON_CODE,
        optional("retcode", INT, "Return code of MT5; negative: of the binding."),
        optional("message", text(64), "The broker's comment."),
        Column("volume", VOLUME, "Volume asked.", unit="lots"),
        Column("attempts", INT, "How often it was tried.", default=1),
        Column("details", JSON, "What else is known.", default="{}"),
        at("created_at", "When it was decided."),
        at("failed_at", "When the outcome was known."),
        VERSION_COLUMN,
    ),
    key=("failure_id",),
    order_by=("account_id", "symbol", "created_at", "failure_id"),
    time="created_at",
    stores=FACT_STORES,
    kind="history",
    owner=OF_ACCOUNT,
    retention="permanent",
)

COMMISSION_LOG = Table(
    name="commission_log",
    layer=LAYER,
    purpose="What each deal of a trade cost.",
    columns=(
        _TRADE_ID,
        Column("deal_ticket", TICKET, "The broker's deal ticket."),
        ACCOUNT_ID,
        BROKER_ID,
        BROKER_SYMBOL,
        Column("volume", VOLUME, "Volume of the deal.", unit="lots", default=0),
        *(
            Column(name, MONEY, f"{name.capitalize()}; negative is paid.", "account currency")
            for name in _COSTS
        ),
        Column("currency", label(10), "Account currency."),
        Column("comment", TEXT, "What the broker calls it.", default=""),
        at("created_at", "When the deal was made."),
        VERSION_COLUMN,
    ),
    key=("trade_id", "deal_ticket"),
    order_by=("account_id", "symbol", "created_at", "trade_id", "deal_ticket"),
    time="created_at",
    stores=FACT_STORES,
    kind="history",
    owner=OF_ACCOUNT,
    retention="permanent",
)

TABLES = (TRADE_RECONCILIATION, TRADE_RECONCILIATION_LOG, TRADE_FAILURE_LOG, COMMISSION_LOG)
