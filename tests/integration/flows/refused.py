"""What was refused of two people: signals by a rule of trading, rows by a rule of their table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schema import arrow
from schema import clickhouse as ch
from schema import duckdb as duck
from schema.ids import make_id
from schema.registry import table
from sinks.duckdb.database import Database, Limits
from sinks.sifting import sift
from tests.integration.flows.private import ANNA, BERT, NOW, Someone, Stores

if TYPE_CHECKING:
    from schema.table import Table

REJECTIONS, EVENTS = table("signal_rejection"), table("system_event_log")
BEYOND = datetime(2301, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Refused:
    """What a store has of it, each row as its words and whose it was."""

    rejections: dict[str, tuple[str, str]]
    events: dict[str, tuple[str, str]]


def plant(stores: Stores) -> None:
    """Put what was refused into both stores: of Anna one row each, of Bert every kind."""
    tables = {
        REJECTIONS.name: [
            _rejection(ANNA, "a signal"),
            _rejection(BERT, "a signal"),
            _rejection(BERT, "unreadable", strategy=None, payload=f"{{from: {BERT.email}"),
            _rejection(BERT, "another's", strategy="other", payload="{}"),
        ],
        EVENTS.name: [
            _event(ANNA, table("trades"), pips=float("inf")),
            _event(BERT, table("trades"), pips=float("inf")),
            _event(BERT, table("deals"), time=BEYOND),
            _event(BERT, table("trade_signal"), received_at=BEYOND),
            _event(BERT, REJECTIONS, received_at=BEYOND, strategy=key(BERT)),
            _other_event(),
        ],
    }
    with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
        cursor = database.cursor()
        for name, batches in tables.items():
            rows = pa.Table.from_batches(batches)
            cursor.register("rows_of_it", rows)
            cursor.execute(duck.insert(table(name), "rows_of_it"))
            cursor.unregister("rows_of_it")
            stores.click.insert_arrow(ch.target(table(name)), rows)


def refused(stores: Stores, store: str) -> Refused:
    """Return what a store has."""
    event = "concat(source, ' ', CAST(event_id AS VARCHAR))"
    queries = (
        "SELECT entry_id, payload, message FROM signal_rejection",
        f"SELECT {event}, details, message FROM system_event_log",
    )
    if store == "clickhouse":
        found = [stores.click.query(query).result_rows for query in queries]
    else:
        with Database(stores.system.home.duckdb_dir, Limits(256, 2)) as database:
            found = [database.cursor().execute(query).fetchall() for query in queries]
    return Refused(*({name: (words, says) for name, words, says in rows} for rows in found))


def key(someone: Someone) -> str:
    """Return the key of their strategy."""
    return str(someone.row(table("strategies"))["key"])


def _rejection(someone: Someone, what: str, **given: Any) -> pa.RecordBatch:
    row = {
        "rejection_id": make_id("rejection", someone.name, what),
        "stream": 0,
        "entry_id": f"{someone.name}, {what}",
        "entry_row": 0,
        "strategy": key(someone),
        "reason_code": "OUT_OF_RANGE",
        "message": f'The comment is "of {someone.name}".',
        "payload": json.dumps({"comment": f"of {someone.name}"}),
        "received_at": NOW,
        "version": 1,
    }
    return _batch(REJECTIONS, row | given)


def _event(someone: Someone, which: Table, **bad: Any) -> pa.RecordBatch:
    if which is REJECTIONS:
        rows = _rejection(someone, "too late", **bad)
    else:
        rows = _batch(which, someone.row(which) | bad)
    sifted, (_,) = sift({which.name: pa.Table.from_batches([rows])}, {"s": f"{NOW:%s}000-0"})
    (event,) = sifted[EVENTS.name].to_batches()
    return event


def _other_event() -> pa.RecordBatch:
    row = {
        "event_id": make_id("event"),
        "kind": "started",
        "source": "trade",
        "message": "It runs.",
        "details": json.dumps({"row": {"account_id": str(BERT.account)}}),
        "created_at": NOW,
        "version": 1,
    }
    return _batch(EVENTS, row)


def _batch(which: Table, row: dict[str, Any]) -> pa.RecordBatch:
    return arrow.batch(which, {name: [value] for name, value in row.items()})
