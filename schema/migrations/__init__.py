"""Forward-only, numbered migrations of each store: what to run, never the running.

`pending` compares what a store has with what the program knows; the caller runs the
statements and records each migration with its checksum in `schema_migrations`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from schema.migrations import frozen, m0001_everything, m0002_all_tables

MigratedStore = Literal["duckdb", "control", "clickhouse", "postgres"]
STORES: tuple[MigratedStore, ...] = get_args(MigratedStore)
LEDGER = "schema_migrations"


class SchemaTooNewError(RuntimeError):
    """A newer program has migrated the store."""


class MigrationChangedError(RuntimeError):
    """A migration is no longer what was applied."""


@dataclass(frozen=True)
class Migration:
    """One step, for all stores."""

    version: str
    name: str
    build: Callable[[str], list[str]]


MIGRATIONS: tuple[Migration, ...] = (
    Migration("0001", "everything", m0001_everything.statements),
    Migration("0002", "all tables", m0002_all_tables.statements),
    Migration("0003", "audit seals", partial(frozen.read, "m0003")),
    Migration("0004", "views that filter first", partial(frozen.read, "m0004")),
    Migration("0005", "forgetting and retention", partial(frozen.read, "m0005")),
    Migration("0006", "days and periods", partial(frozen.read, "m0006")),
    Migration("0007", "states of KPIs", partial(frozen.read, "m0007")),
)


def statements(migration: Migration, store: MigratedStore) -> list[str]:
    """Return the statements that a migration runs in a store, in order.

    Args:
        migration: The migration.
        store: `duckdb` is the history file, `control` the file of the configuration.
    """
    return migration.build(store)


def checksum(migration: Migration, store: MigratedStore) -> str:
    """Return the SHA-256 of a migration's statements in a store, in hex."""
    return hashlib.sha256("\0".join(statements(migration, store)).encode()).hexdigest()


def pending(
    applied: Mapping[str, str],
    store: MigratedStore,
    known: tuple[Migration, ...] = MIGRATIONS,
) -> list[Migration]:
    """Return the migrations that a store lacks, in order.

    Args:
        applied: Version and checksum of each migration that the store has.
        store: The store.
        known: The program's migrations.

    Raises:
        SchemaTooNewError: If the store has a migration that the program does not know.
        MigrationChangedError: If a migration was applied with other statements.
    """
    strangers = applied.keys() - {migration.version for migration in known}
    if strangers:
        raise SchemaTooNewError(
            f"{store} has migration {max(strangers)}, and this program knows "
            f"{known[-1].version} as the last: use a newer release"
        )
    for migration in known:
        if applied.get(migration.version, checksum(migration, store)) != checksum(migration, store):
            raise MigrationChangedError(
                f"{store} was made with another migration {migration.version} than this program's"
            )
    return [migration for migration in known if migration.version not in applied]
