"""`tradecast audit`: prove from the stores that nothing was lost and nothing doubled."""

from __future__ import annotations

import argparse
from datetime import UTC

NAME = "audit"
HELP = "prove from the stores that nothing was lost or doubled"
DESCRIPTION = """\
Look for everything that would break the two promises: every signal has exactly one
outcome on every account (law 1), and every order was sent at most once (law 2).
Checks each store by itself and both against each other, and lists what it finds.
Ends with code 1 if something breaks a law.
"""
EXAMPLES = """\
examples:
  tradecast audit
  tradecast audit --store duckdb --since 2026-11-20
  tradecast audit --format json
  tradecast audit --query      print one ClickHouse query that does the same
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--store",
        choices=("duckdb", "clickhouse"),
        help="check one store only (default: both)",
    )
    parser.add_argument(
        "--since",
        type=_time,
        metavar="TIME",
        help="only what was received since then (ISO 8601, UTC if it has no offset)",
    )
    parser.add_argument(
        "--format", choices=("table", "plain", "json"), help="how to write the findings"
    )
    parser.add_argument(
        "--query", action="store_true", help="print the ClickHouse query, and check nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Check, report, and say by the exit code whether all is well."""
    from flows import audit  # noqa: PLC0415

    if args.query:
        print(audit.one_query(args.since))
        return 0
    from flows.context import open_system  # noqa: PLC0415

    return audit.run(open_system(args), args.store, args.since, args.format)


def _time(text: str) -> int:
    """A time as microseconds since 1970 in UTC."""
    from datetime import datetime  # noqa: PLC0415

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected a time as 2026-11-21 or 2026-11-21T08:30:00Z, was {text!r}"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1_000_000)
