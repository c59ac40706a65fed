"""Two users, each with one row in every table: ids and texts in it say whose it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from schema import arrow

if TYPE_CHECKING:
    from schema.table import Column, Table

ANN = UUID("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa")
BOB = UUID("bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb")
NAMES = {ANN: "ann", BOB: "bob"}
# What an answer for one must not hold of the other.
MARKS = {ANN: (b"ann", b"aaaaaaaa", b"\xaa" * 8), BOB: (b"bob", b"bbbbbbbb", b"\xbb" * 8)}
MOMENT = datetime(2026, 11, 2, 12, tzinfo=UTC)
_FAR = MOMENT.replace(year=2099)  # where rows expire: they are there however late tests run
_LATER = {name: datetime(2099, 11, 3, tzinfo=UTC) for name in ("day_end", "period_end")}
_FIXED = {
    "wins": 0,
    "losses": 0,
    "is_public": False,
    "deleted_at": None,
    "audit_retention_days": 2557,
}


def rows(which: Table, user: UUID, **given: Any) -> pa.Table:
    """One row of a user, with the values that are given."""
    made = {column.name: _value(column, user) for column in which.columns}
    changed = {name: value for name, value in (_LATER | _FIXED).items() if name in made}
    if which.name == "strategies":
        changed["magic"] = user.int % 1000
    if which.ttl_days is not None and which.time is not None:
        changed[which.time] = _FAR if made[which.time] == MOMENT else _FAR.date()
    row = made | changed | given
    batch = arrow.batch(which, {name: [value] for name, value in row.items()})
    return pa.Table.from_batches([batch])


def _value(column: Column, user: UUID) -> Any:
    kind = column.type
    if kind.words:
        return next(word for word in kind.words if word is not None)
    fixed: dict[str, Any] = {
        "uuid": user,
        "timestamp": MOMENT,
        "date": date(2026, 11, 2),
        "json": {"of": NAMES[user]},
        "bool": False,
        "address": "127.0.0.1",
    }
    if kind.name in fixed:
        return fixed[kind.name]
    if pa.types.is_string(kind.arrow):
        return NAMES[user][: kind.length or None]
    return 1
