"""The account that KPIs are of, as a store has it: its days, trades, orders, notes and breaches."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl

from flows.errors import CommandError
from flows.snapshots.reading import DAILY, BookReader, ids_in
from flows.stores import find_user, open_store
from rules.daily import firm
from rules.daily.books import UTC
from rules.daily.kpi_inputs import accounts_of, kpi_inputs
from rules.kpi.prepare import up_to_as_of
from rules.kpi.settings import Settings
from schema import sql
from schema.registry import table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from flows.context import System
    from flows.stores import Store, StoreName
    from rules.kpi.inputs import Inputs

_PARTITIONS = 64


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account's rows, and what people know it by.

    Attributes:
        inputs: of its KPIs, up to the day that was asked for.
        key: its key.
        about: its broker, whether its money is real, and the zone of its days.
        currency: of its amounts.
    """

    inputs: Inputs
    key: str
    about: tuple[str, ...]
    currency: str


def stored(
    system: System, named: str, store: StoreName, user: str | None, given: Mapping[str, object]
) -> Account:
    """Return an account from a store.

    Args:
        system: whose stores.
        named: the account's id or key.
        store: which store.
        user: who asks, by id, name or e-mail address; only their accounts are found. None is
            the operator, who sees all.
        given: settings by name that the command line states; None is the default.

    Raises:
        CommandError: there is no such account or user, or no day of the account.
    """
    reads_for = find_user(system, user) if user else None
    with open_store(system, store, reads_for) as opened:
        return account_of(opened, store, named, given)


def account_of(opened: Store, store: StoreName, named: str, given: Mapping[str, object]) -> Account:
    """Return an account from a store that is open.

    Arguments and errors: as of `stored`.
    """
    reader = BookReader(opened, store)
    account = _found(reader, named)
    key, currency = account["key"].item(), account["currency"].item()
    zone = str(given.get("zone") or UTC)
    days = _days(reader, account, key, zone, given.get("as_of"))
    last: date = days["date"].max()  # type: ignore[assignment]
    rules = firm.holding(reader.firm_rules(account), last)
    who = accounts_of(account, last)
    inputs = kpi_inputs(who, days=days, rules=rules, **reader.kpi_history(account))
    inputs = up_to_as_of(inputs, Settings(zone=zone))
    # What the command line states holds over what the stores say.
    stated = [name for name, value in given.items() if value is not None and name != "as_of"]
    return Account(
        inputs=replace(inputs, accounts=inputs.accounts.drop(stated, strict=False)),
        key=key,
        about=_about(reader, account, zone),
        currency=currency,
    )


def _found(reader: BookReader, named: str) -> pl.DataFrame:
    found = reader.accounts(range(_PARTITIONS), [named])
    if found.height == 1:
        return found
    if found.height > 1:
        ids = ", ".join(str(UUID(bytes=each)) for each in found["account_id"].sort())
        raise CommandError(f"several accounts are called {named!r}; give the id of one: {ids}")
    keys = reader.accounts(range(_PARTITIONS))["key"]
    near = difflib.get_close_matches(named, keys.to_list(), 1)
    hint = f"did you mean {near[0]}?" if near else "give an account's id or key"
    raise CommandError(f"there is no account {named!r}; {hint}")


def _days(
    reader: BookReader, account: pl.DataFrame, key: str, zone: str, as_of: object
) -> pl.DataFrame:
    """Return the days of an account in a zone that are over."""
    theirs = ids_in("account_id", account)
    days = reader.rows(DAILY, f"{theirs} AND zone = {sql.text(zone)}", "is_final")
    until = days if as_of is None else days.filter(pl.col("date") <= pl.lit(as_of))
    if until.height:
        return until
    if days.height:
        first: date = days["date"].min()  # type: ignore[assignment]
        raise CommandError(f"account {key} has no day up to {as_of}; its first is {first}")
    own = account["reporting_zone"].item()
    zones = f"{UTC} and {own}" if own != UTC else UTC
    raise CommandError(
        f"account {key} has no day in {zone} that is over: days are built in {zones}"
        " (see `tradecast snapshot --help`)"
    )


def _about(reader: BookReader, account: pl.DataFrame, zone: str) -> tuple[str, ...]:
    broker = UUID(bytes=account["broker_id"].item())
    brokers = reader.rows(table("brokers"), f"broker_id = '{broker}'")
    kind = str(account["account_type"].item())
    return (*brokers["name"], kind, *([] if zone == UTC else [zone]))
