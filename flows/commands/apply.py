"""`tradecast apply FILE`: make the trading configuration what a file says."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "apply"
HELP = "make the trading configuration what a TOML file says"
DESCRIPTION = """\
Read brokers, instruments, instances, accounts, strategies, subscriptions and symbol
names from a TOML file. The file is checked whole before anything changes; applying
it again changes nothing. Each change is one new version of the configuration.
Works whether the system is up or down.
"""
EXAMPLES = """\
examples:
  tradecast apply world.toml
  tradecast apply world.toml --check     only say what is wrong with it
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the configuration")
    parser.add_argument("--check", action="store_true", help="check the file; change nothing")


def run(args: argparse.Namespace) -> int:
    """Apply the file."""
    from flows.configuration import apply_file, check_file  # noqa: PLC0415

    if args.check:
        world = check_file(args.file)
        print(f"{args.file}: nothing is wrong with it ({world})")
        return 0
    from flows.context import open_system  # noqa: PLC0415

    print(apply_file(open_system(args, create=True), args.file))
    return 0
