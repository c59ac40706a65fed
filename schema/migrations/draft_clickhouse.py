"""The draft of a migration of ClickHouse: of metadata alone, so that nobody waits.

Each statement may be run again: there is no transaction, and a migration may be cut short.
"""

from __future__ import annotations

from schema import clickhouse, sql
from schema.migrations.difference import Difference, cannot
from schema.table import Column

_PLACEMENT = ("key", "order_by", "time", "span", "version")


def changes(found: Difference) -> list[str]:
    """Return the statements that bring a table to what it is now."""
    table = found.table
    made = found.lost(_PLACEMENT)
    made += [each for column in found.kept for each in _unlike(found, column)]
    if made:
        return made
    parts = [f"ADD COLUMN IF NOT EXISTS {clickhouse.column_line(each)}" for each in found.added]
    defaults = [c for c in found.kept if found.differs(c, "default", "fill")]
    parts += [_default(found, c) for c in defaults if clickhouse.default(c)]
    new, gone = found.named("clickhouse_constraints")
    parts += [f"DROP CONSTRAINT IF EXISTS {sql.name(name)}" for name in [*new, *gone]]
    name = sql.name(clickhouse.target(table))
    made = [f"ALTER TABLE {name}\n  " + ",\n  ".join(parts)] if parts else []
    # Each stands alone, for who runs it must see whether it has run already.
    made += [clickhouse.remove_default(table, c) for c in defaults if not clickhouse.default(c)]
    # One ALTER cannot drop a constraint and add it.
    added = [
        f"ADD CONSTRAINT IF NOT EXISTS {sql.name(rule)} CHECK {test}" for rule, test in new.items()
    ]
    made += [f"ALTER TABLE {name}\n  " + ",\n  ".join(added)] if added else []
    if found.changed("expiry"):
        made.append(_expiry(found, name))
    return made + (clickhouse.views(table) if found.added else [])


def _default(found: Difference, column: Column) -> str:
    kind = found.now(column)["clickhouse"]
    line = clickhouse.default(column)
    return f"MODIFY COLUMN {sql.name(column.name)} {kind} {line}"


def _expiry(found: Difference, name: str) -> str:
    line = clickhouse.expiry(found.table)
    change = f"MODIFY {line}" if line else "REMOVE TTL"
    # Rows that are there go when their parts merge; all at once would rewrite them.
    settings = " SETTINGS materialize_ttl_after_modify = 0" if line else ""
    return f"ALTER TABLE {name} {change}{settings}"


def _unlike(found: Difference, column: Column) -> list[str]:
    was, now = found.was(column)["clickhouse"], found.now(column)["clickhouse"]
    if was == now:
        return []
    where = f"table {found.table.name}, column {column.name}"
    return [cannot(f"{where}: {was} to {now} rewrites every row; add a column, and fill it")]
