"""What a table is made of: columns, keys to other tables, checks, indices, owner, expiry."""

from dataclasses import dataclass
from typing import Any, Literal

from schema.types import LogicalType


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Name in every store.
        type: Logical type.
        description: One sentence for people.
        unit: Unit of the value, empty where the type says it.
        nullable: Whether the value may be missing.
        default: Value in rows that do not give one; None for no default.
        secret: Whether it is redacted before audit, and kept from Redis and ClickHouse.
        fill: What a store itself puts into rows that SQL inserts without a value: a new id or
            the present moment. Rows that come as batches always give one.
        guarded: Whether users may not set it, in rows that are otherwise theirs to write.
    """

    name: str
    type: LogicalType
    description: str
    unit: str = ""
    nullable: bool = False
    default: Any = None
    secret: bool = False
    fill: Literal["", "id", "now"] = ""
    guarded: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key: what the control database's writer checks."""

    columns: tuple[str, ...]
    table: str
    on_delete: Literal["restrict", "cascade", "set null"] = "restrict"


@dataclass(frozen=True)
class Check:
    """A condition on each row, in SQL that every store reads."""

    name: str
    condition: str


@dataclass(frozen=True)
class Index:
    """An index of PostgreSQL, for a query that people or flows run.

    Attributes:
        columns: What it sorts by.
        newest_first: Whether the last column descends.
        where: Condition of the rows it holds, empty for all.
        words: Whether it finds what is inside JSON (GIN), rather than sorts.
    """

    columns: tuple[str, ...]
    newest_first: bool = False
    where: str = ""
    words: bool = False


@dataclass(frozen=True)
class Owner:
    """Whose row it is: who else asks does not see it.

    Attributes:
        column: Holds the owner.
        of: Whether that is a user; an account, whose user it then is; or a strategy, whose rows
            are read by its user and by who has an account that subscribes to it.
        unowned: Whether rows without an owner are everybody's to read, or nobody's.
        public: Boolean column that lets everybody read a row; empty: none does.
    """

    column: str
    of: Literal["user", "account", "strategy"] = "user"
    unowned: Literal["hidden", "shared"] = "hidden"
    public: str = ""


@dataclass(frozen=True)
class Expiry:
    """Days after a table's time at which rows go, all or those of a condition."""

    days: int
    condition: str = ""
