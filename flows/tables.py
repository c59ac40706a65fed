"""`tradecast schema`: what the registry says, and the migrations of the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.errors import CommandError, Exit
from flows.output import chosen, write_rows
from schema import clickhouse_access, docs, migrations
from schema import describe as registry_text
from schema.registry import TABLES
from schema.table import RegistryError, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flows.context import System
    from flows.stores import Store, StoreName


def show_list() -> None:
    """Print all tables."""
    _write(registry_text.tables())


def describe(name: str) -> None:
    """Print the columns of a table; on a terminal also its keys and rules, in 80 columns.

    Raises:
        CommandError: there is no such table.
    """
    table = _table(name)
    if chosen(None) != "table":
        _write(registry_text.columns(table))
        return
    from flows.table_text import write_table  # noqa: PLC0415 - for people alone

    write_table(table)


def show_ddl(name: str | None, store: str) -> None:
    """Print the statements that make a table, or all tables of a store.

    Raises:
        CommandError: there is no such table, or it does not live in the store.
    """
    tables = [_table(name)] if name else [t for t in TABLES.values() if store in t.stores]
    try:
        for table in tables:
            for statement in registry_text.ddl(table, store):
                print(f"{statement.rstrip().rstrip(';')};\n")
    except RegistryError as error:
        raise CommandError(str(error)) from error


def show_access(database: str) -> None:
    """Print the statements that keep users' rows apart on a ClickHouse server."""
    for statement in clickhouse_access.statements(database):
        print(f"{statement};\n")


def write_docs(directory: Path) -> None:
    """Write the reference pages: tables, reason codes, settings, the configuration's file."""
    from config import reference  # noqa: PLC0415 - only for this
    from flows.audit_page import audit_page  # noqa: PLC0415
    from flows.common_queries.page import queries_page  # noqa: PLC0415
    from flows.metrics_page import metrics_page  # noqa: PLC0415

    pages = docs.pages() | {
        "settings.md": reference.settings_page(),
        "world.md": reference.world_page(),
        "metrics.md": metrics_page(),
        "audit.md": audit_page(),
        "queries.md": queries_page(),
    }
    for name, text in pages.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    print(f"{len(pages)} pages in {directory}")


def migrations_of(store: Store, name: StoreName) -> list[tuple[str, str, str, str]]:
    """Store, version, name and state of each migration."""
    from flows.stores import values  # noqa: PLC0415 - with Arrow

    applied: dict[str, str] = {}
    try:
        found = values(store, "SELECT version, checksum FROM schema_migrations")
        applied = {str(version): str(mark) for version, mark in found}
    except CommandError:
        # A store that was never migrated has no ledger.
        pass
    except ValueError:
        applied = {}
    try:
        missing = migrations.pending(applied, name)
    except (migrations.SchemaTooNewError, migrations.MigrationChangedError) as error:
        raise CommandError(str(error), Exit.CONFIG) from error
    return [
        (name, one.version, one.name, "pending" if one in missing else "applied")
        for one in migrations.MIGRATIONS
    ]


def migrations_command(system: System, *, migrate: bool) -> int:
    """Print, or first bring up to date, the migrations of both stores.

    Returns:
        1 if a store lacks one, else 0.
    """
    from flows.stores import STORES, ClickHouseStore, open_store  # noqa: PLC0415 - with Arrow

    rows: list[tuple[str, str, str, str]] = []
    for name in STORES:
        if migrate and name == "duckdb":
            _migrate_duckdb(system)
        with open_store(system, name) as store:
            if migrate and isinstance(store, ClickHouseStore):
                from sinks.clickhouse import migrate as migrate_clickhouse  # noqa: PLC0415

                migrate_clickhouse(store.client)
            rows += migrations_of(store, name)
    write_rows(("store", "version", "name", "state"), rows)
    return Exit.PROBLEMS if any(row[3] == "pending" for row in rows) else Exit.OK


def _migrate_duckdb(system: System) -> None:
    from sinks.duckdb.client import open_or_connect  # noqa: PLC0415

    # An archive that runs has migrated its files already; opening them for writing does it too.
    open_or_connect(system.duckdb_socket, system.home.duckdb_dir, write=True).close()


def _table(name: str) -> Table:
    if name not in TABLES:
        import difflib  # noqa: PLC0415 - only for who mistypes

        near = difflib.get_close_matches(name, TABLES, 1)
        hint = f"; did you mean {near[0]}?" if near else "; see `tradecast schema list`"
        raise CommandError(f"there is no table {name}{hint}")
    return TABLES[name]


def _write(rows: Sequence[dict[str, str]], title: str = "") -> None:
    names = list(rows[0])
    write_rows(names, [[row[name] for name in names] for row in rows], title=title)
