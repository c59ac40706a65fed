"""What happened to the system, and what the stores know about themselves."""

from schema.enums import Severity
from schema.table import Column, Table
from schema.tables.common import FACT_STORES, VERSION_COLUMN, at
from schema.types import JSON, TEXT, UUID, enum, label, text

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
        at("applied_at", "When it was applied."),
    ),
    key=("version",),
    stores=frozenset({"duckdb", "clickhouse", "postgres"}),
    kind="system",
    retention="permanent",
    version="applied_at",
)

TABLES = (SYSTEM_EVENT_LOG, ALERT_LOG, STREAM_MARKS, SCHEMA_MIGRATIONS)
