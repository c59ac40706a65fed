"""One table of the registry on a terminal: what it is for, its columns, its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from schema import describe, docs

if TYPE_CHECKING:
    from schema.table import Table


def write_table(table: Table) -> None:
    """Print a table's purpose, columns and properties, as wide as the terminal is."""
    console = Console(highlight=False)
    console.print(f"[bold]{table.name}[/bold]: {escape(table.purpose)}")
    if table.note:
        console.print(escape(table.note))
    console.print()
    console.print(_columns(table))
    console.print("[dim]? may be missing[/dim]\n")
    console.print(_properties(table))


def _columns(table: Table) -> Grid:
    grid = _grid()
    grid.add_column("column", style="bold", no_wrap=True)
    grid.add_column("type", max_width=14, overflow="fold")
    grid.add_column("meaning", overflow="fold")
    for row, column in zip(describe.columns(table), table.columns, strict=True):
        kind = f"{row['type']}?" if column.nullable else row["type"]
        marks = row["marks"].replace("null", "").split()
        more = [*marks, row["unit"], f"default {row['default']}" if row["default"] else ""]
        words = [word for word in column.type.words if word] if column.type.closed else []
        more.append(f"one of {', '.join(words)}" if words else "")
        told = "; ".join(filter(None, more))
        meaning = escape(row["description"]) + (f" [dim]({escape(told)})[/dim]" if told else "")
        grid.add_row(column.name, escape(kind), meaning)
    return grid


def _properties(table: Table) -> Grid:
    grid = _grid()
    grid.show_header = False
    grid.add_column("property", style="bold", max_width=24, overflow="fold")
    grid.add_column("value", overflow="fold")
    for name, value in docs.facts(table):
        grid.add_row(escape(name), escape(value))
    return grid


def _grid() -> Grid:
    return Grid(box=None, padding=(0, 2, 0, 0), header_style="bold underline", pad_edge=False)
