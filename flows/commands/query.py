"""`tradecast query NAME`: the questions that analysts ask most."""

from __future__ import annotations

import argparse

from flows.commands import add_format, add_user, add_where
from flows.common_queries import ALL, QUERIES

NAME = "query"
HELP = "ask a common question by its name: strategies, symbols, heatmap, ..."
DESCRIPTION = """\
Run a named query. Without NAME, list them. Each is described, with its SQL, in
docs/reference/queries.md, and its options by `tradecast query NAME --help`.
"""
EXAMPLES = """\
examples:
  tradecast query
  tradecast query symbols --since 2026-01-01
  tradecast query heatmap --account 5f0c... --year 2026 --format csv
  tradecast query risk-limits --store postgres --as ann@example.com
"""
_WORDS = {"uuid": "ID", "date": "YYYY-MM-DD", "year": "YYYY", "count": "N", "text": "TEXT"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    names = parser.add_subparsers(dest="named", metavar="NAME")
    for query in QUERIES.values():
        stores = ", ".join(query.stores)
        sub = names.add_parser(
            query.name, help=query.meaning, description=f"{query.meaning}\nOn {stores}."
        )
        for option in query.options:
            sub.add_argument(
                f"--{option.name}",
                dest=f"value_{option.name}",
                metavar=_WORDS[option.kind],
                required=option.required,
                help=option.meaning + (f" (default: {option.default})" if option.default else ""),
            )
        add_where(sub)
        sub.add_argument(
            "--store",
            choices=[store for store in ALL if store in query.stores],
            default="clickhouse",
            help="which store (default: clickhouse)",
        )
        if query.for_users:
            add_user(sub)
        add_format(sub)


def run(args: argparse.Namespace) -> int:
    """Run the query, or list all."""
    from flows.output import write_batches, write_rows  # noqa: PLC0415

    if args.named is None:
        listed = [(q.name, " ".join(q.stores), q.meaning) for q in QUERIES.values()]
        write_rows(("query", "stores", "tells"), listed)
        return 0
    from flows.common_queries.running import ask  # noqa: PLC0415
    from flows.context import open_system  # noqa: PLC0415

    query = QUERIES[args.named]
    given = {option.name: getattr(args, f"value_{option.name}") for option in query.options}
    with ask(open_system(args), query, args.store, given, getattr(args, "user", None)) as reader:
        write_batches(reader.schema, reader, args.format)
    return 0
