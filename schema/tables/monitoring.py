"""What happened to the system, and what the stores know about themselves."""

from schema.enums import Severity
from schema.table import Check, Column, Index, Owner, Reference, Table
from schema.tables.common import FACT_STORES, VERSION_COLUMN, at, optional
from schema.tables.control import DATABASES, PRIVATE
from schema.types import ADDRESS, BIGINT, JSON, TEXT, TIMESTAMP, UUID, VERSION, enum, label, text

LAYER = "8 monitoring"
RETENTION = "duckdb permanent; clickhouse configurable TTL"
TTL_DAYS = 365


def _event(name: str, key: str, purpose: str) -> Table:
    return Table(
        name=name,
        layer=LAYER,
        purpose=purpose,
        columns=(
            Column(key, UUID, "Made from what happened, where and when."),
            Column("kind", label(64), "What happened, in one word."),
            Column("source", label(64), "Process or part that says so."),
            Column("severity", enum(Severity), "How bad it is.", default="info"),
            Column("message", TEXT, "One sentence for people."),
            Column("details", JSON, "What else is known.", default="{}"),
            at("created_at", "When it happened."),
            VERSION_COLUMN,
        ),
        key=(key,),
        order_by=("source", "kind", "created_at", key),
        time="created_at",
        stores=FACT_STORES,
        kind="history",
        retention=RETENTION,
        ttl_days=TTL_DAYS,
    )


SYSTEM_EVENT_LOG = _event("system_event_log", "event_id", "Starts, stops and errors.")
ALERT_LOG = _event("alert_log", "alert_id", "What somebody should look at.")

STREAM_MARKS = Table(
    name="stream_marks",
    layer=LAYER,
    purpose="How far each results stream is stored; written together with its rows.",
    columns=(
        Column("stream", text(64), "Key of the stream on Redis."),
        Column("position", text(32), "Last entry stored, as `ms-seq`."),
        at("updated_at", "When it was written."),
    ),
    key=("stream",),
    stores=FACT_STORES,
    kind="system",
    retention="permanent",
    version="updated_at",
)

SCHEMA_MIGRATIONS = Table(
    name="schema_migrations",
    layer=LAYER,
    purpose="Migrations applied to this store.",
    columns=(
        Column("version", text(255), "Number of the migration."),
        Column("name", text(255), "Its name."),
        Column("checksum", text(64), "SHA-256 of its statements when it was applied."),
        Column("applied_at", TIMESTAMP, "When it was applied.", fill="now"),
    ),
    key=("version",),
    stores=frozenset({"duckdb", "clickhouse", "postgres"}),
    kind="system",
    retention="permanent",
    version="applied_at",
)

AUDIT_LOG = Table(
    name="audit_log",
    layer=LAYER,
    purpose="Who changed what in the control database: old and new values.",
    columns=(
        Column("id", UUID, "The change.", fill="id"),
        optional("user_id", UUID, "Who did it, while there is such a user."),
        Column("actor", text(255), "Who did it, in words that stay.", default=""),
        Column("action", label(100), "insert, update, delete, or what else was done."),
        Column("resource_type", label(50), "Table, or kind of what was changed."),
        optional("resource_id", text(100), "Key of the row."),
        optional("old_values", JSON, "What it was; secrets are only said to differ."),
        optional("new_values", JSON, "What it became; secrets are only said to differ."),
        optional("ip_address", ADDRESS, "Where the request came from."),
        optional("user_agent", TEXT, "Program that asked."),
        Column("created_at", TIMESTAMP, "When it was done.", fill="now"),
        Column("version", VERSION, "1: a row never changes.", default=1),
    ),
    key=("id",),
    order_by=("resource_type", "created_at", "id"),
    time="created_at",
    stores=DATABASES,
    kind="record",
    retention="3 to 7 years, append only",
    references=(Reference(("user_id",), "users", "set null"),),
    checks=(Check("version_is_one", "version = 1"),),
    indices=(
        Index(("action",)),
        Index(("created_at",)),
        Index(("resource_type", "resource_id")),
    ),
    owner=Owner("user_id"),
    append_only=True,
    note="A user reads what they did themselves. Deleting a user empties user_id, never actor.",
)

AUDIT_SEALS = Table(
    name="audit_seals",
    layer=LAYER,
    purpose="Seals over batches of audit_log; each holds the hash of the one before it.",
    columns=(
        Column("seal_number", BIGINT, "1, 2, 3 and so on, without a gap."),
        Column("previous_hash", text(64), "Hash of the seal before it; 64 zeros for the first."),
        Column("hash", text(64), "SHA-256 of all that the seal says, in hex."),
        Column("row_count", BIGINT, "Rows that it seals.", unit="rows"),
        optional("first_id", UUID, "First of them by time; none where there is no row."),
        optional("last_id", UUID, "Last of them by time."),
        at("sealed_after", "Rows written after this moment are sealed by it, ..."),
        at("sealed_until", "... up to this one, and it included."),
        Column("digests", JSON, "Id and SHA-256 of each row, by time: which one was changed."),
        Column("sealed_at", TIMESTAMP, "When it was made.", fill="now"),
        Column("version", VERSION, "1: a seal never changes.", default=1),
    ),
    key=("seal_number",),
    time="sealed_at",
    stores=PRIVATE,
    kind="record",
    retention="permanent: the chain begins with the first",
    checks=(
        Check("version_is_one", "version = 1"),
        Check("seal_number_positive", "seal_number >= 1"),
        Check("times_ordered", "sealed_after <= sealed_until"),
    ),
    append_only=True,
    note="Not over user_id, which becomes null with its user. See `tradecast audit --chain`.",
)

TABLES = (SYSTEM_EVENT_LOG, ALERT_LOG, AUDIT_LOG, AUDIT_SEALS, STREAM_MARKS, SCHEMA_MIGRATIONS)
