"""PostgreSQL kept in order: what maintenance does in every store, and its audit sealed.

Nobody else seals it: those who write it are the database's own triggers, and no process of ours
has to run for them. So the chain grows whenever `tradecast maintain` runs, by hand or by `up`.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg

from sinks import audit_heads, postgres, postgres_seals
from sinks.postgres_maintenance import PostgresFailed, PostgresMaintenance
from sinks.upkeep import Done

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.context import System
    from sinks.upkeep import Wanted


def keep(url: str, wanted: Wanted) -> Sequence[Done]:
    """Make partitions ahead, and remove what retention lets go.

    Args:
        url: of the database.
        wanted: what is asked for.

    Raises:
        PostgresFailed: PostgreSQL refuses or does not answer; what was done before stays.
    """
    with closing(PostgresMaintenance(url)) as store:
        return store.maintain(wanted)


def seal(system: System, url: str, wanted: Wanted) -> Sequence[Done]:
    """Seal what the audit has got since the last seal.

    Args:
        system: that notes where the chain ends, if the database is its own.
        url: of the database.
        wanted: what is asked for.

    Raises:
        PostgresAway: it does not answer.
        PostgresFailed: PostgreSQL refuses it.
        CannotSee: the login does not see all there is; nothing was sealed.
    """
    try:
        with postgres.connect(url) as connection:
            waiting = postgres_seals.unsealed(connection)
            if wanted.dry_run:
                return [_told(waiting, "up to now")] if waiting else []
            heads = postgres_seals.seal(connection)
            left = postgres_seals.unsealed(connection)
    except psycopg.Error as error:
        raise PostgresFailed(f"the audit was not sealed: {error}") from error
    if not heads:
        return []
    if url == system.postgres_url():
        audit_heads.note(system.postgres_heads, heads)
    return [_told(max(waiting - left, 0), f"up to seal {heads[-1].number}:{heads[-1].hash}")]


def _told(rows: int, detail: str) -> Done:
    return Done(store="postgres", table="audit_log", action="seal", rows=rows, detail=detail)
