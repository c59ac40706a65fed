"""What a change of control tables and records comes to in DuckDB's SQL: text only, no driver.

DuckDB has no triggers and no foreign keys that act. What PostgreSQL does by itself
(`schema.postgres_triggers`, `schema.postgres`), these statements do for `sinks.duckdb.changes`,
and the audit has the same form in both.
"""

from schema import sql
from schema.duckdb import columns
from schema.postgres_triggers import CHANGED, FORGOTTEN, REDACTED
from schema.registry import TABLES
from schema.table import Column, Reference, Table

ROW = "row_in_batch"  # ordinal of a row in the batch that is being judged
GIVEN, GONE = "given_rows", "gone_rows"
LOG = TABLES["audit_log"]


def referring(table: Table) -> list[tuple[Table, Reference]]:
    """Return the tables of DuckDB whose rows refer to a table's rows, and how."""
    return [
        (each, reference)
        for each in TABLES.values()
        if "duckdb" in each.stores
        for reference in each.references
        if reference.table == table.name
    ]


def given(table: Table) -> str:
    """Return the statement, but for its source, that takes a registered batch over, typed."""
    casts = ", ".join(
        f"CAST({sql.name(c.name)} AS {c.type.duckdb}) AS {sql.name(c.name)}" for c in table.columns
    )
    return f"CREATE OR REPLACE TEMP TABLE {GIVEN} AS SELECT {casts}, {ROW} FROM "  # noqa: S608


def same(table: Table) -> str:
    """Return the query of rows of a batch that are stored as they are."""
    rest = " AND ".join(f"{_n('g', c)} IS NOT DISTINCT FROM {_n('o', c)}" for c in table.names)
    return f"SELECT {ROW} FROM {GIVEN} g JOIN {sql.name(table.name)} o ON {rest}"  # noqa: S608


def stale(table: Table) -> str:
    """Return the query of rows that are no newer than what is stored: place, given, stored."""
    version = table.version
    return (
        f"SELECT {ROW}, {_n('g', version)}, {_n('o', version)} FROM {GIVEN} g"  # noqa: S608
        f" JOIN {sql.name(table.name)} o ON {_keyed(table, 'g', 'o')}"
        f" WHERE {_n('g', version)} <= {_n('o', version)}"
    )


def doubled(table: Table, unique: tuple[str, ...]) -> str:
    """Return the query of rows that another row of the batch or the table shares a key with."""
    ours = GIVEN
    alike = " AND ".join(f"{_n('g', c)} = {_n('o', c)}" for c in unique)
    within = f"SELECT g.{ROW} FROM {ours} g JOIN {ours} o ON {alike} AND o.{ROW} < g.{ROW}"  # noqa: S608
    if unique == table.key:
        return within
    stored = (
        f"SELECT g.{ROW} FROM {ours} g JOIN {sql.name(table.name)} o ON {alike}"  # noqa: S608
        f" AND NOT ({_keyed(table, 'g', 'o')})"
    )
    return f"{within} UNION {stored}"


def orphans(table: Table, reference: Reference) -> str:
    """Return the query of rows that refer to what is neither stored nor in the batch."""
    target = TABLES[reference.table]
    pairs = list(zip(reference.columns, target.key, strict=True))
    named = " AND ".join(f"{_n('g', ours)} IS NOT NULL" for ours, _ in pairs)
    stored = " AND ".join(f"{_n('p', theirs)} = {_n('g', ours)}" for ours, theirs in pairs)
    query = (
        f"SELECT {ROW} FROM {GIVEN} g WHERE {named}"  # noqa: S608 - names of the registry
        f" AND NOT EXISTS (SELECT 1 FROM {sql.name(target.name)} p WHERE {stored})"
    )
    if target is table:
        query += f" AND NOT EXISTS (SELECT 1 FROM {GIVEN} p WHERE {stored})"  # noqa: S608
    return query


def log_written(table: Table, *, concealed: bool) -> str:
    """Return the statement that writes what a batch changes to the audit.

    Run before the batch is written. Parameters by name: user, actor, address, program, moment.

    Args:
        table: that the batch is for.
        concealed: whether it is not said what stood where something else stands now.
    """
    key = _n("o", table.key[0])
    update = f"{key} IS NOT NULL"
    return _log(
        table,
        f"CASE WHEN {update} THEN 'update' ELSE 'insert' END",
        f"CASE WHEN {update} THEN {_values(table, 'o', concealed=concealed)} END",
        _values(table, "g", update=update),
        f"{GIVEN} g LEFT JOIN {sql.name(table.name)} o ON {_keyed(table, 'g', 'o')}",
        "g",
    )


def gone(table: Table) -> str:
    """Return the statement that takes the keys `$keys`, as texts, over into `GONE`."""
    (key,) = table.key
    kind = table.column(key).type.duckdb
    return (
        f"CREATE OR REPLACE TEMP TABLE {GONE} AS"
        f" SELECT DISTINCT CAST(unnest($keys) AS {kind}) AS {sql.name(key)}"
    )


def log_deleted(table: Table, *, concealed: bool) -> str:
    """Return the statement that writes to the audit that the rows of `GONE` are deleted.

    Args:
        table: of the rows.
        concealed: whether it is not said what stood in them.
    """
    source = f"{sql.name(table.name)} o LEFT JOIN {sql.name(table.name)} g ON false"
    source += f" JOIN {GONE} k ON {_keyed(table, 'k', 'o')}"
    return _log(table, "'delete'", _values(table, "o", concealed=concealed), "NULL", source, "o",
                names_user=concealed and _names_user(table))  # fmt: skip


def delete(table: Table) -> str:
    """Return the statement that deletes the rows of `GONE`."""
    match = _keyed(table, "g", sql.name(table.name))
    return f"DELETE FROM {sql.name(table.name)} USING {GONE} g WHERE {match}"  # noqa: S608


def stored(table: Table) -> str:
    """Return the query of the keys of `GONE` that are there."""
    keys = ", ".join(_n("o", c) for c in table.key)
    return (
        f"SELECT {keys} FROM {sql.name(table.name)} o"  # noqa: S608 - names of the registry
        f" JOIN {GONE} g ON {_keyed(table, 'g', 'o')}"
    )


def children(child: Table, reference: Reference) -> str:
    """Return the query of the rows of a table that refer to `GONE`: their key, and its."""
    (ours,), (theirs,), (key,) = reference.columns, TABLES[reference.table].key, child.key
    return (
        f"SELECT {_n('o', key)}, {_n('g', theirs)} FROM {sql.name(child.name)} o"  # noqa: S608
        f" JOIN {GONE} g ON {_n('o', ours)} = {_n('g', theirs)}"
    )


def emptied(table: Table, column: str) -> str:
    """Return the statement that gives the rows of `GONE` anew, without a value of a column.

    It takes `$moment`. Their version rises where it counts changes; as PostgreSQL's triggers.
    """
    new = {column: "NULL", "updated_at": "$moment"}
    if table.version == "version":
        new["version"] = f"{_n('o', 'version')} + 1"
    values = ", ".join(
        f"CAST({new.get(c.name, _n('o', c.name))} AS {c.type.duckdb}) AS {sql.name(c.name)}"
        for c in table.columns
    )
    return (
        f"CREATE OR REPLACE TEMP TABLE {GIVEN} AS SELECT {values}, 0 AS {ROW}"  # noqa: S608
        f" FROM {sql.name(table.name)} o JOIN {GONE} g ON {_keyed(table, 'g', 'o')}"
    )


# The one change of a row of the audit that there is: its user goes, what they did stays.
FORGET_USER = (
    f"UPDATE {LOG.name} SET user_id = NULL WHERE user_id IN "  # noqa: S608 - constants
    f"(SELECT id FROM {GONE})"
)


def _log(
    table: Table,
    action: str,
    old: str,
    new: str,
    source: str,
    alias: str,
    *,
    names_user: bool = False,
) -> str:
    key = " || '/' || ".join(f"CAST({_n(alias, c)} AS VARCHAR)" for c in table.key)
    key = sql.text(FORGOTTEN) if names_user else key
    return (
        f"INSERT INTO {LOG.name} ({columns(LOG)})\n"
        f"SELECT gen_random_uuid(), $user, $actor, {action}, {sql.text(table.name)},"
        f" left({key}, 100), {old}, {new}, $address, $program, $moment, 1\nFROM {source}"
    )


def _names_user(table: Table) -> bool:
    """Whether a row's key is a user."""
    return table.name == "users" or "user_id" in table.key


def _values(table: Table, alias: str, update: str = "", *, concealed: bool = False) -> str:
    told = (
        (c, _concealed(c, _value(c, alias, update)) if concealed else _value(c, alias, update))
        for c in table.columns
    )
    return f"json_object({', '.join(f'{sql.text(c.name)}, {value}' for c, value in told)})"


def _concealed(column: Column, value: str) -> str:
    """Return an old value that is told only if it stays."""
    was, becomes = _n("o", column.name), _n("g", column.name)
    return (
        f"CASE WHEN {was} IS NOT NULL AND {was} IS DISTINCT FROM {becomes}"
        f" THEN to_json({sql.text(FORGOTTEN)}) ELSE to_json({value}) END"
    )


def _value(column: Column, alias: str, update: str) -> str:
    value = _n(alias, column.name)
    if column.secret:
        said = sql.text(REDACTED)
        if update:
            differs = f"{update} AND {value} IS DISTINCT FROM {_n('o', column.name)}"
            said = f"CASE WHEN {differs} THEN {sql.text(CHANGED)} ELSE {said} END"
        return f"CASE WHEN {value} IS NOT NULL THEN {said} END"
    if column.type.name == "timestamp":
        return f"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')"
    return value


def _keyed(table: Table, one: str, other: str) -> str:
    return " AND ".join(f"{_n(one, c)} = {_n(other, c)}" for c in table.key)


def _n(alias: str, column: str) -> str:
    return f"{alias}.{sql.name(column)}"
