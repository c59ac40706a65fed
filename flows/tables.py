"""`tradecast schema`: what the registry says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.errors import CommandError, Exit
from flows.output import chosen, write_rows
from schema import clickhouse_access, docs
from schema import describe as registry_text
from schema.registry import TABLES
from schema.table import RegistryError, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


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
    from flows.kpi_page import kpis_page  # noqa: PLC0415
    from flows.metrics_page import metrics_page  # noqa: PLC0415

    pages = docs.pages() | {
        "settings.md": reference.settings_page(),
        "world.md": reference.world_page(),
        "metrics.md": metrics_page(),
        "audit.md": audit_page(),
        "queries.md": queries_page(),
        "kpis.md": kpis_page(),
    }
    for name, text in pages.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    print(f"{len(pages)} pages in {directory}")


def show_draft(store: str, into: Path | None) -> int:
    """Print, or write, the draft of the next migration of a store; DuckDB has two files.

    Returns:
        1 if a person has to finish it, else 0.
    """
    from schema.migrations import draft, frozen, snapshot  # noqa: PLC0415 - only for this

    name, before = draft.next_name(), snapshot.read(snapshot.last())
    unfinished = False
    for each in ("duckdb", "control") if store == "duckdb" else (store,):
        statements = draft.draft(each, before)
        unfinished |= any(statement.startswith(frozen.CANNOT) for statement in statements)
        if into is None:
            print(f"-- {name}_{each}.sql: {len(statements)} statements since {snapshot.last()}")
            print(frozen.text(statements) if statements else "")
        elif statements:
            file = into / f"{name}_{each}.sql"
            file.write_text(frozen.text(statements), encoding="utf-8")
            print(file)
    return Exit.PROBLEMS if unfinished else Exit.OK


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
