"""`tradecast snapshot`: catch up, or build some days anew, with a bar of how far it is."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from flows.errors import Exit
from flows.output import write_json, write_rows
from flows.snapshots.updating import PARTITIONS, Look, Span, Told, opened
from flows.stores import STORES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flows.context import System
    from flows.stores import StoreName

_FAULTS = ("account_id", "fault", "rows")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for.

    Attributes:
        span: days to build anew; None to catch up.
        accounts: ids or keys; none for all.
        part: place and number of the parts that share the partitions.
        stores: that are written.
        as_json: print JSON rather than a table.
    """

    span: Span | None
    accounts: Sequence[str]
    part: tuple[int, int]
    stores: Sequence[StoreName] = STORES
    as_json: bool = False


def run(system: System, asked: Asked, now: datetime | None = None) -> int:
    """Build days, and print what came of it.

    Args:
        system: whose.
        asked: what to build.
        now: the present; the clock's by default.

    Returns:
        0; what is wrong in the books is told, and stops nothing.
    """
    part, parts = asked.part
    with opened(system, asked.stores) as (books, targets), _bar(asked.as_json) as (total, done):
        look = Look(
            books=books,
            targets=targets,
            partitions=range(part, PARTITIONS, parts),
            now=now or datetime.now(UTC),
            total=total,
            done=done,
        )
        told = look.catch_up() if asked.span is None else look.rebuild(asked.span, asked.accounts)
    _report(told, as_json=asked.as_json)
    return Exit.OK


def _report(told: Told, *, as_json: bool) -> None:
    faults = [(str(UUID(bytes=who)), fault, rows) for who, fault, rows in told.faults.rows()]
    if as_json:
        listed = [dict(zip(_FAULTS, each, strict=True)) for each in faults]
        write_json(
            {"days": told.days, "rows": told.rows, "derived": told.derived, "faults": listed}
        )
        return
    print(
        f"{told.days} days of accounts were looked at: {told.rows} rows of days"
        f" and {told.derived} of KPIs were written"
    )
    if faults:
        write_rows(_FAULTS, faults, title="wrong in the books")


@contextmanager
def _bar(quiet: bool) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Show a bar on a terminal; yield who is told of the total, and of what is done."""
    if quiet or not sys.stderr.isatty():
        yield (lambda _: None), (lambda _: None)
        return
    from rich.console import Console  # noqa: PLC0415 - takes a tenth of a second
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("days of accounts", total=0)
        found = [0]

        def total(days: int) -> None:
            found[0] += days
            progress.update(task, total=found[0])

        yield total, lambda days: progress.advance(task, days)
