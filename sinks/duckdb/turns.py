"""Turns of those who change rows that are there: one at a time in each of the two files.

DuckDB fails a transaction that deletes a row which another has deleted meanwhile. It does not
fail one that deletes a row which another has *updated*: who copies rows, and then deletes those
that were copied, would bring back what an UPDATE between the two took away, as a forgotten user.
So whoever updates, deletes or moves rows takes the turn before the transaction begins, and sees
what the one before has done. Who only appends takes none, and never waits for one.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from sinks.duckdb.database import ARCHIVE, CONTROL

# A process has one database open for writing, and all of its threads take turns here.
TURNS: Final = {ARCHIVE: Lock(), CONTROL: Lock()}
