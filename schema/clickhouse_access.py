"""Readers in ClickHouse: which tables they may select from, and which of their rows they see.

A reader is a session with the role `tradecast_reader`, without `tradecast_service`, whose setting
`SQL_tradecast_user` names the user. Row policies filter the tables that rows are inserted into, so
that they hold through views, FINAL, joins and `merge`. On a server the policies are made by
`statements`; the embedded engine, whose users are a file, gets `filters` there (see
`embedded.clickhouse.profile`). All text, no driver.
"""

from schema import clickhouse, isolation, sql
from schema.registry import TABLES
from schema.table import Table

SERVICE, READER = "tradecast_service", "tradecast_reader"
USER_SETTING = "SQL_tradecast_user"
# Each policy carries its role's name, so that both can be there for one table.
_USER = f"toUUIDOrNull(getSetting('{USER_SETTING}'))"
_VIEWS = {
    "accounts": "reader_accounts",
    "strategies": "reader_strategies",
    isolation.FOLLOWED: "reader_followed",
}


def open_tables() -> list[Table]:
    """Return the tables of ClickHouse that readers see anything of."""
    return [t for t in TABLES.values() if "clickhouse" in t.stores and isolation.is_open(t)]


def closed_tables() -> list[Table]:
    """Return the tables of ClickHouse that the system alone reads."""
    return [t for t in TABLES.values() if "clickhouse" in t.stores and not isolation.is_open(t)]


def names(table: Table) -> tuple[str, ...]:
    """Return the table that rows are inserted into, and the views over it."""
    found = (clickhouse.target(table), table.name, f"{table.name}_current")
    return tuple(dict.fromkeys(found))


def grants(database: str) -> list[str]:
    """Return what a reader may do: select from the open tables, and no more."""
    return [
        f"GRANT SELECT ON {sql.name(database)}.{sql.name(name)} TO {READER}"
        for table in open_tables()
        for name in names(table)
    ]


def filters(reader: isolation.Reader) -> dict[str, str]:
    """Return the condition that a reader's rows fulfil, by the table that holds them.

    Closed tables are there too, with a condition that no row fulfils.
    """
    found = {clickhouse.target(table): "false" for table in closed_tables()}
    for table in open_tables():
        condition = isolation.condition(table, reader)
        if condition:
            found[clickhouse.target(table)] = condition
    return found


def statements(database: str) -> list[str]:
    """Return what makes a server keep users' rows apart; it may be run again.

    Run by a user who may make roles and row policies, holds `tradecast_service`, and then owns
    the views that say what is a reader's: they look behind the policies, and show a reader
    nothing but their own.
    """
    qualified = sql.name(database)
    made = [f"CREATE ROLE IF NOT EXISTS {SERVICE}, {READER}"]
    made += [_view(database, name) for name in _VIEWS]
    made += grants(database)
    made += [f"GRANT SELECT ON {qualified}.{view} TO {READER}" for view in _VIEWS.values()]
    keys = {
        name: f"SELECT {sql.name(isolation.NAMED.get(name, 'id'))} FROM {qualified}.{view}"  # noqa: S608 - registry
        for name, view in _VIEWS.items()
    }
    for table, condition in filters(isolation.Reader(_USER, keys)).items():
        where = f"ON {qualified}.{sql.name(table)}"
        made.append(f"CREATE ROW POLICY OR REPLACE {READER} {where} USING {condition} TO {READER}")
        # Who has no policy on a table that has one may see nothing at all.
        made.append(f"CREATE ROW POLICY OR REPLACE {SERVICE} {where} USING 1 TO {SERVICE}")
    return made


def readable(name: str, database: str, user: str) -> str:
    """Return the query of the keys in a table of `isolation.NAMED` that a user sees today.

    What was removed stays its owner's, as its history does.

    Args:
        name: The table, or `isolation.FOLLOWED`.
        database: Where it is.
        user: Expression of the user's id.
    """
    if name == isolation.FOLLOWED:
        strategies, subscriptions = (
            _newest(TABLES[each], database) for each in ("strategies", "subscriptions")
        )
        accounts = readable("accounts", database, user)
        return isolation.followed(strategies, subscriptions, accounts, user)
    table = TABLES[name]
    return (
        f"SELECT {sql.name(isolation.NAMED[name])} FROM {_newest(table, database)}"  # noqa: S608 - registry
        f" WHERE {isolation.readable(table, user)}"
    )


def _newest(table: Table, database: str) -> str:
    source = f"{sql.name(database)}.{sql.name(clickhouse.target(table))}"
    newest = f"ORDER BY {sql.name(table.version)} DESC LIMIT 1 BY {sql.names(table.key)}"
    return f"(SELECT * FROM {source} FINAL {newest})"  # noqa: S608 - registry


def _view(database: str, name: str) -> str:
    return (
        f"CREATE OR REPLACE VIEW {sql.name(database)}.{_VIEWS[name]}"
        f" DEFINER = CURRENT_USER SQL SECURITY DEFINER AS\n{readable(name, database, _USER)}"
    )
