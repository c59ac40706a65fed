"""`tradecast export`: what the system holds about one user."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "export"
HELP = "write everything that the system holds about one user"
DESCRIPTION = """\
Write every row of one user, from every store, into a new directory: a JSON and a
Parquet file for each table, below a directory for each store. Secrets are redacted.
Works while the system runs.
"""
EXAMPLES = """\
examples:
  tradecast export --user anna@example.com /exports/anna
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--user", required=True, metavar="USER", help="id, address or name of the user"
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="missing or empty")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from flows.context import open_system  # noqa: PLC0415
    from flows.privacy import export  # noqa: PLC0415

    print(export(open_system(args), args.user, args.directory.expanduser().absolute()))
    return 0
