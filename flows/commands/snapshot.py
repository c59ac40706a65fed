"""`tradecast snapshot`: days of accounts, on demand."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime

from flows.errors import CommandError

NAME = "snapshot"
HELP = "build the days of accounts that are missing, or some days anew"
DESCRIPTION = """\
Build `daily_snapshots`: what each day brought each account, in UTC and in the account's
reporting zone. Without days it catches up: it builds all days that are over and are not
there yet, years of them if need be, and those that late trades or corrections touched.
`tradecast up` does so after each midnight (UTC). It may be stopped at any moment, and goes
on where it was. Rows that come out as they are stored are not written again.
"""
EXAMPLES = """\
examples:
  tradecast snapshot                                  catch up
  tradecast snapshot --date 2026-11-20                one day anew, today as far as it is
  tradecast snapshot --from 2026-01-01 --to 2026-03-31 --accounts alpha-1,alpha-2
  tradecast snapshot --part 0/4                       a quarter of the accounts
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("--date", type=_day, metavar="DAY", help="build this day anew")
    add("--from", dest="first", type=_day, metavar="DAY", help="build days anew from this one ...")
    add("--to", dest="last", type=_day, metavar="DAY", help="... to this one (default: today)")
    add(
        "--accounts",
        type=lambda text: [each.strip() for each in text.split(",") if each.strip()],
        metavar="LIST",
        default=[],
        help="ids or keys of accounts, separated by commas (default: all)",
    )
    add(
        "--part",
        type=part,
        metavar="I/N",
        default=(0, 1),
        help="only the accounts of part I of N, counted from 0: N processes share the work",
    )
    add("--store", choices=("duckdb", "clickhouse"), help="write one store only (default: both)")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Build the days."""
    # Before all that takes a second to load: who mistyped is told at once.
    days = _days(args)
    from flows.context import open_system  # noqa: PLC0415
    from flows.snapshots import command  # noqa: PLC0415
    from flows.snapshots.updating import Span  # noqa: PLC0415
    from flows.stores import STORES  # noqa: PLC0415

    asked = command.Asked(
        span=Span(*days) if days else None,
        accounts=args.accounts,
        part=args.part,
        stores=[each for each in STORES if args.store in (None, each)],
        as_json=args.json,
    )
    return command.run(open_system(args), asked)


def _days(args: argparse.Namespace) -> tuple[date, date] | None:
    """The first and the last day to build anew; None to catch up."""
    if args.date is not None:
        if args.first is not None or args.last is not None:
            raise CommandError("--date is one day, and --from and --to are several: give one")
        return args.date, args.date
    if args.first is not None:
        last = args.last or datetime.now(UTC).date()
        if last < args.first:
            raise CommandError(f"--to {last} is before --from {args.first}")
        return args.first, last
    if args.last is not None or args.accounts:
        raise CommandError("--to and --accounts need --date or --from")
    return None


def part(text: str) -> tuple[int, int]:
    """Read I/N, as an argument's type."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})", text)
    if found is None or not int(found[1]) < int(found[2]) <= 64:
        raise argparse.ArgumentTypeError(
            f"expected I/N with I from 0 to N - 1 and N at most 64, as 0/2; was {text!r}"
        )
    return int(found[1]), int(found[2])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day as 2026-11-21, was {text!r}") from None
