"""`tradecast kpi`: key performance indicators from files, and what each of them means."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from flows.commands import add_format

NAME = "kpi"
HELP = "compute KPIs from files, and tell what each of them means"
DESCRIPTION = """\
`compute` reads one account's files, CSV or Parquet, and prints every KPI; `report` draws a
tear sheet of them, on the terminal or as one HTML file. Neither touches a store.
`list` and `show` tell what the KPIs are; docs/reference/kpis.md has them all.
What cannot be computed is null, never 0 or infinity.
"""
EXAMPLES = """\
examples:
  tradecast kpi compute --daily daily.csv --trades trades.csv --format json
  tradecast kpi compute --daily daily.parquet --trades trades.parquet --window 90d
  tradecast kpi report --daily daily.csv --trades trades.csv --html account.html
  tradecast kpi list --group drawdown
  tradecast kpi show sharpe_ratio
"""
_WINDOWS = ("all", "year", "quarter", "month", "90d", "30d", "7d")
_FILES = {
    "daily": "one row per day: return, equity, balance, margin",
    "trades": "one row per closed trade",
    "executions": "one row per response to an order",
    "emotions": "one row per note on a trade",
    "breaches": "one row per breach of a rule",
}
_NUMBERS = {
    "initial": "balance at the opening (default: 100000)",
    "risk-free": "yearly rate, as 0.02 (default: 0)",
    "mar": "minimal acceptable return per year (default: 0)",
    "days-per-year": "observations in a year (default: 252)",
    "daily-loss": "rule: share of the initial balance (default: 0.05)",
    "max-loss": "rule: likewise, in all (default: 0.10)",
    "target": "rule: profit, likewise (default: 0.10)",
    "min-days": "rule: days with a trade (default: 4)",
    "profitable-day": "rule: profit from which a day counts, likewise (default: 0.005)",
    "best-day": "rule: share of the profit that one day may have (default: 0.40)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    compute = verbs.add_parser("compute", help="the KPIs of the account that files describe")
    _add_inputs(compute)
    add_format(compute)
    report = verbs.add_parser("report", help="likewise, as a tear sheet: charts, tables, rules")
    _add_inputs(report)
    report.add_argument("--account", metavar="NAME", default="account", help="what it is called")
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
    for name, meaning in _FILES.items():
        required = name in {"daily", "trades"}
        compute.add_argument(
            f"--{name}", type=Path, metavar="FILE", required=required, help=meaning
        )
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
            names = [name.replace("-", "_") for name in (*_NUMBERS, "currency", "zone", "as-of")]
            given = {name: getattr(args, name) for name in names}
            files = {name: getattr(args, name) for name in _FILES}
            if what == "compute":
                kpi_compute.show_values(files, given, args.window, args.format)
            else:
                from flows import kpi_report  # noqa: PLC0415 - where it is wanted

                found = kpi_compute.computed(files, given, args.window)
                made = kpi_report.sheet(found, args.account, args.group or ())
                kpi_report.show(made, args.html)
    return 0
