"""`tradecast audit`: what the stores must not show if laws 1 and 2 hold.

Each question is a file in `queries/`: its first line says the law and the meaning of what it
finds, the rest is SQL that both stores read. What the registry knows (keys, outcomes and their
rank) is put into it, not repeated in it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.audit_report import Finding, report
from flows.audit_rows import compare, history, moment, row_counts
from flows.errors import CommandError, Exit, complain
from flows.stores import STORES, StoreName, open_store
from rules.errors import TradecastError
from schema.codes import WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.context import System
    from flows.stores import Store
    from schema.table import Table

__all__ = [
    "UNACCOUNTED",
    "Finding",
    "Question",
    "check",
    "compare",
    "fill",
    "history",
    "one_query",
    "questions",
    "row_counts",
    "run",
    "unaccounted",
]

_QUERIES = Path(__file__).parent / "queries"
_ON_THE_WAY_SECONDS = 30.0
_SHOWN = 20  # of the rows that break a law
# The questions that find what has no outcome.
UNACCOUNTED = (
    "signal_without_decision",
    "subscriber_without_decision",
    "account_without_status",
    "pair_without_outcome",
    "order_without_outcome",
    "legs_missing",
)


@dataclass(frozen=True)
class Question:
    """One thing that must not be found."""

    name: str
    law: str  # `law 1`, `law 2`, or `listed`: worth knowing, and no breach
    meaning: str
    sql: str


def run(system: System, only: StoreName | None, since: int | None, wanted: str | None) -> int:
    """Check the stores and print what was found.

    Args:
        system: where the stores are.
        only: one store; both by default.
        since: look only at what was received since (microseconds, UTC).
        wanted: format.

    Returns:
        1 if something breaks a law, else 0.

    Raises:
        CommandError: no store could be read.
    """
    findings: list[Finding] = []
    counts: dict[str, dict[str, int]] = {}
    # While it runs, the newest rows are on their way to one store or the other.
    running = system.running() is not None
    settled = int((time.time() - _ON_THE_WAY_SECONDS) * 1_000_000) if running else None
    for name in (only,) if only else STORES:
        try:
            with open_store(system, name) as store:
                findings += check(store, name, since)
                counts[name] = row_counts(store, name, settled)
        except (CommandError, TradecastError) as error:
            if only:
                raise
            complain(f"{name} could not be checked: {error}")
    if not counts:
        raise CommandError("no store could be checked", Exit.UNAVAILABLE)
    findings += compare(counts)
    report(findings, counts, wanted, running=running)
    # One store that cannot be read proves nothing for both.
    whole = len(counts) == (1 if only else len(STORES))
    broken = any(finding.breaks for finding in findings)
    return Exit.PROBLEMS if broken or not whole else Exit.OK


def questions() -> list[Question]:
    """All questions, in the order of their names."""
    found = []
    for file in sorted(_QUERIES.glob("*.sql")):
        head, _, sql = file.read_text(encoding="utf-8").partition("\n")
        law, _, meaning = head.removeprefix("--").strip().partition(": ")
        found.append(Question(file.stem, law, meaning, sql.strip()))
    return found


def check(store: Store, name: StoreName, since: int | None = None) -> list[Finding]:
    """Ask one store all questions, those about doubled keys included."""
    asked = questions() + [
        Question(f"duplicate_{what}_{table.name}", "law 4", f"rows that share one {says}", sql)
        for table in history()
        for what, says, sql in (
            ("key", "key", _doubled(table, table.key)),
            *(("unique", ", ".join(each), _doubled(table, each)) for each in table.unique),
        )
    ]
    return [_ask(store, name, question, since) for question in asked]


def unaccounted(store: Store, name: StoreName) -> int:
    """Count signals, accounts and order legs that have no outcome yet, in one store."""
    asked = [question for question in questions() if question.name in UNACCOUNTED]
    return sum(_count(store, fill(question.sql, name, None)) for question in asked)


def one_query(since: int | None = None) -> str:
    """One ClickHouse query that counts what breaks laws 1 and 2; all of it is 0 if both hold."""
    parts = [
        f"SELECT '{question.name}' AS check, '{question.law}' AS law, count(*) AS found\n"
        f"FROM (\n{_indented(fill(question.sql, 'clickhouse', since))}\n)"
        for question in questions()
        if question.law in ("law 1", "law 2")
    ]
    union = _indented("\nUNION ALL\n".join(parts))
    return f"SELECT check, law, found\nFROM (\n{union}\n)\nORDER BY found DESC, check"


def fill(sql: str, store: StoreName, since: int | None) -> str:
    """Put what the registry knows into a question.

    Args:
        sql: with `{since}`, `{rank}` and `{rank_s}` in it.
        store: whose spelling of a time to use.
        since: microseconds, UTC; None for all times.
    """
    return (
        sql.replace("{since}", moment(store, since or 0))
        .replace("{rank_s}", _rank("s.outcome"))
        .replace("{rank}", _rank("outcome"))
    )


def _rank(column: str) -> str:
    """Place of an outcome in the order from worst to best."""
    cases = " ".join(
        f"WHEN {column} = '{outcome.word}' THEN {place}"
        for place, outcome in enumerate(WORST_FIRST)
    )
    return f"CASE {cases} END"


def _doubled(table: Table, names: tuple[str, ...]) -> str:
    """Return the question for rows that share values; what is not known is shared by nobody."""
    key = ", ".join(names)
    known = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return (
        f"SELECT {key}, count(*) AS number FROM {table.name}"  # noqa: S608 - the registry's names
        f" WHERE {known} GROUP BY {key} HAVING count(*) > 1"
    )


def _ask(store: Store, name: StoreName, question: Question, since: int | None) -> Finding:
    sql = fill(question.sql, name, since)
    count = _count(store, sql)
    columns: Sequence[str] = ()
    rows: list[tuple[Any, ...]] = []
    if count:
        reader = store.query(f"SELECT * FROM ({sql}) AS found LIMIT {_SHOWN}")  # noqa: S608
        columns = reader.schema.names
        for batch in reader:
            rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return Finding(name, question.name, question.law, question.meaning, count, columns, rows)


def _count(store: Store, sql: str) -> int:
    counted = store.query(f"SELECT count(*) AS number FROM ({sql}) AS found").read_all()  # noqa: S608
    return int(counted.column(0)[0].as_py())


def _indented(sql: str) -> str:
    return "\n".join(f"    {line}" for line in sql.splitlines())
