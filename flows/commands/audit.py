"""`tradecast audit`: prove from the stores that nothing was lost and nothing doubled."""

from __future__ import annotations

import argparse
import re
from datetime import UTC
from typing import TYPE_CHECKING

from flows.errors import CommandError, Exit

if TYPE_CHECKING:
    from schema.audit_chain import Head

NAME = "audit"
HELP = "prove from the stores that nothing was lost or doubled"
DESCRIPTION = """\
Look for everything that would break the two promises: every signal has exactly one
outcome on every account (law 1), and every order was sent at most once (law 2).
Checks each store by itself and both against each other, and lists what it finds.
Ends with code 1 if something breaks a law.

With --chain it looks at something else: whether the audit of all changes to users,
accounts and configuration (audit_log) is as it was written. Its rows are sealed into
a chain of hashes; a row or a seal that was changed, removed or put in is named. Keep
the last line, where the chain ends, in a safe place: with --head it shows whether the
end of the chain was cut off.
"""
EXAMPLES = """\
examples:
  tradecast audit
  tradecast audit --store duckdb --since 2026-11-20
  tradecast audit --format json
  tradecast audit --chain
  tradecast audit --chain --head 17:6f2c...  that seal has to be in the chain
  tradecast audit --query      print one ClickHouse query that does the same
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--store",
        choices=("duckdb", "clickhouse", "postgres"),
        help="check one store only (default: all that there are; postgres with --chain)",
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
        "--chain", action="store_true", help="check the seals over audit_log, and nothing else"
    )
    parser.add_argument(
        "--head",
        type=_head,
        metavar="NUMBER:HASH",
        help="with --chain: a seal that was noted before",
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

    if args.chain:
        from flows import audit_chain  # noqa: PLC0415

        return audit_chain.run(open_system(args), args.store, args.head, args.format)
    if args.head or args.store == "postgres":
        raise CommandError("--head and --store postgres need --chain", Exit.USAGE)
    return audit.run(open_system(args), args.store, args.since, args.format)


def _head(text: str) -> Head:
    """A seal as `17:<64 hex digits>`."""
    from schema.audit_chain import Head  # noqa: PLC0415

    number, _, mark = text.partition(":")
    if not number.isdigit() or not re.fullmatch(r"[0-9a-f]{64}", mark):
        raise argparse.ArgumentTypeError(f"expected NUMBER:HASH as --chain prints it, was {text!r}")
    return Head(int(number), mark)


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
