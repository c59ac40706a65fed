"""`tradecast up`: start everything, and keep it running."""

from __future__ import annotations

import argparse

NAME = "up"
HELP = "start the system and keep it running"
DESCRIPTION = """\
Start the whole system in the home directory: Redis and ClickHouse (embedded, unless
the settings name servers), the trade, execute and archive flows. Whatever ends
unasked is started again. Ctrl-C, SIGTERM, or the end of the terminal (SIGHUP) stops
all of it in order; under nohup it stays when the terminal goes.
"""
EXAMPLES = """\
examples:
  tradecast up
  tradecast up --home /srv/tradecast --config /etc/tradecast.toml
  TRADECAST__TRADE__SHARDS=2 tradecast up
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: none but where."""


def run(args: argparse.Namespace) -> int:
    """Run the system until told to stop."""
    from flows.context import open_system  # noqa: PLC0415
    from flows.system import serve  # noqa: PLC0415

    return serve(open_system(args, create=True))
