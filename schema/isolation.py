"""Whose rows a reader sees, as a condition that DuckDB and ClickHouse read.

A reader is somebody who asks for one user. They see the rows that are that user's by the
registry's owner columns, tables that are declared for all users, and no secret; a table without
an owner that is not declared so is the system's own, and closed to them.
"""

from dataclasses import dataclass

from schema import sql
from schema.table import Owner, Table

# Where the row of an account and of a strategy says today whose it is. An older version may name
# another user, who must not see the row any more.
NAMED = {"accounts": "account_id", "strategies": "id"}
FOLLOWED = "followed"  # of the strategies whose signals a user reads


@dataclass(frozen=True)
class Reader:
    """Who asks, in the words of a store.

    Attributes:
        user: Expression of the user's id.
        keys: By table of `NAMED`, the query of the ids that the user may see today; by
            `FOLLOWED`, that of strategies which are theirs or have a subscription of theirs.
    """

    user: str
    keys: dict[str, str]


def is_open(table: Table) -> bool:
    """Return whether readers see anything of a table."""
    return table.for_users or table.owner is not None


def columns(table: Table) -> tuple[str, ...]:
    """Return the columns that readers see, in the registry's order: no secret."""
    return tuple(column.name for column in table.columns if not column.secret)


def condition(table: Table, reader: Reader) -> str:
    """Return the condition of the rows that a reader sees; empty where it is all.

    Raises:
        ValueError: The table is closed to readers.
    """
    owner = table.owner
    if owner is None:
        if not table.for_users:
            raise ValueError(f"table {table.name} is closed to readers")
        return ""
    parts = [_own(owner, reader)]
    if owner.unowned == "shared":
        parts.append(f"{sql.name(owner.column)} IS NULL")
    if owner.public:
        parts.append(sql.name(owner.public))
    seen = " OR ".join(parts)
    if table.name not in NAMED:
        return seen
    return f"({seen}) AND {sql.name(NAMED[table.name])} IN ({reader.keys[table.name]})"


def _own(owner: Owner, reader: Reader) -> str:
    column = sql.name(owner.column)
    if owner.of == "user":
        return f"{column} = {reader.user}"
    return f"{column} IN ({reader.keys['accounts' if owner.of == 'account' else FOLLOWED]})"


def readable(table: Table, user: str) -> str:
    """Return the condition of current rows of a table of `NAMED` that a user sees today.

    Args:
        table: One of them, in a view of its current rows.
        user: Expression of the user's id.
    """
    owner = table.owner
    if owner is None:
        raise ValueError(f"table {table.name} has no owner")
    own = f"{sql.name(owner.column)} = {user}"
    return f"{own} OR {sql.name(owner.public)}" if owner.public else own


def followed(strategies: str, subscriptions: str, accounts: str, user: str) -> str:
    """Return the query of the strategies that are a user's, or have a subscription of theirs.

    A subscription that was removed counts no more, one that pauses does. That a strategy is
    public does not open its signals.

    Args:
        strategies: Source of the current rows of the strategies.
        subscriptions: And of the subscriptions.
        accounts: Query of the ids of the user's accounts.
        user: Expression of the user's id.
    """
    return (
        f"SELECT id FROM {strategies} WHERE user_id = {user} UNION ALL"  # noqa: S608 - registry
        f" SELECT strategy_id FROM {subscriptions}"
        f" WHERE deleted_at IS NULL AND account_id IN ({accounts})"
    )
