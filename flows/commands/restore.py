"""`tradecast restore DIR`: a home from a backup."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

NAME = "restore"
HELP = "make an empty home what a backup holds; nothing is sent twice"
DESCRIPTION = """\
Check a backup, every file of it, and make a home from it. The home must be empty.
What was sent to brokers after the backup is not sent again: executors begin new
journals, orders that were open then are looked for at the broker, and for nine days
each new order is looked up in the broker's books before it is sent. Positions that
were opened since are the broker's, and unknown here: compare the terminals.
"""
EXAMPLES = """\
examples:
  tradecast restore /backup/2026-11-21 --home /srv/again
  tradecast restore /backup/2026-11-21 --home /srv/again --terminals /srv/tradecast
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the backup")
    parser.add_argument(
        "--terminals",
        type=Path,
        metavar="HOME",
        help="take the books of simulated terminals from this home, which ran on; a broker of your"
        " own keeps its books itself",
    )


def run(args: argparse.Namespace) -> int:
    """Restore the backup."""
    from config import settings  # noqa: PLC0415
    from flows.backup.restore import restore  # noqa: PLC0415

    wanted = settings.load(args.config, args.home, os.environ)
    print(restore(args.directory.expanduser().absolute(), wanted, terminals=args.terminals))
    return 0
