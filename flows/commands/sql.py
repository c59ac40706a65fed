"""`tradecast sql QUERY`: ask a store, whether the system is up or down."""

from __future__ import annotations

import argparse
import sys

from flows.commands import add_format, add_user

NAME = "sql"
HELP = "query ClickHouse or DuckDB, whether the system is up or down"
DESCRIPTION = """\
Run one query and print its rows; what would write is refused. Tables are described by
`tradecast schema list` and `tradecast schema describe TABLE`. Without QUERY, it is read
from standard input.
With --as, the query is one SELECT, and sees the rows of one user alone: those of the
user's accounts, what belongs to the user, and what is for all users. Other tables are
refused.
"""
EXAMPLES = """\
examples:
  tradecast sql "select outcome, count(*) from signal_execution_status group by outcome"
  tradecast sql --store duckdb --format csv "from orders limit 100" > orders.csv
  tradecast sql --as ann@example.com "select symbol, sum(profit) from trades group by symbol"
  tradecast sql --format arrow "select * from deals" > deals.arrow
"""
STORES = ("clickhouse", "duckdb")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("query", metavar="QUERY", nargs="?", help="one SQL statement")
    parser.add_argument(
        "--store", choices=STORES, default="clickhouse", help="which store (default: clickhouse)"
    )
    add_user(parser)
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Run the query."""
    from flows.errors import CommandError  # noqa: PLC0415

    if args.format == "arrow" and sys.stdout.isatty():
        raise CommandError("Arrow is not for the eye; send it to a file or another program")
    query = sys.stdin.read() if args.query in (None, "-") else args.query
    if not query.strip():
        raise CommandError("there is no query; see `tradecast sql --help`")
    from flows.context import open_system  # noqa: PLC0415
    from flows.output import write_batches  # noqa: PLC0415
    from flows.stores import find_user, open_store  # noqa: PLC0415

    system = open_system(args)
    user = find_user(system, args.user) if args.user else None
    with open_store(system, args.store, user) as store:
        reader = store.query(query)
        write_batches(reader.schema, reader, args.format)
    return 0
