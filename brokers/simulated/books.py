"""Reading a terminal's book from outside, without its code: for independent checks."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brokers.simulated.store import FILE
from schema.simulated import ACCOUNTS, DEALS, ORDERS, POSITIONS, BookTable

Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Books:
    """All rows of one terminal's book, as `schema.simulated` describes its tables."""

    accounts: Rows
    orders: Rows
    deals: Rows
    positions: Rows


def read_books(path: Path) -> Books:
    """Read a book, at one moment, whether its terminal runs or not.

    Args:
        path: The terminal's directory, or the file in it.

    Raises:
        FileNotFoundError: There is no book.
    """
    file = path / FILE if path.is_dir() else path
    if not file.exists():
        raise FileNotFoundError(f"no book of a simulated terminal: {file}")
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.execute("BEGIN")
        return Books(
            accounts=_rows(db, ACCOUNTS),
            orders=_rows(db, ORDERS),
            deals=_rows(db, DEALS),
            positions=_rows(db, POSITIONS),
        )


def _rows(db: sqlite3.Connection, table: BookTable) -> Rows:
    return [dict(zip(table.columns, row, strict=True)) for row in db.execute(table.select())]
