"""`tradecast status`: how the system is doing."""

from __future__ import annotations

import argparse

NAME = "status"
HELP = "show each process, the lags, durability and the last errors"
DESCRIPTION = """\
Show each process (state, uptime, restarts, memory, last error), how many entries the
streams hold, in how many streams each store is behind and by how many seconds, and
what a power loss could cost.
Ends with code 69 if the system is down, and 1 if a part of it is not well: it does not
run or does not answer, a shard decides nothing, an executor has no lease, rows wait on
disk for a store or for Redis, or a store is behind by more than 30 seconds. What that is
stands above the tables.
"""
EXAMPLES = """\
examples:
  tradecast status
  tradecast status --format json
  watch tradecast status
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--format", choices=("table", "plain", "json"), help="how to write what was found"
    )


def run(args: argparse.Namespace) -> int:
    """Show the status."""
    from flows import status  # noqa: PLC0415
    from flows.context import open_system  # noqa: PLC0415

    return status.show(open_system(args), args.format)
