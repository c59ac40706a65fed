"""`tradecast send FILE`: put signals on their streams."""

from __future__ import annotations

import argparse

NAME = "send"
HELP = "send signals from a file, or from standard input"
DESCRIPTION = """\
Send signals, one JSON object per line, as docs/howto/publish.md describes them. Each
goes to the stream of its strategy. The ids of the stream entries are printed; what
was printed is on disk. A line that is wrong is sent all the same: Tradecast rejects
it with a reason (see the table signal_rejection).
"""
EXAMPLES = """\
examples:
  tradecast send alerts.ndjson
  echo '{"strategy":"london","symbol":"EURUSD","action":"buy","volume":"0.1",
         "signal_id":"7"}' | tr -d '\\n' | tradecast send -
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE|-", help="a file of lines, or - for standard input")


def run(args: argparse.Namespace) -> int:
    """Send every line."""
    from flows.context import open_system  # noqa: PLC0415
    from flows.publish import send_lines  # noqa: PLC0415

    return send_lines(open_system(args), args.file)
