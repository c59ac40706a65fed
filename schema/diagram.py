"""Which table names which, as a mermaid diagram for each layer of the documentation."""

import re

from schema.registry import TABLES
from schema.table import Column, Table

# History names what it belongs to without a foreign key, for rows may arrive early.
_NAMED = {
    "account_id": "accounts",
    "backtest_id": "backtests",
    "broker_id": "brokers",
    "instance_id": "instances",
    "order_id": "orders",
    "result_id": "orders",
    "session_id": "sessions",
    "signal_id": "trade_signal",
    "strategy_id": "strategies",
    "template_id": "prop_firm_templates",
    "trade_id": "trades",
    "user_id": "users",
}


def of_layer(layer: str) -> str:
    """Return the diagram of a layer: its tables, and those of other layers that they name.

    A full line is a foreign key, a dotted one a name that nothing enforces. Of the columns it
    shows keys and what names another table.
    """
    tables = [table for table in TABLES.values() if table.layer == layer]
    lines = ["erDiagram"]
    for table in tables:
        lines += _entity(table)
    for table in tables:
        lines += _lines(table)
    return "\n".join(lines)


def _entity(table: Table) -> list[str]:
    links = _links(table)
    shown = []
    for column in table.columns:
        marks = ["PK"] if column.name in table.key else []
        marks += ["FK"] if column.name in links else []
        if marks:
            shown.append(f"    {_word(column)} {column.name} {', '.join(marks)}")
    return [f"  {table.name} {{", *shown, "  }"]


def _lines(table: Table) -> list[str]:
    found = []
    for name, (target, enforced) in _links(table).items():
        one = "|o" if table.column(name).nullable else "||"
        many = "o|" if table.key == (name,) else "o{"
        line = "--" if enforced else ".."
        found.append(f"  {target} {one}{line}{many} {table.name} : {name}")
    return found


def _links(table: Table) -> dict[str, tuple[str, bool]]:
    """Return the table that each column names, and whether a foreign key says so."""
    links = {each.columns[0]: (each.table, True) for each in table.references}
    for column in table.columns:
        target = _NAMED.get(column.name)
        if target is not None and target != table.name:
            links.setdefault(column.name, (target, False))
    return links


def _word(column: Column) -> str:
    return re.sub(r"\W+", "_", column.type.name).strip("_")
