"""All tables by name. A registry that contradicts itself does not import."""

from schema.table import RegistryError, Table
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
