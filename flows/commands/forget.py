"""`tradecast forget`: a user, removed."""

from __future__ import annotations

import argparse

NAME = "forget"
HELP = "remove one user, or make them nobody where rows must stay"
DESCRIPTION = """\
Remove what the system holds about one user. The books of their accounts stay under a
pseudonym that nothing leads from, and the audit stays until its time is over; what
stays, and why, is printed. Refused while the user has open trades or active
subscriptions. The system has to run. Without --yes it only says what it would do.
"""
EXAMPLES = """\
examples:
  tradecast forget --user anna@example.com
  tradecast forget --user anna@example.com --yes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--user", required=True, metavar="USER", help="id, address or name of the user"
    )
    parser.add_argument("--yes", action="store_true", help="do it; there is no way back")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from flows import forget  # noqa: PLC0415
    from flows.context import open_system  # noqa: PLC0415

    return forget.run(open_system(args), args.user, yes=args.yes, as_json=args.json)
