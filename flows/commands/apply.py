"""`tradecast apply FILE`: make the trading configuration what a file says."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

NAME = "apply"
HELP = "make the trading configuration what a TOML file says"
DESCRIPTION = """\
Read brokers, instruments, instances, accounts, strategies, subscriptions and symbol
names from a TOML file. The file is checked whole before anything changes; applying
it again changes nothing. Each change is one new version of the configuration.
Works whether the system is up or down. What no signal could close any more keeps it
from changing anything: open trades of an account, a strategy or a subscription that
leaves, of an account that moves, or of a symbol that another name means now.
"""
EXAMPLES = """\
examples:
  tradecast apply world.toml
  tradecast apply world.toml --check     only say what is wrong with it
  tradecast apply world.toml --orphan    even if something stays open that no signal closes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the configuration")
    parser.add_argument("--check", action="store_true", help="check the file; change nothing")
    parser.add_argument(
        "--orphan",
        action="store_true",
        help="go on although open trades or orders could be closed by no signal any more",
    )


def run(args: argparse.Namespace) -> int:
    """Apply the file."""
    from embedded.errors import NotAHome  # noqa: PLC0415
    from flows.configuration import apply_file, check_file  # noqa: PLC0415
    from flows.context import open_system  # noqa: PLC0415

    if args.check:
        system = None
        # A file may be checked where no system is yet.
        with suppress(NotAHome):
            system = open_system(args)
        world = check_file(system, args.file, orphan=args.orphan)
        print(f"{args.file}: nothing is wrong with it ({world})")
        return 0
    print(apply_file(open_system(args, create=True), args.file, orphan=args.orphan))
    return 0
