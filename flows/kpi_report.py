"""`tradecast kpi report`: the tear sheet of an account that files describe, or a store has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.errors import CommandError, Exit
from rules.kpi.registry import KPIS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flows.kpi_compute import Found
    from flows.tear_sheet.sheet import Sheet


def sheet(found: Found, account: str, groups: Sequence[str], about: Sequence[str] = ()) -> Sheet:
    """Return what a tear sheet shows.

    Args:
        found: an account's rows and KPIs.
        account: its name.
        groups: of KPIs that are listed; none for all.
        about: short texts under the name.

    Raises:
        CommandError: there is no such group, or the account has no day.
    """
    from flows.tear_sheet.account import of_account  # noqa: PLC0415 - where it is wanted

    known = dict.fromkeys(kpi.group for kpi in KPIS)
    for group in groups:
        if group not in known:
            raise CommandError(f"there is no group {group}; there are {', '.join(known)}")
    if found.inputs.daily["r"].is_null().all():
        raise CommandError(f"{account} has no day with a return to report on")
    return of_account(
        found.inputs,
        found.values,
        found.settings,
        account=account,
        currency=found.settings.currency,
        about=about,
        kpis=[kpi for kpi in KPIS if not groups or kpi.group in groups],
    )


def show(made: Sheet, html: Path | None) -> None:
    """Write a tear sheet as one HTML file, or print it.

    Raises:
        CommandError: the file cannot be written.
    """
    if html is None:
        from rich.console import Console  # noqa: PLC0415 - a tenth of a second

        from flows.tear_sheet import terminal  # noqa: PLC0415 - likewise

        terminal.show(made, Console(highlight=False))
        return
    from flows.tear_sheet.page import render  # noqa: PLC0415 - where it is wanted

    try:
        html.write_text(render(made), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {html}: {error.strerror}", Exit.CANNOT_CREATE) from error
    print(html)
