"""What all tables of the trading configuration share, and all records.

The control database holds the current rows of both, ClickHouse every version.
"""

from schema.enums import Status
from schema.table import Check, Column, Index, Owner, Reference, Table
from schema.tables.common import VERSION_COLUMN, at
from schema.types import TIMESTAMP, VERSION, enum, text

CONFIGURATION = "6 configuration"
RETENTION = "redis: active copy; duckdb or postgres: current; clickhouse: every version"
EVERYWHERE = frozenset({"redis", "duckdb", "clickhouse", "postgres"})
DATABASES = frozenset({"duckdb", "clickhouse", "postgres"})
PRIVATE = frozenset({"duckdb", "postgres"})

KEY = Column("key", text(64), "Name in the configuration file.")
STATUS = Column("status", enum(Status), "Whether it takes part.", default="active")
CREATED_AT = Column("created_at", TIMESTAMP, "When it was made.", fill="now")
CHANGES = (
    Column("config_version", VERSION, "Version of the configuration that last changed the row."),
    Column("created_at", TIMESTAMP, "When it was first applied.", fill="now"),
    Column("updated_at", TIMESTAMP, "When it last changed.", fill="now"),
    at("deleted_at", "When it left the configuration; none while it is in it.", nullable=True),
)
RECORDED = (
    CREATED_AT,
    Column("updated_at", TIMESTAMP, "When it last changed.", fill="now"),
    at("deleted_at", "When it was removed; none while it is there.", nullable=True),
    Column(VERSION_COLUMN.name, VERSION, VERSION_COLUMN.description, default=1),
)


def control(
    name: str,
    purpose: str,
    columns: tuple[Column, ...],
    *,
    key: str,
    later: tuple[Column, ...] = (),
    layer: str = CONFIGURATION,
    retention: str = RETENTION,
    stores: frozenset[str] = EVERYWHERE,
    unique: tuple[tuple[str, ...], ...] = (),
    references: tuple[Reference, ...] = (),
    checks: tuple[Check, ...] = (),
    indices: tuple[Index, ...] = (),
    owner: Owner | None = None,
    for_users: bool = False,
    users_write: bool = False,
    note: str = "",
) -> Table:
    """Return a table of the trading configuration.

    Args:
        name: Its name.
        purpose: One sentence.
        columns: Its own columns.
        key: The column that names a row.
        later: Columns that a later release has added: they come last in old databases too.
        layer: Layer of the documentation.
        retention: How long rows are kept.
        stores: Where it lives.
        unique: Further unique keys.
        references: Foreign keys.
        checks: Conditions on each row.
        indices: Indices of PostgreSQL.
        owner: Whose rows they are.
        for_users: Whether every user may read it, without an owner.
        users_write: Whether users change their own.
        note: What else a reader should know.
    """
    return Table(
        name=name,
        layer=layer,
        purpose=purpose,
        columns=(*columns, *CHANGES, *later),
        key=(key,),
        stores=stores,
        kind="control",
        retention=retention,
        version="config_version",
        unique=unique,
        references=references,
        checks=checks,
        indices=indices,
        owner=owner,
        for_users=for_users,
        users_write=users_write,
        note=note,
    )


def record(
    name: str,
    purpose: str,
    columns: tuple[Column, ...],
    *,
    key: str,
    layer: str,
    stores: frozenset[str] = DATABASES,
    retention: str = "permanent",
    unique: tuple[tuple[str, ...], ...] = (),
    references: tuple[Reference, ...] = (),
    checks: tuple[Check, ...] = (),
    indices: tuple[Index, ...] = (),
    owner: Owner | None = None,
    for_users: bool = False,
    users_write: bool = False,
    note: str = "",
) -> Table:
    """Return a table of what people and services write: arguments as of `control`."""
    return Table(
        name=name,
        layer=layer,
        purpose=purpose,
        columns=(*columns, *RECORDED),
        key=(key,),
        stores=stores,
        kind="record",
        retention=retention,
        unique=unique,
        references=references,
        checks=checks,
        indices=indices,
        owner=owner,
        for_users=for_users,
        users_write=users_write,
        note=note,
    )
