"""When and how much of the audit is sealed, in whatever store it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from schema import audit_chain
from schema.audit_chain import BEGINNING, Head

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BATCH_ROWS = 1000
# Nothing may be put in between two seals: so there is one although nothing happened.
EMPTY_AFTER = timedelta(days=1)
Row = dict[str, Any]


class AuditLog(Protocol):
    """The audit of one store, in a transaction of the caller's."""

    def last(self) -> Row | None:
        """Return number, hash and end of the last seal."""

    def nth_time(self, after: datetime, number: int) -> datetime | None:
        """Return the time of the row that is the number-th after a moment."""

    def rows(self, after: datetime, until: datetime) -> list[Row]:
        """Return the rows after a moment and up to another, by time and id."""

    def write(self, seal: Mapping[str, Any]) -> None:
        """Store a seal."""


def seal(audit: AuditLog, moment: datetime, rows: int = BATCH_ROWS) -> list[Head]:
    """Seal what was written since the last seal, and return the new ends of the chain.

    Args:
        audit: of a store; no row that is still to come is as old as `moment`.
        moment: up to which it is sealed.
        rows: of one seal, about: what was written at one moment stays together.
    """
    heads = []
    while made := _next(audit, moment, rows):
        audit.write(made)
        heads.append(Head(made["seal_number"], made["hash"]))
    return heads


def expiring(after: str, until: str) -> str:
    """Return the query of seals whose rows may go: end and number of rows, the oldest first.

    The seals themselves stay: they show that nothing else went.

    Args:
        after: expression of the time of the oldest row that is there.
        until: expression of the time before which rows may go.
    """
    return (
        f"SELECT sealed_until, row_count FROM {audit_chain.SEALS.name}"  # noqa: S608 - constants
        f" WHERE row_count > 0 AND sealed_until >= {after} AND sealed_until < {until}"
        " ORDER BY seal_number"
    )


def together(seals: Iterable[tuple[datetime, int]], rows: int) -> list[datetime]:
    """Return up to which moments the audit goes in one step each: never a part of a seal.

    Args:
        seals: end and number of rows, the oldest first.
        rows: of one step, about; a seal of more is one step.
    """
    ends: list[datetime] = []
    count = 0
    for end, size in seals:
        if ends and count + size <= rows:
            ends[-1] = end
            count += size
        else:
            ends.append(end)
            count = size
    return ends


def _next(audit: AuditLog, moment: datetime, rows: int) -> Row | None:
    before = audit.last()
    after = BEGINNING if before is None else before["sealed_until"]
    full = audit.nth_time(after, rows)
    until = moment if full is None else min(full, moment)
    if until <= after:
        return None
    covered = audit.rows(after, until)
    if not covered and (before is None or until - after < EMPTY_AFTER):
        return None
    return audit_chain.seal(before, covered, until, moment)
