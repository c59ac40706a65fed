"""`tradecast run FLOW`: one flow as a process, under any supervisor."""

from __future__ import annotations

import argparse
import re

NAME = "run"
HELP = "run one flow as a process (what `up` starts)"
DESCRIPTION = """\
Run one flow in the foreground. `tradecast up` does this for all of them on one
machine; on several machines, or under another supervisor, start them yourself.
A flow ends with code 0 only if it was asked to (SIGTERM or Ctrl-C), and an executor
when its instance has left the configuration as well.
"""
EXAMPLES = """\
examples:
  tradecast run trade                        decide for all accounts
  tradecast run trade --shard 0/2            decide for half of them
  tradecast run execute --instance alpha-1   drive one terminal
  tradecast run archive --store duckdb       write one store, and serve its readers
  tradecast run archive --store clickhouse
  tradecast run snapshots                    build days after each midnight
"""

_OPTION = {"trade": "shard", "execute": "instance", "archive": "store", "snapshots": "part"}
FLOWS = tuple(_OPTION)
STORES = ("duckdb", "clickhouse")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "flow", choices=FLOWS, metavar="FLOW", help="trade, execute, archive or snapshots"
    )
    parser.add_argument(
        "--shard", type=_shard, metavar="I/K", help="of trade: shard I of K, counted from 0"
    )
    parser.add_argument(
        "--part", type=_shard, metavar="I/N", help="of snapshots: part I of N, counted from 0"
    )
    parser.add_argument("--instance", metavar="NAME", help="of execute: the terminal's key or id")
    parser.add_argument("--store", choices=STORES, help="of archive: the store to write")


def run(args: argparse.Namespace) -> int:
    """Run the flow until told to stop."""
    from flows.errors import CommandError  # noqa: PLC0415

    wanted = _OPTION[args.flow]
    for name in _OPTION.values():
        if getattr(args, name) is not None and name != wanted:
            raise CommandError(f"`tradecast run {args.flow}` takes no --{name}")
    if args.flow in {"execute", "archive"} and getattr(args, wanted) is None:
        raise CommandError(f"`tradecast run {args.flow}` needs --{wanted}")
    from flows.context import open_system  # noqa: PLC0415
    from flows.launch import run_flow_process  # noqa: PLC0415

    return run_flow_process(open_system(args), args)


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})", text)
    if found is None or not int(found[1]) < int(found[2]) <= 64:
        raise argparse.ArgumentTypeError(
            f"expected I/K with I from 0 to K - 1 and K at most 64, as 0/2; was {text!r}"
        )
    return int(found[1]), int(found[2])
