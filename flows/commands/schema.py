"""`tradecast schema`: the tables, as the registry knows them."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "schema"
HELP = "list, describe and migrate the tables"
DESCRIPTION = """\
Everything about tables: what there is, what a column means, the DDL of each store,
who may read whose rows, and the migrations of the stores. PostgreSQL is one of them where
postgres.url is set.

`diff` writes a draft of the next migration: what the registry has got since the last
one. A line `-- CANNOT: ...` in it is for a person to replace; until then it does not run.
"""
EXAMPLES = """\
examples:
  tradecast schema list
  tradecast schema describe orders
  tradecast schema ddl --store clickhouse orders
  tradecast schema access --database analytics
  tradecast schema status
  tradecast schema migrate
  tradecast schema migrate --store postgres
  tradecast schema diff --store clickhouse
  tradecast schema docs docs/reference
"""
STORES = ("clickhouse", "duckdb", "postgres")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    verbs.add_parser("list", help="all tables, with their purpose")
    describe = verbs.add_parser("describe", help="the columns of a table")
    describe.add_argument("table", metavar="TABLE")
    ddl = verbs.add_parser("ddl", help="the statements that make a table, or all")
    ddl.add_argument("table", metavar="TABLE", nargs="?")
    ddl.add_argument("--store", choices=STORES, default="clickhouse")
    access = verbs.add_parser(
        "access",
        help="the statements that keep users' rows apart on a ClickHouse server",
        description="Print roles, grants and row policies of a ClickHouse server, from the"
        " registry. The embedded engine has them already.",
    )
    access.add_argument("--database", default="default", help="where the tables are")
    status = verbs.add_parser("status", help="which migrations each store has")
    migrate = verbs.add_parser("migrate", help="bring the stores to this release")
    for verb in (status, migrate):
        verb.add_argument(
            "--store", choices=STORES, help="one store only (default: all that are set up)"
        )
    diff = verbs.add_parser("diff", help="write a draft of the next migration of a store")
    diff.add_argument("--store", choices=STORES, required=True)
    diff.add_argument(
        "--into", type=Path, metavar="DIR", help="write files there rather than on the screen"
    )
    docs = verbs.add_parser("docs", help="write the reference pages")
    docs.add_argument("directory", type=Path, metavar="DIR")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from flows import tables  # noqa: PLC0415

    match args.what:
        case "list":
            tables.show_list()
        case "describe":
            tables.describe(args.table)
        case "ddl":
            tables.show_ddl(args.table, args.store)
        case "access":
            tables.show_access(args.database)
        case "docs":
            tables.write_docs(args.directory)
        case "diff":
            return tables.show_draft(args.store, args.into)
        case _:
            from flows import stores_migrations  # noqa: PLC0415
            from flows.context import open_system  # noqa: PLC0415

            system = open_system(args)
            return stores_migrations.run(system, args.store, migrate=args.what == "migrate")
    return 0
