"""A person in rows that no column gives to them: what names them there, and what they wrote.

A publisher's comment and metadata stand in the signal; where it was refused, in the payload that
is kept with the rejection. A row that broke a rule of its table stands in the event that says so,
with all its values. Sentences about a bad value repeat it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from schema import sql
from schema.audit_chain import LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.table import Table
    from sinks.personal import Person

# Columns of the books that people write, as publishers of signals; brokers and this system, who
# write the others, know users by numbers.
_WRITTEN: Final = {
    "trade_signal": ("comment", "metadata"),
    "trades": ("metadata",),
    "signal_rejection": ("payload", "message"),
    "system_event_log": ("details", "message"),
}


def emptied(table: Table) -> list[str]:
    """Return what empties the columns that people write, as an UPDATE sets it."""
    changes = []
    for name in _WRITTEN.get(table.name, ()):
        column = table.column(name)
        empty = "NULL" if column.nullable else sql.literal(column.default or "")
        changes.append(f"{sql.name(name)} = {empty}")
    return changes


def mentions(table: Table, person: Person, as_text: str) -> list[str]:
    """Return the conditions of rows that name a person, but in a column for that.

    Args:
        table: any.
        person: who.
        as_text: how a store spells JSON, put for the braces, as a text.
    """
    names = (person.user, person.email)
    match table.name:
        case LOG.name:
            ids = (person.user, *person.accounts, *person.strategies)
            columns = ("actor", "old_values", "new_values")
            texts = [as_text.format(sql.name(column)) for column in columns]
            return [among("resource_id", ids), *(_holds(t, name) for t in texts for name in names)]
        case "login_audit":
            return [among("username", (person.email, person.username))]
        case "signal_rejection":
            theirs = [among("strategy", person.keys)] if person.keys else []
            return [*theirs, *(_holds(sql.name("payload"), name) for name in names)]
        case "system_event_log":
            return [_refused_row(person, as_text.format(sql.name("details")))]
        case _:
            return []


def among(column: str, values: Sequence[str]) -> str:
    """Return the condition of rows that have one of the values in a column."""
    return f"{sql.name(column)} IN ({_listed(values)})"


def _refused_row(person: Person, text: str) -> str:
    """Return the condition of events that hold a refused row of the person's, as `sifting` does."""
    found = [_holds(text, name) for name in (person.user, person.email)]
    # Its publisher's words go by the strategy's key where they are a rejection.
    found += [
        _holds(text, f'"strategy":{json.dumps(key, ensure_ascii=False)}') for key in person.keys
    ]
    for column, ids in (("account_id", person.accounts), ("strategy_id", person.strategies)):
        if ids:
            # One comparison for all, however many accounts they have.
            before = f'"{column}":"'
            start = f"position({sql.text(before)} IN {text}) + {len(before)}"
            found.append(f"substring({text}, {start}, {len(ids[0])}) IN ({_listed(ids)})")
    return f"(kind = 'row_refused' AND ({' OR '.join(found)}))"


def _holds(text: str, word: str) -> str:
    return f"position({sql.text(word)} IN {text}) > 0"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(map(sql.text, values))
