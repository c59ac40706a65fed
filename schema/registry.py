"""All tables by name. A registry that contradicts itself does not import."""

from schema.table import RegistryError, Store, Table
from schema.tables import (
    configuration,
    connections,
    history,
    journal,
    live,
    monitoring,
    orders,
    performance,
    preferences,
    reconciliation,
    research,
    risk,
    security,
    settings,
    signals,
    snapshots,
    strategies,
    symbols,
)


def build(tables: tuple[Table, ...]) -> dict[str, Table]:
    """Return tables by name, their references checked.

    Raises:
        RegistryError: If a name stands twice, or a reference points nowhere.
    """
    named: dict[str, Table] = {}
    for each in tables:
        if each.name in named:
            raise RegistryError(f"table {each.name}: stands twice")
        named[each.name] = each
    for each in tables:
        for reference in each.references:
            target = named.get(reference.table)
            if target is None:
                raise RegistryError(f"table {each.name}: references unknown {reference.table}")
            ours = [each.column(name).type for name in reference.columns]
            if ours != [target.column(name).type for name in target.key]:
                raise RegistryError(
                    f"table {each.name}, column {reference.columns[0]}: "
                    f"its type is not that of the key of {target.name}"
                )
    return named


TABLES: dict[str, Table] = build(
    (
        *live.TABLES,
        *signals.TABLES,
        *orders.TABLES,
        *reconciliation.TABLES,
        *history.TABLES,
        *performance.TABLES,
        *configuration.TABLES,
        *strategies.TABLES,
        *symbols.TABLES,
        *settings.TABLES,
        *security.TABLES,
        *preferences.TABLES,
        *monitoring.TABLES,
        *connections.TABLES,
        *snapshots.TABLES,
        *journal.TABLES,
        *risk.TABLES,
        *research.TABLES,
    )
)


def table(name: str) -> Table:
    """Return a table by name.

    Raises:
        RegistryError: If there is none of that name.
    """
    found = TABLES.get(name)
    if found is None:
        raise RegistryError(f"there is no table {name}")
    return found


def ordered(tables: dict[str, Table], store: Store) -> list[Table]:
    """Return the tables of a store, each after those that it refers to.

    Raises:
        RegistryError: If two refer to each other.
    """
    waiting = [each for each in tables.values() if store in each.stores]
    done: dict[str, Table] = {}
    while waiting:
        ready = [each for each in waiting if _needs(each) <= done.keys()]
        if not ready:
            raise RegistryError(f"table {waiting[0].name}: its references go in a circle")
        done |= {each.name: each for each in ready}
        waiting = [each for each in waiting if each.name not in done]
    return list(done.values())


def _needs(table: Table) -> set[str]:
    return {each.table for each in table.references} - {table.name}
