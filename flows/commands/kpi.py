"""`tradecast kpi`: key performance indicators of an account, and what each of them means."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands import add_format, add_user, add_where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.kpi_compute import Found

NAME = "kpi"
HELP = "compute KPIs of an account, and tell what each of them means"
DESCRIPTION = """\
`compute` prints every KPI of one account; `report` draws a tear sheet of them, on the
terminal or as one HTML file. The account is one of the stores (--account), read from the
days that are built after midnight; or it is what files describe, CSV or Parquet, and then
no store is touched. With --as, only accounts of that user are found.
`list` and `show` tell what the KPIs are; docs/reference/kpis.md has them all.
What cannot be computed is null, never 0 or infinity.
"""
EXAMPLES = """\
examples:
  tradecast kpi compute --daily daily.csv --trades trades.csv --format json
  tradecast kpi compute --daily daily.parquet --trades trades.parquet --window 90d
  tradecast kpi report --account alpha-1
  tradecast kpi report --account alpha-1 --as ann@example.com --html account.html
  tradecast kpi report --daily daily.csv --trades trades.csv --html account.html
  tradecast kpi list --group drawdown
  tradecast kpi show sharpe_ratio
"""
STORES = ("clickhouse", "duckdb")
_WINDOWS = ("all", "year", "quarter", "month", "90d", "30d", "7d")
_FILES = {
    "daily": "one row per day: return, equity, balance, margin",
    "trades": "one row per closed trade",
    "executions": "one row per response to an order",
    "emotions": "one row per note on a trade",
    "breaches": "one row per breach of a rule",
}
_NUMBERS = {
    "initial": "balance at the opening (default: 100000, or that of the store)",
    "risk-free": "yearly rate, as 0.02 (default: 0)",
    "mar": "minimal acceptable return per year (default: 0)",
    "days-per-year": "observations in a year (default: 252)",
    "daily-loss": "rule: share of the initial balance (default: no such rule)",
    "max-loss": "rule: likewise, in all (default: no such rule)",
    "target": "rule: profit, likewise (default: no such rule)",
    "min-days": "rule: days with a trade (default: 4)",
    "profitable-day": "rule: profit from which a day counts, likewise (default: 0.005)",
    "best-day": "rule: share of the profit that one day may have (default: 0.40)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    compute = verbs.add_parser("compute", help="the KPIs of an account")
    _add_inputs(compute)
    add_format(compute)
    report = verbs.add_parser("report", help="likewise, as a tear sheet: charts, tables, rules")
    _add_inputs(report)
    report.add_argument(
        "--group", metavar="GROUP", action="append", help="only KPIs of this group; may be repeated"
    )
    report.add_argument(
        "--html", type=Path, metavar="FILE", help="write one HTML file, for screen and paper"
    )
    listed = verbs.add_parser("list", help="all KPIs, with their unit")
    listed.add_argument("--group", metavar="GROUP", help="those of one group")
    add_format(listed)
    shown = verbs.add_parser("show", help="what a KPI means")
    shown.add_argument("kpi", metavar="ID")
    add_format(shown)


def _add_inputs(compute: argparse.ArgumentParser) -> None:
    compute.add_argument(
        "--account",
        metavar="NAME",
        help="id or key of an account in the stores; with files, what theirs is called",
    )
    compute.add_argument(
        "--store", choices=STORES, default="clickhouse", help="which store (default: clickhouse)"
    )
    add_user(compute)
    add_where(compute)
    for name, meaning in _FILES.items():
        compute.add_argument(f"--{name}", type=Path, metavar="FILE", help=meaning)
    compute.add_argument(
        "--window", choices=_WINDOWS, default="all", help="which part of it (default: all)"
    )
    for name, meaning in _NUMBERS.items():
        compute.add_argument(f"--{name}", type=float, metavar="N", help=meaning)
    compute.add_argument("--currency", metavar="CODE", help="of the account (default: USD)")
    compute.add_argument(
        "--zone", metavar="ZONE", help="where a trade's day begins, as Europe/Athens (default: UTC)"
    )
    compute.add_argument(
        "--as-of",
        type=_date,
        metavar="YYYY-MM-DD",
        help="the day that values are of (default: the last one)",
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected YYYY-MM-DD, was {text!r}") from error


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from flows import kpi_compute  # noqa: PLC0415 - Polars takes a tenth of a second

    match args.what:
        case "list":
            kpi_compute.show_list(args.group, args.format)
        case "show":
            kpi_compute.show_kpi(args.kpi, args.format)
        case what:
            _run_account(args, report=what == "report")
    return 0


def _run_account(args: argparse.Namespace, *, report: bool) -> None:
    """Compute the KPIs of an account, and print them or draw its tear sheet."""
    from flows import kpi_compute  # noqa: PLC0415 - Polars takes a tenth of a second

    found, title, about = _found(args)
    if not report:
        kpi_compute.show_values(found, args.format)
        return
    from flows import kpi_report  # noqa: PLC0415 - where it is wanted

    kpi_report.show(kpi_report.sheet(found, title, args.group or (), about), args.html)


def _found(args: argparse.Namespace) -> tuple[Found, str, Sequence[str]]:
    """Return an account of files or of a store, its name, and what else is said of it."""
    from flows import kpi_compute  # noqa: PLC0415 - Polars takes a tenth of a second
    from flows.errors import CommandError  # noqa: PLC0415

    names = [name.replace("-", "_") for name in (*_NUMBERS, "currency", "zone", "as-of")]
    given = {name: getattr(args, name) for name in names}
    files = {name: getattr(args, name) for name in _FILES}
    if any(files.values()):
        if args.daily is None or args.trades is None:
            raise CommandError("files of an account are --daily and --trades, and others with them")
        if args.user:
            raise CommandError("--as is for accounts of the stores, and files were given")
        return kpi_compute.computed(files, given, args.window), args.account or "account", ()
    if args.account is None:
        raise CommandError("give --account of an account in the stores, or --daily and --trades")
    from flows import kpi_account  # noqa: PLC0415 - where it is wanted
    from flows.context import open_system  # noqa: PLC0415

    settings = kpi_compute.settings_of(given)
    account = kpi_account.stored(open_system(args), args.account, args.store, args.user, given)
    settings = replace(settings, currency=args.currency or account.currency)
    found = kpi_compute.evaluated(account.inputs, settings, args.window)
    return found, account.key, account.about
