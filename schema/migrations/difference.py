"""What has changed in a table between a snapshot of the registry and the registry itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schema.migrations import snapshot
from schema.migrations.frozen import CANNOT
from schema.migrations.snapshot import Told
from schema.table import Column, Table


def cannot(what: str) -> str:
    """Return the line of a draft that a person has to replace before it runs."""
    return f"{CANNOT} {what}"


# What the first snapshots do not tell, for it was the same everywhere.
_BEFORE = {"span": "month"}


@dataclass(frozen=True)
class Difference:
    """One table, then and now.

    Attributes:
        table: as it is declared now.
        before: what the snapshot says of it.
    """

    table: Table
    before: Told

    @property
    def after(self) -> Told:
        """What it is now, told as the snapshot is."""
        return snapshot.table(self.table)

    @property
    def added(self) -> list[Column]:
        """Columns that are new."""
        return [c for c in self.table.columns if c.name not in self.before["columns"]]

    @property
    def kept(self) -> list[Column]:
        """Columns that were there."""
        return [c for c in self.table.columns if c.name in self.before["columns"]]

    def was(self, column: Column) -> Told:
        """What a column was."""
        told: Told = self.before["columns"][column.name]
        return told

    def now(self, column: Column) -> Told:
        """What it is."""
        told: Told = self.after["columns"][column.name]
        return told

    def differs(self, column: Column, *what: str) -> bool:
        """Whether a column differs in any of these."""
        was, now = self.was(column), self.now(column)
        return any(was[each] != now[each] for each in what)

    def changed(self, what: str) -> bool:
        """Whether the table differs in something as a whole, or older snapshots do not tell."""
        return bool(self.before.get(what) != self.after[what])

    def lost(self, placement: tuple[str, ...]) -> list[str]:
        """What no store can follow: columns that are gone, and another place of the table."""
        names = [name for name in self.before["columns"] if name not in self.table.names]
        where = f"table {self.table.name}"
        found = [cannot(f"{where}, column {name}: it was removed or renamed") for name in names]
        if self.changed("kind"):
            found.append(cannot(f"{where}: it was of kind {self.before['kind']}"))
        before, after = _BEFORE | self.before["placement"], self.after["placement"]
        found += [
            cannot(f"{where}: its {each} was {before[each]} and is {after[each]}")
            for each in placement
            if before[each] != after[each]
        ]
        return found

    def named(self, what: str) -> tuple[dict[str, Any], list[str]]:
        """Return what was added or changed of named things, and the names that went."""
        was, now = self.before[what], self.after[what]
        new = {name: each for name, each in now.items() if was.get(name) != each}
        return new, [name for name in was if name not in now]


def words_only_added(was: Told, now: Told) -> bool:
    """Whether an enum has got words and lost none."""
    return bool(was["words"]) and set(was["words"]) <= set(now["words"])
