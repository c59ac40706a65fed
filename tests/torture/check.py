"""What must hold at rest, read from the brokers' own books and from both stores, row for row."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from brokers.simulated import read_books
from flows.audit import history
from flows.demo.check import check as check_books
from flows.stores import STORES, open_store, values
from schema.ids import NIL
from schema.wire import UNITS

if TYPE_CHECKING:
    from pathlib import Path

    from flows.context import System
    from flows.stores import Store

_DEALS = (
    "SELECT CAST(account_id AS {text}), deal_ticket, volume, price, profit, commission, swap, fee"
    " FROM deals"
)


def problems(system: System, home: Path) -> list[str]:
    """Return what is wrong, one line each; nothing if all is well."""
    books = [path / "terminal" for path in sorted((home / "executors").iterdir())]
    found = []
    checked = check_books(home / "sent.ndjson", books)
    found += [f"two tickets for one leg: {one}" for one in checked.doubled]
    found += [f"no alert asked for it: {one}" for one in checked.strange]
    deals: Counter[tuple[Any, ...]] = Counter()
    for directory in books:
        found += _balances(directory, deals)
    kept = {}
    for name in STORES:
        with open_store(system, name) as store:
            kept[name] = {table.name: _rows(store, table) for table in history()}
            found += _compare_deals(store, name, deals)
    first, second = STORES
    for table in history():
        only = kept[first][table.name] ^ kept[second][table.name]
        if only:
            found.append(f"{table.name}: {len(only)} rows differ between the stores, {min(only)}")
    return found


def _balances(directory: Path, deals: Counter[tuple[Any, ...]]) -> list[str]:
    """Check that each balance is what its deals come to, and that no leg has two tickets."""
    book = read_books(directory)
    sums: Counter[bytes] = Counter()
    for row in book.deals:
        money = [row[name] for name in ("profit", "commission", "swap", "fee")]
        sums[row["account_id"]] += sum(money)
        key = (str(UUID(bytes=row["account_id"])), row["deal_ticket"], row["volume"], row["price"])
        deals[(*key, *money)] += 1
    legs = Counter(row["request_id"] for row in book.orders if row["request_id"] != NIL)
    return [
        f"{directory.parent.name}: balance of {UUID(bytes=row['account_id'])} is"
        f" {row['balance']}, its deals come to {sums[row['account_id']]}"
        for row in book.accounts
        if abs(row["balance"] - sums[row["account_id"]]) >= UNITS // 100
    ] + [f"two tickets for {UUID(bytes=leg)}" for leg, count in legs.items() if count > 1]


def _compare_deals(store: Store, name: str, books: Counter[tuple[Any, ...]]) -> list[str]:
    text = "String" if name == "clickhouse" else "VARCHAR"
    rows = values(store, _DEALS.format(text=text))
    told = Counter((account, ticket, *map(_units, rest)) for account, ticket, *rest in rows)
    missing, strange = books - told, told - books
    return [f"{name} lacks deal {one}" for one in list(missing)[:5]] + [
        f"{name} has deal {one} that no book has" for one in list(strange)[:5]
    ]


def _units(value: Decimal | None) -> int:
    # A deal that moves only money has no price and no volume.
    return 0 if value is None else int(value * UNITS)


def _rows(store: Store, table: Any) -> set[tuple[str, ...]]:
    """All rows as text, but for what tells when a store wrote them."""
    names = ", ".join(column.name for column in table.columns)
    sql = f"SELECT {names} FROM {table.name}"
    return {tuple(map(_text, row)) for row in values(store, sql)}


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return f"{value:.9g}"
    if value is None:
        return ""
    return str(value)
