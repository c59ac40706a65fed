"""What a table is: columns and their placement. A wrong one does not import."""

import re
from dataclasses import dataclass
from typing import Literal

from schema.parts import Check, Column, Expiry, Index, Owner, Reference

__all__ = [
    "STORES",
    "Check",
    "Column",
    "Expiry",
    "Index",
    "Kind",
    "Owner",
    "Reference",
    "RegistryError",
    "Store",
    "Table",
]

Store = Literal["redis", "duckdb", "clickhouse", "postgres"]
Kind = Literal["history", "control", "record", "live", "system"]
STORES: frozenset[str] = frozenset({"redis", "duckdb", "clickhouse", "postgres"})
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class RegistryError(ValueError):
    """The registry contradicts itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One table and its placement.

    Attributes:
        name: Plain name, which shows current rows in every store.
        layer: Layer of the reference documentation.
        purpose: One sentence.
        columns: Columns in order.
        key: Columns that name a row.
        order_by: ClickHouse's sorting key; its columns never change in a row's life, and
            it ends with the key. Empty: the key.
        time: Column of the partitions; it never changes in a row's life.
        span: Length of ClickHouse's partitions. Each has files of its own, so a table of few rows
            that is read by the year is kept by the year.
        stores: Where the table lives.
        kind: `history` is appended and shows the greatest version; `control` is the
            trading configuration; `record` is what people and services write and change, in
            the control database; `live` is a hash on Redis; `system` is the stores' own.
        retention: How long rows are kept, in words.
        ttl_days: Days after which ClickHouse drops rows, None to keep them.
        expiries: Further days after which it drops rows of a condition.
        live_seconds: Seconds after the last write at which Redis drops a live row, None
            where the writer removes it.
        version: Column whose greatest value is the current row.
        unique: Further unique keys. Of history the writer keeps them, and PostgreSQL.
        references: Foreign keys, of control tables and records.
        checks: Conditions on each row.
        indices: Indices of PostgreSQL beyond those of keys, references and owner.
        owner: Whose rows they are; None where no column says so.
        for_users: Whether every user may read all of it, in a table without an owner; else the
            system alone does, in DuckDB and ClickHouse.
        users_write: Whether users change their own rows themselves.
        append_only: Whether a row never changes, and goes only when it is very old.
        partitioned: Whether PostgreSQL too keeps it by month of `time`.
        note: What else a reader of the documentation should know.
    """

    name: str
    layer: str
    purpose: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    kind: Kind
    stores: frozenset[str]
    retention: str
    order_by: tuple[str, ...] = ()
    time: str | None = None
    span: Literal["month", "year"] = "month"
    ttl_days: int | None = None
    expiries: tuple[Expiry, ...] = ()
    live_seconds: int | None = None
    version: str = "version"
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    checks: tuple[Check, ...] = ()
    indices: tuple[Index, ...] = ()
    owner: Owner | None = None
    for_users: bool = False
    users_write: bool = False
    append_only: bool = False
    partitioned: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if not self.order_by:
            object.__setattr__(self, "order_by", self.key)
        self._check_columns()
        self._check_placement()
        self._check_rules()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def audited(self) -> bool:
        """Whether every change of a row is written to the audit, with old and new values."""
        return self.kind in {"control", "record"} and not self.append_only

    def column(self, name: str) -> Column:
        """Return a column by name.

        Raises:
            RegistryError: If the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise RegistryError(f"table {self.name} has no column {name}")

    def _check_columns(self) -> None:
        if not _NAME.match(self.name):
            raise RegistryError(f"table {self.name!r}: not a name of letters, digits and _")
        if not self.stores or self.stores - STORES:
            raise RegistryError(f"table {self.name}: unknown store in {sorted(self.stores)}")
        seen: set[str] = set()
        for column in self.columns:
            where = f"table {self.name}, column {column.name}"
            if not _NAME.match(column.name):
                raise RegistryError(f"{where}: not a name of letters, digits and _")
            if column.name in seen:
                raise RegistryError(f"{where}: stands twice")
            seen.add(column.name)
            if not column.description:
                raise RegistryError(f"{where}: has no description")
            if column.secret and self.stores & {"redis", "clickhouse"}:
                raise RegistryError(f"{where}: a secret may not be on Redis or in ClickHouse")
            fits = {"": column.type.name, "id": "uuid", "now": "timestamp"}
            if column.type.name != fits[column.fill]:
                raise RegistryError(f"{where}: a store cannot fill a {column.type.name}")
            words = column.type.words
            if words and column.default is not None and column.default not in words:
                raise RegistryError(f"{where}: default {column.default!r} is not one of its words")

    def _check_placement(self) -> None:
        self._know("key", self.key)
        self._know("order_by", self.order_by)
        for unique in self.unique:
            self._know("unique key", unique)
        for reference in self.references:
            self._know(f"reference to {reference.table}", reference.columns)
        if not self.key:
            raise RegistryError(f"table {self.name}: has no key")
        for name in (*self.key, *self.order_by):
            if self.column(name).nullable:
                raise RegistryError(f"table {self.name}, column {name}: a key may not be null")
        # ClickHouse replaces rows by sorting key, not by primary key.
        for name in self.key:
            if name not in self.order_by:
                raise RegistryError(f"table {self.name}, column {name}: key is not in order_by")
        if self.order_by[-1] not in self.key:
            raise RegistryError(
                f"table {self.name}, column {self.order_by[-1]}: order_by must end with the key"
            )
        self._check_time()
        if self.kind != "live":
            self._know("version", (self.version,))

    def _check_time(self) -> None:
        if self.time is None:
            if self.ttl_days is not None or self.expiries:
                raise RegistryError(f"table {self.name}: rows expire by a time, and it has none")
            return
        self._know("time", (self.time,))
        if self.partitioned and self.time not in self.key:
            raise RegistryError(f"table {self.name}: PostgreSQL needs {self.time} in the key")
        column = self.column(self.time)
        if column.nullable or column.type.name not in {"timestamp", "date"}:
            raise RegistryError(
                f"table {self.name}, column {self.time}: partitions need a time that is never null"
            )

    def _check_rules(self) -> None:
        if self.references and self.kind not in {"control", "record"}:
            raise RegistryError(f"table {self.name}: only control tables and records refer")
        for reference in self.references:
            if reference.on_delete == "set null":
                for name in reference.columns:
                    if not self.column(name).nullable:
                        raise RegistryError(f"table {self.name}, column {name}: cannot become null")
        names = [check.name for check in self.checks]
        if len(set(names)) != len(names):
            raise RegistryError(f"table {self.name}: two checks have one name")
        for index in self.indices:
            self._know("index", index.columns)
            if index.words and [self.column(n).type.name for n in index.columns] != ["json"]:
                raise RegistryError(f"table {self.name}: an index of words needs one JSON column")
        self._check_owner()

    def _check_owner(self) -> None:
        owner = self.owner
        if owner is None:
            # Isolation that is forgotten is the one mistake that no later test would show.
            owned = {"user_id", "account_id"} & set(self.names)
            if owned and self.stores - {"redis"}:
                raise RegistryError(f"table {self.name}: does not say whose its rows are")
            if self.users_write:
                raise RegistryError(f"table {self.name}: users write only rows that are theirs")
            return
        if self.for_users:
            raise RegistryError(f"table {self.name}: its rows have an owner, and are everybody's")
        self._know("owner", (owner.column, *filter(None, [owner.public])))
        if self.column(owner.column).type.name != "uuid":
            raise RegistryError(f"table {self.name}, column {owner.column}: an owner is a uuid")
        if owner.public and self.column(owner.public).type.name != "bool":
            raise RegistryError(f"table {self.name}, column {owner.public}: public is yes or no")

    def _know(self, what: str, names: tuple[str, ...]) -> None:
        known = set(self.names)
        for name in names:
            if name not in known:
                raise RegistryError(f"table {self.name}, column {name}: {what} names no column")
        if len(set(names)) != len(names):
            raise RegistryError(f"table {self.name}: {what} names a column twice")
