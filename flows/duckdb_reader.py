"""A reader's query of DuckDB, made one that shows the rows of one user alone.

DuckDB keeps no rows from anybody. So the query is parsed by DuckDB itself, and every table in it is
replaced by the query of what the user sees of that table; what is sent is written anew from what
was looked at. Names that the query gives to its own parts (CTEs) are made ones that no table has:
were their scope ever taken for another than DuckDB takes it for, they would name nothing. Whatever
is not known here is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import duckdb

from flows.errors import CommandError
from schema import duckdb_access

Node = dict[str, Any]
Scope = dict[str, str]

_FREE_FUNCTIONS: Final = frozenset(
    ("generate_series", "json_each", "json_tree", "range", "repeat", "unnest")
)
# They show statistics of rows that are filtered out, run a text, or speak of the process.
_CLOSED_FUNCTIONS: Final = frozenset(
    [
        "current_query",
        "current_setting",
        "currval",
        "getvariable",
        "json_execute_serialized_sql",
        "json_serialize_plan",
        "nextval",
        "parse_duckdb_log_message",
        "setval",
        "sleep_ms",
        "stats",
        "write_log",
    ]
)
# What a query may be made of, beyond expressions.
_KNOWN: Final = frozenset(
    [
        "SELECT_NODE",
        "SET_OPERATION_NODE",
        "RECURSIVE_CTE_NODE",
        "SUBQUERY",
        "JOIN",
        "EMPTY",
        "EXPRESSION_LIST",
        "ORDER_MODIFIER",
        "LIMIT_MODIFIER",
        "LIMIT_PERCENT_MODIFIER",
        "DISTINCT_MODIFIER",
        "ORDER_DEFAULT",
        "ASCENDING",
        "DESCENDING",
        "ORDER_ASCENDING",
        "ORDER_DESCENDING",
    ]
)
_HINT: Final = "see `tradecast schema list`"


def for_user(query: str, user: str) -> str:
    """Return the query that shows a user's rows alone.

    Args:
        query: one SELECT, with parameters or without.
        user: the user's id, as a UUID in lower case.

    Raises:
        CommandError: it is no single SELECT, or it names what readers may not use.
    """
    with _empty().cursor() as parser:
        tree = _parsed(parser, query)
        _Rewriter(parser, user).visit(tree, {})
        return _written(parser, tree)


@cache
def _empty() -> duckdb.DuckDBPyConnection:
    """A database that only parses; to open one takes longer than most queries."""
    return duckdb.connect()


def _parsed(parser: duckdb.DuckDBPyConnection, query: str) -> Node:
    rows = parser.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [query]).fetchall()
    found: Node = json.loads(rows[0][0])
    if found["error"]:
        why = str(found["error_message"]).splitlines()[0]
        raise CommandError(f"DuckDB: who reads for a user may run one SELECT, and no other: {why}")
    if len(found["statements"]) != 1:
        raise CommandError("DuckDB: who reads for a user may run one SELECT, not several")
    return found


def _written(parser: duckdb.DuckDBPyConnection, tree: Node) -> str:
    text = json.dumps(tree)
    try:
        rows = parser.execute("SELECT json_deserialize_sql(CAST(? AS JSON))", [text]).fetchall()
    except duckdb.Error as error:
        raise CommandError(f"DuckDB cannot write this query anew: {error}") from error
    written = str(rows[0][0])
    if sorted(_sources(_parsed(parser, written))) != sorted(_sources(tree)):
        raise CommandError("DuckDB cannot write this query anew: it would be another one")
    return written


def _sources(node: Any) -> Iterator[str]:
    """The names of all tables, and functions that stand for one, in a parsed query."""
    if isinstance(node, list):
        for each in node:
            yield from _sources(each)
    elif isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield ".".join(node["qualified_name"]["path"])
        if node.get("type") == "TABLE_FUNCTION":
            yield f"{node['function'].get('function_name')}()"
        for each in node.values():
            yield from _sources(each)


class _Rewriter:
    """Goes through a parsed query and replaces its tables, in place."""

    def __init__(self, parser: duckdb.DuckDBPyConnection, user: str) -> None:
        self._parser = parser
        self._user = user
        self._places = duckdb_access.places()
        self._named = 0

    def visit(self, node: Any, scope: Scope) -> None:
        """Replace the tables below a node; `scope` has the new names of the parts in sight."""
        if isinstance(node, list):
            for each in node:
                self.visit(each, scope)
        if not isinstance(node, dict):
            return
        kind = node.get("type")
        if isinstance(kind, str) and "class" not in node:
            self._check(node, kind)
            if kind == "BASE_TABLE":
                self._replace(node, scope)
                return
        if node.get("class") in ("FUNCTION", "WINDOW"):
            _check_function(node)
        if "cte_map" in node:
            scope = self._name_parts(node["cte_map"]["map"], scope)
        if kind == "RECURSIVE_CTE_NODE":
            node["cte_name"] = scope.get(node["cte_name"].lower(), node["cte_name"])
        for name, value in node.items():
            if name != "cte_map":
                self.visit(value, scope)

    def _check(self, node: Node, kind: str) -> None:
        if kind == "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).lower()
            if name not in _FREE_FUNCTIONS:
                raise CommandError(f"DuckDB: who reads for a user may not use {name}()")
        elif kind != "BASE_TABLE" and kind not in _KNOWN:
            word = kind.removesuffix("_REF").removesuffix("_NODE").lower().replace("_", " ")
            raise CommandError(f"DuckDB: who reads for a user may not use {word}")

    def _name_parts(self, parts: list[Node], scope: Scope) -> Scope:
        """Give the parts of a WITH clause new names; each sees those before it."""
        scope = dict(scope)
        for part in parts:
            old = part["key"].lower()
            self._named += 1
            new = f"part {self._named} of the query"
            body = part["value"]["query_node"]
            part["key"] = new
            recursive = body.get("type") == "RECURSIVE_CTE_NODE"
            self.visit(body, {**scope, old: new} if recursive else scope)
            scope[old] = new
        return scope

    def _replace(self, node: Node, scope: Scope) -> None:
        name = str(node["table_name"])
        path = node.get("qualified_name", {}).get("path", [name])
        if node["schema_name"] or node["catalog_name"] or path != [name]:
            raise CommandError(
                f"DuckDB: who reads for a user names a table by its plain name: {name}"
            )
        if node["at_clause"] is not None:
            raise CommandError("DuckDB: who reads for a user may not use AT")
        alias = node["alias"] or name
        if name.lower() in scope:
            new = scope[name.lower()]
            node |= {"table_name": new, "alias": alias, "qualified_name": {"path": [new]}}
            return
        if name.lower() not in self._places:
            raise CommandError(f"DuckDB: there is no table {name} for readers; {_HINT}")
        query = duckdb_access.select(name.lower(), self._user)
        kept = {key: node[key] for key in ("sample", "query_location", "column_name_alias")}
        length = {"query_location_length": node["query_location_length"]}
        inner = _parsed(self._parser, query)["statements"][0]
        node.clear()
        node |= {"type": "SUBQUERY", "alias": alias, **kept, **length, "subquery": inner}


def _check_function(node: Node) -> None:
    name = str(node.get("function_name", "")).lower()
    if name in _CLOSED_FUNCTIONS:
        raise CommandError(f"DuckDB: who reads for a user may not use {name}()")
