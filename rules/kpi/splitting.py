"""Splits a KPI's expression into statistics that can be kept, and what is made of them.

An expression aggregates rows and then reckons with what came of it. The first half becomes
statistics of `rules.kpi.statistics`, the other half reads their values: so a KPI is written once,
whether its rows are those of a whole history or of one day. The expression's tree is read as
Polars itself serialises it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

import polars as pl

from rules.kpi import moment_statistics, statistics
from rules.kpi.statistics import Statistic

# Functions that answer for each row by itself; any other one needs all rows.
_EACH = frozenset(
    {"Abs", "Boolean", "Clip", "FillNull", "MaxHorizontal", "MinHorizontal", "Negate", "Pow"}
    | {"Round", "SumHorizontal", "TemporalExpr", "DropNulls"}
)
_EACH_OF_BOOLEAN = frozenset({"IsNotNull", "IsNull", "IsFinite", "IsBetween", "Not"})
_CHILDREN = {
    "BinaryExpr": ("left", "right"),
    "Ternary": ("predicate", "truthy", "falsy"),
    "Cast": ("expr",),
    "Filter": ("input", "by"),
}
_OF_ONE: Mapping[str, Callable[[pl.Expr], Statistic]] = {
    "Sum": statistics.total,
    "Mean": statistics.mean,
    "First": statistics.first,
    "Last": statistics.last,
    "Min": statistics.least,
    "Max": statistics.greatest,
    "Count": statistics.known,
}
_OF_SAMPLE: Mapping[str, Callable[[pl.Expr, int], Statistic]] = {
    "Std": moment_statistics.deviation,
    "Var": moment_statistics.variance,
}


class NeedsHistory(Exception):
    """The expression cannot be made of statistics."""


@dataclass(frozen=True)
class Split:
    """An expression as statistics of rows, by name, and what is made of their values."""

    statistics: dict[str, Statistic]
    value: pl.Expr


def split(value: pl.Expr) -> Split:
    """Return the statistics and the rest of an expression that aggregates rows.

    Raises:
        NeedsHistory: It cannot be split.
    """
    found: dict[str, Statistic] = {}
    rest = _rest(json.loads(value.meta.serialize(format="json")), found)
    return Split(found, _expression(rest))


def _rest(node: Any, found: dict[str, Statistic]) -> Any:
    """Return a node with its aggregations replaced by columns of their values."""
    statistic = _statistic(node)
    if statistic is not None:
        name = "value of " + json.dumps(node, sort_keys=True)
        found[name] = statistic
        return {"Column": name}
    kind, body = _parts(node)
    if kind == "Literal":
        return node
    if kind == "Function":
        _check_each(body["function"])
        return {kind: {**body, "input": [_rest(each, found) for each in body["input"]]}}
    if kind not in _CHILDREN or kind == "Filter":
        raise NeedsHistory(f"{kind} stands outside an aggregation")
    return {kind: {**body, **{name: _rest(body[name], found) for name in _CHILDREN[kind]}}}


def _statistic(node: Any) -> Statistic | None:
    kind, body = _parts(node)
    if kind == "Len":
        return statistics.rows()
    if kind == "Agg":
        return _aggregation(body)
    if kind == "Function":
        return _function(body)
    if kind == "Gather" and _name(_parts(body["idx"])[1].get("function")) == "ArgMin":
        by = _row(body["idx"]["Function"]["input"][0])
        return statistics.at_least(_row(body["expr"]), by)
    return None


def _aggregation(body: Any) -> Statistic:
    kind, of = _parts(body)
    if kind == "Count" and of["include_nulls"]:
        raise NeedsHistory("a count of nulls too has no statistic")
    if kind in _OF_ONE:
        return _OF_ONE[kind](_row(of["input"] if kind in ("Min", "Max", "Count") else of))
    if kind in _OF_SAMPLE:
        return _OF_SAMPLE[kind](_row(of[0]), of[1])
    raise NeedsHistory(f"{kind} has no statistic")


def _function(body: Any) -> Statistic | None:
    of, found = body["input"], None
    match body["function"]:
        case "Product":
            found = statistics.product(_row(of[0]))
        case "NullCount":
            found = statistics.unknown(_row(of[0]))
        case {"Boolean": {"Any": {"ignore_nulls": True}}}:
            found = statistics.any_of(_row(of[0]))
        case {"Skew": bias}:
            found = moment_statistics.skew(_row(of[0]), bias=bias)
        case {"Kurtosis": [fisher, bias]}:
            found = moment_statistics.kurtosis(_row(of[0]), fisher=fisher, bias=bias)
        case {"Correlation": {"method": "Pearson"}}:
            found = moment_statistics.correlation(_row(of[0]), _row(of[1]))
        case {"Correlation": {"method": {"Covariance": ddof}}}:
            found = moment_statistics.covariance(_row(of[0]), _row(of[1]), ddof)
    return found


def _row(node: Any) -> pl.Expr:
    """Return what an aggregation reads, which has to be of each row by itself."""
    _check_row(node)
    return _expression(node)


def _check_row(node: Any) -> None:
    kind, body = _parts(node)
    if kind in ("Column", "Literal"):
        return
    if kind == "Function":
        _check_each(body["function"])
        for each in body["input"]:
            _check_row(each)
        return
    if kind not in _CHILDREN:
        raise NeedsHistory(f"{kind} reads more than one row")
    for name in _CHILDREN[kind]:
        _check_row(body[name])


def _check_each(function: Any) -> None:
    name = _name(function)
    inner = _name(function[name]) if name == "Boolean" else None
    if name not in _EACH or (inner is not None and inner not in _EACH_OF_BOOLEAN):
        raise NeedsHistory(f"{function} reads more than one row")


def _parts(node: Any) -> tuple[str, Any]:
    if isinstance(node, str):
        return node, {}
    ((kind, body),) = node.items()
    return kind, body


def _name(node: Any) -> str:
    return node if isinstance(node, str) else next(iter(node), "") if node else ""


def _expression(node: Any) -> pl.Expr:
    return pl.Expr.deserialize(StringIO(json.dumps(node)), format="json")
