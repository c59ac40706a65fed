"""`tradecast demo`: the whole system at work, in a minute."""

from __future__ import annotations

import argparse
from pathlib import Path

from flows.commands import positive

NAME = "demo"
HELP = "run the whole system on simulated terminals, and account for every order"
DESCRIPTION = """\
Start the system in a fresh home, tell it of 3 strategies, 2 brokers, 6 simulated MT5
terminals and 200 accounts, send it 2,000 alerts within a minute against moving
prices, wait until everything has arrived in DuckDB and ClickHouse, and print what
came of it. Ends with code 0 only if nothing was lost and nothing doubled.
"""
EXAMPLES = """\
examples:
  tradecast demo
  tradecast demo --signals 200 --seconds 10 --json
  tradecast demo --accounts 1000 --seed 7 --keep
  tradecast demo --prices EURUSD=ticks.csv --prices USDJPY=bid.csv,ask.csv
  tradecast demo --world world.toml --alerts alerts.ndjson

an alerts file has one JSON object per line; {now+S} and {now-S} become times:
  {"at": 1.5, "stream": 0, "body": "{\\"strategy\\": ..., \\"fired_at\\": \\"{now+1.5}\\"}"}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    whole, number = positive(int), positive(float)
    add = parser.add_argument
    add("--world", type=Path, metavar="FILE.toml", help="another trading configuration")
    add(
        "--prices",
        action="append",
        default=[],
        type=_prices,
        metavar="SYMBOL=FILE[,FILE]",
        help="prices of a symbol from a file, or from one for bid and one for ask",
    )
    add("--alerts", type=Path, metavar="FILE.ndjson", help="send these alerts instead")
    add(
        "--accounts",
        type=whole,
        metavar="N",
        help="accounts: of the built-in world (200), or the first of --world",
    )
    add("--seconds", type=number, metavar="S", default=60.0, help="time of the replay (60)")
    add("--signals", type=whole, metavar="N", default=2000, help="alerts to make (2000)")
    add("--seed", type=int, metavar="N", default=1, help="of everything that is made up (1)")
    add(
        "--patience",
        type=number,
        metavar="S",
        default=60.0,
        help="how long to wait for outcomes after the last alert (60)",
    )
    add("--keep", action="store_true", help="keep the home, and print where it is")
    add("--json", action="store_true", help="print one JSON object as the last line")


def run(args: argparse.Namespace) -> int:
    """Run the demo."""
    from flows.errors import CommandError  # noqa: PLC0415

    for file in (args.world, args.alerts, *(file for _, files in args.prices for file in files)):
        if file is not None and not file.is_file():
            raise CommandError(f"{file}: there is no such file")
    from flows.demo.run import run_demo  # noqa: PLC0415

    return run_demo(args)


def _prices(text: str) -> tuple[str, list[Path]]:
    symbol, sep, names = text.partition("=")
    files = [Path(name) for name in names.split(",") if name]
    if not sep or not symbol or not 1 <= len(files) <= 2:
        raise argparse.ArgumentTypeError(
            f"expected SYMBOL=FILE or SYMBOL=BIDFILE,ASKFILE; was {text!r}"
        )
    return symbol, files
