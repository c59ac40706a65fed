"""What connects the system with others: brokers' histories, and messages that go out."""

from schema.table import Check, Column, Index, Owner, Reference, Table
from schema.tables.common import BROKER_ID, VERSION_COLUMN, at, optional
from schema.tables.control import DATABASES, PRIVATE, record
from schema.tables.risk import AETHERIS
from schema.terms import SyncStatus, WebhookStatus
from schema.types import INT, JSON, TEXT, UUID, enum, label, text

BROKER_CONNECTIONS = record(
    "broker_connections",
    "Ways to read an account's history at its broker; an account may have several.",
    (
        Column("id", UUID, "The connection.", fill="id"),
        Column("user_id", UUID, "Whose it is."),
        Column("account_id", UUID, "The account."),
        BROKER_ID,
        optional("credential_id", UUID, "The credential; the secret itself stays there."),
        Column("name", text(100), "Name for people.", default=""),
        Column("kind", label(16), "What it speaks: mt5, api or file.", default="mt5"),
        Column("sync_status", enum(SyncStatus), "How reading goes.", default="never"),
        at("last_synced_at", "When it was last read to the end.", nullable=True),
        Column("sync_interval_sec", INT, "Time between readings.", "s", default=300),
        optional("cursor", text(100), "How far it is read."),
        optional("last_error", TEXT, "What went wrong the last time."),
        Column("settings", JSON, "Settings of its kind, none of them secret.", default="{}"),
    ),
    key="id",
    layer=AETHERIS,
    stores=PRIVATE,
    references=(
        Reference(("user_id",), "users", "cascade"),
        Reference(("account_id",), "accounts", "cascade"),
        Reference(("broker_id",), "brokers"),
    ),
    checks=(Check("sync_interval_positive", "sync_interval_sec > 0"),),
    indices=(Index(("sync_status",)),),
    owner=Owner("user_id"),
    users_write=True,
    note=(
        "credential_id names a row of credentials, which may be on this machine alone:"
        " it is no foreign key."
    ),
)

SYNC_LOGS = Table(
    name="sync_logs",
    layer=AETHERIS,
    purpose="Every reading of a broker's history: what was new, known and wrong.",
    columns=(
        Column("id", UUID, "The reading."),
        Column("broker_connection_id", UUID, "The connection that was read."),
        Column("user_id", UUID, "Whose it is."),
        Column("account_id", UUID, "The account."),
        Column("status", enum(SyncStatus), "What came of it.", default="ok"),
        Column("new_count", INT, "Trades that were new.", default=0),
        Column("duplicate_count", INT, "Trades that were known.", default=0),
        Column("updated_count", INT, "Known trades that had changed.", default=0),
        Column("error_count", INT, "Trades that were refused.", default=0),
        Column("errors", JSON, "Refused trades, each with its reason.", default="[]"),
        at("from_time", "Oldest moment that was asked for.", nullable=True),
        at("to_time", "Newest moment that was asked for.", nullable=True),
        at("created_at", "When it began."),
        at("finished_at", "When it ended.", nullable=True),
        VERSION_COLUMN,
    ),
    key=("id",),
    order_by=("broker_connection_id", "created_at", "id"),
    time="created_at",
    stores=DATABASES,
    kind="history",
    retention="permanent",
    checks=(
        Check(
            "counts_not_negative",
            "new_count >= 0 AND duplicate_count >= 0 AND updated_count >= 0 AND error_count >= 0",
        ),
    ),
    indices=(Index(("broker_connection_id", "created_at"), newest_first=True),),
    owner=Owner("user_id"),
)

WEBHOOK_EVENTS = record(
    "webhook_events",
    "Messages to others, each tried until it is delivered or given up.",
    (
        Column("id", UUID, "The message; its receiver sees it and can drop repeats.", fill="id"),
        Column("user_id", UUID, "Whose it is."),
        optional("account_id", UUID, "The account it is about."),
        Column("event_type", label(64), "What happened."),
        Column("url", TEXT, "Where it goes."),
        Column("payload", JSON, "What it says.", default="{}"),
        Column("status", enum(WebhookStatus), "Where it is.", default="pending"),
        Column("attempts", INT, "How often it was tried.", default=0),
        Column("max_attempts", INT, "How often it is tried.", default=10),
        at("next_attempt_at", "When it is tried next.", nullable=True),
        at("delivered_at", "When it was taken.", nullable=True),
        optional("response_status", INT, "HTTP status of the last answer."),
        optional("last_error", TEXT, "What went wrong the last time."),
    ),
    key="id",
    layer=AETHERIS,
    references=(
        Reference(("user_id",), "users", "cascade"),
        Reference(("account_id",), "accounts", "cascade"),
    ),
    checks=(Check("attempts_in_range", "attempts >= 0 AND attempts <= max_attempts"),),
    indices=(
        Index(("next_attempt_at",), where="status IN ('pending', 'failed')"),
        Index(("created_at",)),
        Index(("payload",), words=True),
    ),
    owner=Owner("user_id"),
)

TABLES = (BROKER_CONNECTIONS, SYNC_LOGS, WEBHOOK_EVENTS)
