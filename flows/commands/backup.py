"""`tradecast backup DIR`: a copy of everything, as of one moment."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "backup"
HELP = "copy the streams, stores and journals of a home, as of one moment"
DESCRIPTION = """\
Write everything that a home holds into a new directory: streams and claims, DuckDB's
history and configuration, ClickHouse, spools, journals, and the books of simulated
terminals. All of it belongs to one moment. Works while the system runs, which goes on
trading, and while it stands still. Passwords and tradecast.toml are not in it.
Ended half-way, it leaves nothing that looks like a backup.
"""
EXAMPLES = """\
examples:
  tradecast backup /backup/2026-11-21
  tradecast restore /backup/2026-11-21 --home /srv/again
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="missing or empty")


def run(args: argparse.Namespace) -> int:
    """Write the backup."""
    from flows.backup.take import back_up  # noqa: PLC0415
    from flows.context import open_system  # noqa: PLC0415

    print(back_up(open_system(args), args.directory.expanduser().absolute()))
    return 0
