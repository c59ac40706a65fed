"""`tradecast schema migrate` and `status`: the migrations of every store that is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flows.errors import CommandError, Exit
from flows.output import write_rows
from flows.stores import STORES, ClickHouseStore, open_store, values
from schema import migrations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.context import System
    from flows.stores import Store, StoreName

Row = tuple[str, str, str, str]


def run(
    system: System,
    only: Literal["duckdb", "clickhouse", "postgres"] | None = None,
    *,
    migrate: bool,
) -> int:
    """Print, or first bring up to date, the migrations of the stores.

    Args:
        system: where they are.
        only: one of them; by default all that are set up.
        migrate: whether to run what is pending.

    Returns:
        1 if a store lacks one, else 0.

    Raises:
        CommandError: a store is beyond this release, or there is no such store.
    """
    rows: list[Row] = []
    for name in STORES:
        if only in {None, name}:
            rows += _embedded(system, name, migrate=migrate)
    if only == "postgres" or (only is None and system.settings.postgres.url):
        rows += _postgres(system, migrate=migrate)
    write_rows(("store", "version", "name", "state"), rows)
    return Exit.PROBLEMS if any(row[3] == "pending" for row in rows) else Exit.OK


def migrations_of(store: Store, name: StoreName) -> list[Row]:
    """Store, version, name and state of each migration.

    Raises:
        CommandError: the store is beyond this release.
    """
    applied: dict[str, str] = {}
    try:
        found = values(store, "SELECT version, checksum FROM schema_migrations")
        applied = {str(version): str(mark) for version, mark in found}
    except CommandError:
        # A store that was never migrated has no ledger.
        pass
    except ValueError:
        applied = {}
    return _states(name, applied)


def _states(name: migrations.MigratedStore, applied: Mapping[str, str]) -> list[Row]:
    try:
        missing = migrations.pending(applied, name)
    except (migrations.SchemaTooNewError, migrations.MigrationChangedError) as error:
        raise CommandError(str(error), Exit.CONFIG) from error
    return [
        (name, one.version, one.name, "pending" if one in missing else "applied")
        for one in migrations.MIGRATIONS
    ]


def _embedded(system: System, name: StoreName, *, migrate: bool) -> list[Row]:
    if migrate and name == "duckdb":
        from sinks.duckdb.client import open_or_connect  # noqa: PLC0415

        # An archive that runs has migrated its files already; opening them to write does it too.
        open_or_connect(system.duckdb_socket, system.home.duckdb_dir, write=True).close()
    with open_store(system, name) as store:
        if migrate and isinstance(store, ClickHouseStore):
            _migrate_clickhouse(store)
        return migrations_of(store, name)


def _migrate_clickhouse(store: ClickHouseStore) -> None:
    from sinks import clickhouse_migration  # noqa: PLC0415 - a third of a second

    try:
        clickhouse_migration.migrate(store.client)
    except clickhouse_migration.DatabaseTooNew as error:
        raise CommandError(str(error), Exit.CONFIG) from error
    except clickhouse_migration.MigrationRuns as error:
        raise CommandError(str(error), Exit.UNAVAILABLE) from error


def _postgres(system: System, *, migrate: bool) -> list[Row]:
    if not system.settings.postgres.url:
        raise CommandError("there is no PostgreSQL: postgres.url is not set", Exit.CONFIG)
    try:
        from sinks import postgres  # noqa: PLC0415 - only where it is set up
    except ImportError as error:
        message = "PostgreSQL needs its driver: pip install 'tradecast[postgres]'"
        raise CommandError(message, Exit.CONFIG) from error
    with postgres.connect(system.postgres_url()) as connection:
        if migrate:
            postgres.migrate(connection)
        return _states("postgres", postgres.applied(connection))
