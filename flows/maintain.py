"""`tradecast maintain`: every store put in order, whether the system is up or down."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.errors import Exit, complain
from flows.output import write_json, write_rows
from flows.stores import clickhouse_url, values
from rules.errors import TradecastError
from sinks.duckdb.client import open_or_connect
from sinks.duckdb.database import DatabaseMissing, Limits
from sinks.upkeep import Done, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flows.context import System

_COLUMNS = ("store", "table", "action", "rows", "bytes", "detail")


def run(
    system: System,
    *,
    audit_days: int | None,
    postgres: str,
    dry_run: bool,
    as_json: bool,
    now: datetime | None = None,
) -> int:
    """Maintain the stores and print what was done.

    Args:
        system: whose.
        audit_days: how long the audit is kept; None for what the settings say.
        postgres: address of a PostgreSQL; "" for the one of the settings, if any.
        dry_run: only say what would be done.
        as_json: print JSON rather than a table.
        now: the present; the clock's by default.

    Returns:
        1 if a store could not be maintained, else 0.
    """
    wanted = Wanted(
        now=now or datetime.now(UTC),
        audit_days=audit_days or _audit_days(system),
        dry_run=dry_run,
    )
    url = postgres or system.postgres_url()
    stores: dict[str, Callable[[], Sequence[Done]]] = {
        "duckdb": lambda: _duckdb(system, wanted),
        "clickhouse": lambda: _clickhouse(system, wanted),
    }
    if url:
        from flows import postgres_upkeep  # noqa: PLC0415 - only where there is one

        stores["postgres"] = lambda: postgres_upkeep.keep(url, wanted)
        stores["the audit of postgres"] = lambda: postgres_upkeep.seal(system, url, wanted)
    done: list[Done] = []
    failed: dict[str, str] = {}
    for name, work in stores.items():
        try:
            done += work()
        except DatabaseMissing:
            continue  # nothing was ever stored
        except TradecastError as error:
            failed[name] = str(error)
            complain(f"{name} could not be maintained: {error}")
    _report(done, failed, as_json=as_json, dry_run=dry_run)
    return Exit.PROBLEMS if failed else Exit.OK


def _report(done: Sequence[Done], failed: dict[str, str], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        write_json({"dry_run": dry_run, "done": [asdict(each) for each in done], "failed": failed})
        return
    if done:
        rows = [[asdict(each)[name] for name in _COLUMNS] for each in done]
        write_rows(_COLUMNS, rows, title="would do" if dry_run else "done")
    else:
        print("There is nothing to put in order.")


def _audit_days(system: System) -> int:
    """The longer of what the settings and the configuration's `system_config` ask for."""
    days = system.settings.maintain.audit_days
    query = "SELECT max(audit_retention_days) FROM system_config WHERE deleted_at IS NULL"
    try:
        with open_or_connect(system.duckdb_socket, system.home.duckdb_dir) as reader:
            found = values(reader, query)
    except DatabaseMissing:
        found = []
    return max([days, *(int(row[0]) for row in found if row[0] is not None)])


def _duckdb(system: System, wanted: Wanted) -> Sequence[Done]:
    if not (system.home.duckdb_dir / "archive.duckdb").exists():
        raise DatabaseMissing("there is no database yet")
    limits = system.settings.duckdb
    with open_or_connect(
        system.duckdb_socket,
        system.home.duckdb_dir,
        Limits(memory_mb=limits.memory_mb, threads=limits.threads),
        write=True,
    ) as reader:
        return reader.maintain(wanted)


def _clickhouse(system: System, wanted: Wanted) -> Sequence[Done]:
    from sinks.clickhouse_maintenance import ClickHouseMaintenance  # noqa: PLC0415 - a third of a second

    with ExitStack() as stack:
        store = ClickHouseMaintenance(clickhouse_url(system, stack))
        stack.callback(store.close)
        return store.maintain(wanted)
