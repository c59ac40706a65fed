"""What a new trading configuration changes in the one before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.rows import TABLES, Row, world_rows
from schema import arrow, registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.world import World
    from schema.table import Table

# What says when and by which version a row changed is no part of what it says.
_STAMPS = ("config_version", "created_at", "updated_at", "deleted_at")
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Counts:
    """Rows of one table that a new configuration adds, changes and removes."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True)
class Change:
    """What applying a world comes to.

    Attributes:
        version: version of the configuration from now on; the old one if nothing changes.
        tables: the current rows of each table, for `config.live`.
        rows: rows that are new, changed or removed (with `deleted_at`), for the stores.
        counts: how many, by table.
    """

    version: int
    tables: dict[str, pa.Table]
    rows: dict[str, pa.Table] = field(repr=False)
    counts: dict[str, Counts]

    def __bool__(self) -> bool:
        return any(self.counts.values())

    def summary(self) -> str:
        """Return what changes, for people."""
        if not self:
            return f"nothing changes; the configuration stays at version {self.version}"
        parts = [
            f"{name.replace('_', ' ')} " + ", ".join(_words(counts))
            for name, counts in self.counts.items()
            if counts
        ]
        return f"version {self.version}: {'; '.join(parts)}"


def apply(
    world: World,
    old: tuple[int, Mapping[str, pa.Table]] | None,
    now: int,
    removed: Mapping[str, pa.Table] | None = None,
) -> Change:
    """Return what a world changes.

    Args:
        world: what shall be.
        old: version and current tables of what is, as `config.live.load` gives them.
        now: microseconds, UTC.
        removed: rows that have left the configuration, which a store keeps.

    Returns:
        The change. A row that stays keeps its version and times, and every row that was there
        keeps what a world says nothing of. So does one that had left and comes back, for an
        account must not trade without the limits that somebody has set for it because a line of
        the file was gone for a while.
    """
    version = 0 if old is None else old[0]
    before = {} if old is None else old[1]
    left = removed or {}
    moment = datetime.fromtimestamp(now // 1_000_000, UTC).replace(microsecond=now % 1_000_000)
    tables, rows, counts = {}, {}, {}
    for name, wanted in world_rows(world).items():
        tables[name], rows[name], counts[name] = _stamp(
            registry.table(name), wanted, before.get(name), left.get(name), version + 1, moment
        )
    changed = any(counts.values())
    return Change(version + 1 if changed or old is None else version, tables, rows, counts)


def diff(old: Mapping[str, pa.Table], new: Mapping[str, pa.Table]) -> dict[str, Counts]:
    """Return how many rows each table of `new` adds, changes and removes."""
    counts = {}
    for name in TABLES:
        table = registry.table(name)
        left, right = (_by_key(table, tables.get(name)) for tables in (old, new))
        counts[name] = Counts(
            added=len(right.keys() - left.keys()),
            changed=sum(
                _content(right[key]) != _content(left[key]) for key in right.keys() & left.keys()
            ),
            removed=len(left.keys() - right.keys()),
        )
    return counts


def _stamp(
    table: Table,
    wanted: list[Row],
    before: pa.Table | None,
    removed: pa.Table | None,
    version: int,
    moment: datetime,
) -> tuple[pa.Table, pa.Table, Counts]:
    """Return current rows, written rows and their counts; what stays keeps version and times.

    Columns that a world says nothing of, as an account's user and limits, are others' to write.
    """
    known, left = _by_key(table, before), _by_key(table, removed)
    others = [n for n in table.names if wanted and n not in wanted[0] and n not in _STAMPS]
    current, written = [], []
    added = 0
    for row in _complete(table, wanted):
        key = tuple(row[name] for name in table.key)
        old = known.pop(key, None)
        once = old or left.get(key)
        if once is not None:
            row |= {name: once[name] for name in others}
        if old is not None and _content(old) == _content(row):
            current.append(old)
            continue
        added += old is None
        row |= {
            "config_version": version,
            "created_at": moment if once is None else once["created_at"],
            "updated_at": moment,
            "deleted_at": None,
        }
        current.append(row)
        written.append(row)
    stamps = {"config_version": version, "updated_at": moment, "deleted_at": moment}
    gone = [{**row, **stamps} for row in known.values()]
    counts = Counts(added, len(written) - added, len(gone))
    return _arrow(table, current), _arrow(table, written + gone), counts


def _arrow(table: Table, rows: list[Row]) -> pa.Table:
    columns = {name: [row[name] for row in rows] for name in table.names}
    return pa.Table.from_batches([arrow.batch(table, columns)])


def _complete(table: Table, rows: list[Row]) -> list[Row]:
    """Return rows as a store gives them back, defaults filled in, so that they can be compared."""
    if not rows:
        return []
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    fixed = {"config_version": 0, "created_at": _EPOCH, "updated_at": _EPOCH}
    out: list[Row] = arrow.batch(table, columns | fixed).to_pylist()
    return out


def _by_key(table: Table, rows: pa.Table | None) -> dict[tuple[Any, ...], Row]:
    if rows is None:
        return {}
    return {tuple(row[name] for name in table.key): row for row in rows.to_pylist()}


def _content(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _STAMPS}


def _words(counts: Counts) -> list[str]:
    named = ((counts.added, "added"), (counts.changed, "changed"), (counts.removed, "removed"))
    return [f"{count} {word}" for count, word in named if count]
