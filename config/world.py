"""The trading configuration as a file says it, with all references resolved.

Reading is total: every mistake of a file is told, each in one line with its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from config import check, world_file
from config.errors import WorldError
from config.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.account_tables import Account, Strategy, Subscription
    from config.broker_tables import Broker, Instance
    from config.fields import Section


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One symbol of one broker, its specification complete."""

    broker: str
    symbol: str
    digits: int
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    volume_limit: Decimal
    point: Decimal
    tick_size: Decimal
    pip_size: Decimal
    stops_level: int
    freeze_level: int
    filling_mode: int
    trade_mode: str
    spread_points: float
    max_quote_age_s: float
    base_currency: str
    profit_currency: str
    margin_currency: str


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything in a file, by key. Accounts have one instance and their broker's key."""

    brokers: dict[str, Broker]
    instruments: dict[tuple[str, str], Listed]  # by broker and its symbol
    instances: dict[str, Instance]
    accounts: dict[str, Account]
    strategies: dict[str, Strategy]
    subscriptions: dict[tuple[str, str], Subscription]  # by strategy and account
    symbol_map: dict[tuple[str, str, str], str]  # by broker or "", account or "", symbol

    @override
    def __str__(self) -> str:
        counts = [(name, len(getattr(self, name))) for name in self.__dataclass_fields__]
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts)


def read(file: Path, known: Mapping[str, str] | None = None) -> World:
    """Read a file of the trading configuration and check it whole.

    Args:
        file: its path.
        known: terminal of each account that there is already, by key.

    Raises:
        WorldError: with one line for each thing that is wrong. A file without any account is:
            one that was cut off, or not written yet, would remove everything.
    """
    world = parse(read_toml(file, WorldError), known)
    if not world.accounts:
        raise WorldError([f"{file}: there is no account in it; is the file whole?"])
    return world


def parse(data: Mapping[str, Any], known: Mapping[str, str] | None = None) -> World:
    """Return what the content of a file means.

    Args:
        data: the file's tables; fractions best as Decimal.
        known: terminal of each account that there is already, by key: it stays there as long as
            the file allows it.

    Raises:
        WorldError: with one line for each thing that is wrong.
    """
    from config.world_links import Links  # noqa: PLC0415 - it needs the classes above

    problems = check.Problems()
    for name in data:
        if name not in world_file.TABLES:
            problems.add(name, f"there is no such table{check.hint(name, world_file.TABLES)}")
    tables = {name: _rows(name, data, problems) for name in world_file.TABLES}
    broken = frozenset(
        name
        for name, rows in tables.items()
        if not isinstance(data.get(name, []), list) or len(rows) < len(data.get(name, []))
    )
    world = Links(tables, broken, problems, known or {}).world()
    if problems.lines:
        raise WorldError(problems.lines)
    return world


def _rows(
    name: str, data: Mapping[str, Any], problems: check.Problems
) -> list[tuple[str, Section]]:
    """Return the well-formed entries of a table, each with its place."""
    found = data.get(name, [])
    if not isinstance(found, list):
        problems.add(name, f"expected [[{name}]], a list of tables, was {check.shown(found)}")
        return []
    rows = []
    for number, entry in enumerate(found):
        place = f"{name}[{number}]"
        row = check.section(world_file.TABLES[name], entry, place, problems)
        if row is not None:
            rows.append((place, row))
    return rows
