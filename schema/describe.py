"""What the registry says about itself, as rows for people: `tradecast schema`."""

from schema import clickhouse, duckdb, postgres, sql
from schema.codes import SENTENCES
from schema.registry import TABLES
from schema.table import Column, RegistryError, Table

Row = dict[str, str]
DDL_STORES = ("clickhouse", "duckdb", "postgres")
# The last number of each stage of the way at which a reason can arise.
STAGES = (
    (0, "none"),
    (59, "signal"),
    (69, "signal without accounts"),
    (139, "account"),
    (199, "order"),
    (255, "broker"),
)


def tables() -> list[Row]:
    """Return one row for each table."""
    return [
        {
            "table": table.name,
            "layer": table.layer,
            "kind": table.kind,
            "stores": " ".join(sorted(table.stores)),
            "key": ", ".join(table.key),
            "purpose": table.purpose,
        }
        for table in TABLES.values()
    ]


def columns(table: Table) -> list[Row]:
    """Return one row for each column of a table."""
    return [_column(table, column) for column in table.columns]


def spellings(table: Table) -> list[Row]:
    """Return the type of each column in every store."""
    types = zip(table.columns, clickhouse.types(table), strict=True)
    return [
        {
            "column": column.name,
            "arrow": str(column.type.arrow),
            "polars": str(column.type.polars),
            "duckdb": column.type.duckdb,
            "clickhouse": spelled,
            "postgres": column.type.postgres,
        }
        for column, spelled in types
    ]


def ddl(table: Table, store: str) -> list[str]:
    """Return the statements that make a table in a store.

    Raises:
        RegistryError: If the store has no SQL here, or the table does not live in it.
    """
    builders = {"clickhouse": clickhouse.ddl, "duckdb": duckdb.ddl, "postgres": postgres.ddl}
    if store not in builders:
        raise RegistryError(f"there is no DDL for {store}; there is for {', '.join(DDL_STORES)}")
    made = builders[store](table)
    if not made:
        raise RegistryError(f"table {table.name} does not live in {store}")
    return made


def codes() -> list[Row]:
    """Return one row for each reason code."""
    return [
        {"code": code.name, "number": str(int(code)), "stage": _stage(code), "meaning": sentence}
        for code, sentence in SENTENCES.items()
    ]


def _stage(number: int) -> str:
    for last, stage in STAGES:
        if number <= last:
            return stage
    raise ValueError(f"no stage for {number}")


def _default(column: Column) -> str:
    if column.fill:
        return {"id": "a new id", "now": "the moment"}[column.fill]
    return "" if column.default is None else sql.literal(column.default)


def _column(table: Table, column: Column) -> Row:
    marks = ["key"] if column.name in table.key else []
    marks += ["null"] if column.nullable else []
    marks += ["secret"] if column.secret else []
    marks += ["guarded"] if column.guarded else []
    return {
        "column": column.name,
        "type": column.type.name,
        "unit": column.unit,
        "marks": " ".join(marks),
        "default": _default(column),
        "description": column.description,
    }
