"""`tradecast audit --chain`: whether the audit of changes is as it was written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flows.errors import CommandError, Exit
from flows.output import chosen, write_json, write_rows
from flows.stores import open_store
from schema import audit_chain
from sinks import audit_heads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.context import System
    from flows.stores import Store
    from schema.audit_chain import Head, Verdict


def run(system: System, only: str | None, head: Head | None, wanted: str | None) -> int:
    """Check the chain of each store that holds an audit, and print what was found.

    Args:
        system: where the stores are.
        only: one store; by default DuckDB, and PostgreSQL where it is set up.
        head: a seal that was noted somewhere safe.
        wanted: format.

    Returns:
        1 if something was tampered with, else 0.

    Raises:
        CommandError: a store has no audit, or none that can be read.
    """
    names = [only] if only else ["duckdb"]
    if not only and system.settings.postgres.url:
        names.append("postgres")
    found = {name: _check(system, name, head) for name in names}
    _report(found, wanted)
    return Exit.PROBLEMS if any(verdict.breaches for verdict in found.values()) else Exit.OK


def _check(system: System, name: str, head: Head | None) -> Verdict:
    noted = [head] if head else []
    if name == "duckdb":
        heads = audit_heads.read(system.home.duckdb_dir / audit_heads.NAME) + noted
        return check_duckdb(system, heads)
    if name == "postgres":
        from sinks import postgres, postgres_seals  # noqa: PLC0415 - only where it is set up

        heads = audit_heads.read(system.postgres_heads) + noted
        with postgres.connect(system.postgres_url()) as connection:
            return postgres_seals.check(connection, heads, datetime.now(UTC))
    raise CommandError(f"{name} holds no audit of its own", Exit.USAGE)


def check_duckdb(system: System, heads: list[Head]) -> Verdict:
    """Check the chain of DuckDB, whether the system is up or down."""
    from sinks.duckdb import seals  # noqa: PLC0415 - with DuckDB

    with open_store(system, "duckdb") as store:
        # In this order: a row that comes meanwhile is under no seal yet.
        made = list(_rows(store, seals.seals_query()))
        rows = _rows(store, seals.rows_query())
        return audit_chain.verify(made, rows, heads, datetime.now(UTC))


def _rows(store: Store, query: str) -> Iterator[dict[str, Any]]:
    for batch in store.query(query):
        yield from batch.to_pylist()


def _report(found: dict[str, Verdict], wanted: str | None) -> None:
    if chosen(wanted) == "json":
        write_json({name: _as_json(verdict) for name, verdict in found.items()})
        return
    for name, verdict in found.items():
        if verdict.breaches:
            rows = [(breach.table, breach.name, breach.what) for breach in verdict.breaches]
            write_rows(("table", "row", "what"), rows, wanted)
            print(f"{name}: {len(rows)} breaks of the chain.")
        else:
            gone = f", {verdict.expired} of rows that were old enough to go" * bool(verdict.expired)
            print(
                f"{name}: {verdict.seals} seals hold{gone}; {verdict.rows} rows are as they were"
                f" written, {verdict.unsealed} are not sealed yet."
            )
        if verdict.head:
            print(f"{name}: the chain ends at {verdict.head.number}:{verdict.head.hash}")


def _as_json(verdict: Verdict) -> dict[str, Any]:
    head = verdict.head
    return {
        "ok": not verdict.breaches,
        "seals": verdict.seals,
        "rows": verdict.rows,
        "unsealed": verdict.unsealed,
        "expired": verdict.expired,
        "head": f"{head.number}:{head.hash}" if head else None,
        "breaches": [
            {"table": each.table, "row": each.name, "what": each.what} for each in verdict.breaches
        ],
    }
