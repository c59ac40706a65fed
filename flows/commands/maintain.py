"""`tradecast maintain`: keep the stores in order."""

from __future__ import annotations

import argparse

from flows.commands import positive

NAME = "maintain"
HELP = "keep the stores in order: old rows, checkpoints, parts, partitions"
DESCRIPTION = """\
Remove the rows that their retention lets go (`tradecast schema describe TABLE`), and
no others: never a signal, an order, a trade or a position. Write DuckDB's log into
its files, have ClickHouse drop what has expired and merge parts where it pays, and
make PostgreSQL's partitions ahead and seal its audit. Safe while the system runs;
`tradecast up` does it once a day (`maintain.every_hours`).
"""
EXAMPLES = """\
examples:
  tradecast maintain --dry-run      only say what would be done
  tradecast maintain --json
  tradecast maintain --postgres postgresql://maintainer@db.example/tradecast
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--dry-run", action="store_true", help="change nothing; say what would be done")
    add("--json", action="store_true", help="print one JSON object")
    add(
        "--audit-days",
        type=positive(int),
        metavar="N",
        help="keep the audit of changes and logins this long (default: the settings, 2557)",
    )
    add(
        "--postgres",
        metavar="URL",
        default="",
        help="a PostgreSQL that is maintained too (default: postgres.url)",
    )


def run(args: argparse.Namespace) -> int:
    """Maintain the stores."""
    from flows.context import open_system  # noqa: PLC0415
    from flows.maintain import run as maintain  # noqa: PLC0415

    return maintain(
        open_system(args),
        audit_days=args.audit_days,
        postgres=args.postgres,
        dry_run=args.dry_run,
        as_json=args.json,
    )
