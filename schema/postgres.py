"""The registry in PostgreSQL's SQL: tables, keys, checks, indices, partitions; text only.

PostgreSQL 15 or later. Every statement may be run again. Who may do what is in
`schema.postgres_access`, what happens by itself in `schema.postgres_triggers`, and how
values get in and out in `schema.postgres_values`.
"""

from schema import postgres_access, postgres_triggers, sql
from schema.registry import TABLES, ordered
from schema.table import Column, Index, Reference, RegistryError, Table

NAME_BYTES = 63  # longer names are cut without a word
_FILL = {"id": "gen_random_uuid()", "now": "now()"}


def everything(tables: dict[str, Table] = TABLES) -> list[str]:
    """Return the statements that make all tables, with their rules, in an empty database."""
    ours = ordered(tables, "postgres")
    made = [postgres_access.user_function(), *postgres_access.roles(), *partitioning()]
    made += [statement for each in ours for statement in ddl(each)]
    made += postgres_triggers.functions()
    made += [statement for each in ours for statement in postgres_triggers.triggers(each)]
    return made + [statement for each in ours for statement in postgres_access.access(each)]


def partitioning() -> list[str]:
    """Return the statements that make the function which makes partitions."""
    signature = "make_partitions(text, timestamptz, timestamptz)"
    return [PARTITIONS, postgres_triggers.pinned(signature)]


def ddl(table: Table) -> list[str]:
    """Return the statements that make a table and its indices; empty if it is elsewhere."""
    if "postgres" not in table.stores:
        return []
    comments = [describe(table, column) for column in table.columns]
    about = f"COMMENT ON TABLE {sql.name(table.name)} IS {sql.text(table.purpose)}"
    made = [create(table), *indices(table), about, *comments]
    return [*made, ahead(table)] if table.partitioned else made


def ahead(table: Table) -> str:
    """Return the statement that makes the partitions of the last month and the next twelve."""
    span = "now() - interval '1 month', now() + interval '12 months'"
    return f"SELECT make_partitions({sql.text(table.name)}, {span})"


def create(table: Table) -> str:
    """Return the statement that makes a table with its keys, checks and references."""
    lines = [column_line(column) for column in table.columns]
    lines.append(f"PRIMARY KEY ({sql.names(table.key)})")
    lines += [f"UNIQUE ({sql.names(unique)})" for unique in table.unique]
    lines += [f"CONSTRAINT {sql.name(name)} CHECK ({test})" for name, test in constraints(table)]
    lines += [reference(each) for each in table.references]
    body = ",\n  ".join(lines)
    by_month = f" PARTITION BY RANGE ({sql.name(table.time or '')})" if table.partitioned else ""
    return f"CREATE TABLE IF NOT EXISTS {sql.name(table.name)} (\n  {body}\n){by_month}"


def constraints(table: Table) -> list[tuple[str, str]]:
    """Return name and condition of each check of a table."""
    limits = [limit for column in table.columns for limit in _limits(column)]
    return [*limits, *((check.name, check.condition) for check in table.checks)]


def reference(each: Reference) -> str:
    """Return how a foreign key is declared."""
    return (
        f"FOREIGN KEY ({sql.names(each.columns)}) REFERENCES {sql.name(each.table)}"
        f" ON DELETE {each.on_delete.upper()}"
    )


def column_line(column: Column) -> str:
    """Return how a column is declared."""
    null = "" if column.nullable else " NOT NULL"
    return f"{sql.name(column.name)} {column.type.postgres}{default(column)}{null}"


def default(column: Column) -> str:
    """Return the default of a column, empty if it has none."""
    if column.fill:
        return f" DEFAULT {_FILL[column.fill]}"
    return "" if column.default is None else f" DEFAULT {sql.literal(column.default)}"


def describe(table: Table, column: Column) -> str:
    """Return the statement that tells what a column means."""
    named = f"{sql.name(table.name)}.{sql.name(column.name)}"
    return f"COMMENT ON COLUMN {named} IS {sql.text(sql.comment(column))}"


def _limits(column: Column) -> list[tuple[str, str]]:
    quoted, kind = sql.name(column.name), column.type
    if kind.closed:
        words = ", ".join(sql.text(word) for word in kind.words if word is not None)
        return [(f"{column.name}_known", f"{quoted} IN ({words})")]
    if kind.postgres == "DOUBLE PRECISION":
        # PostgreSQL sorts NaN above infinity.
        return [(f"{column.name}_finite", f"{quoted} > '-Infinity' AND {quoted} < 'Infinity'")]
    if kind.name == "version":
        return [(f"{column.name}_unsigned", f"{quoted} >= 0 AND {quoted} < 18446744073709551616")]
    return []


def indices(table: Table) -> list[str]:
    """Return the indices of a table: of its references, its owner, and those it declares."""
    found = {each.columns: Index(each.columns) for each in table.references}
    if table.owner is not None:
        found[table.owner.column,] = Index((table.owner.column,))
    wanted = [index for names, index in found.items() if not _is_keyed(table, names)]
    wanted += [index for index in table.indices if index not in wanted]
    return [_index(table, index) for index in wanted]


def _is_keyed(table: Table, names: tuple[str, ...]) -> bool:
    return any(key[: len(names)] == names for key in (table.key, *table.unique))


def index_name(table: Table, index: Index) -> str:
    """Return the name of an index: the table, the columns, and whether it is partial.

    Raises:
        RegistryError: If PostgreSQL would cut it.
    """
    marks = ["some"] if index.where else []
    name = "_".join(["idx", table.name, *index.columns, *marks])
    if len(name) > NAME_BYTES:
        raise RegistryError(f"table {table.name}: index name {name} is too long")
    return name


def _index(table: Table, index: Index) -> str:
    last = " DESC" if index.newest_first else ""
    where = f" WHERE {index.where}" if index.where else ""
    method = " USING gin" if index.words else ""
    return (
        f"CREATE INDEX IF NOT EXISTS {sql.name(index_name(table, index))}"
        f" ON {sql.name(table.name)}{method} ({sql.names(index.columns)}{last}){where}"
    )


# A writer of old bars asks for their months; maintenance asks for those to come.
PARTITIONS = """\
CREATE OR REPLACE FUNCTION make_partitions(
  parent text, first_time timestamptz, last_time timestamptz
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  month timestamp := date_trunc('month', first_time AT TIME ZONE 'UTC');
  made integer := 0;
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_partitioned_table WHERE partrelid = to_regclass(quote_ident(parent))
  ) THEN
    RAISE EXCEPTION '% is not kept by month', parent;
  END IF;
  IF last_time - first_time > interval '100 years' THEN
    RAISE EXCEPTION 'more than 1200 partitions were asked for';
  END IF;
  WHILE month <= last_time AT TIME ZONE 'UTC' LOOP
    IF to_regclass(quote_ident(parent || to_char(month, '"_"YYYY"_"MM'))) IS NULL THEN
      EXECUTE format(
        'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        parent || to_char(month, '"_"YYYY"_"MM'), parent,
        month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
      );
      made := made + 1;
    END IF;
    month := month + interval '1 month';
  END LOOP;
  RETURN made;
END $$"""
