"""What a store holds about one user, and what becomes of it when the user is forgotten: SQL.

Whose a row is follows from the registry: a user's are the rows with the user's id, with an account
of theirs, or, where a table knows neither, with a strategy of theirs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

from schema import sql
from schema.table import Column, Table
from sinks.personal_words import among, emptied, mentions

Fate = Literal["removed", "pseudonymised", "kept"]

REDACTED = "[redacted]"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user, and what is theirs; ids as texts.

    Attributes:
        user: id.
        email: address.
        username: to log in with.
        accounts: ids of their accounts.
        strategies: ids of their strategies.
        keys: of their strategies, as signals name them.
    """

    user: str
    email: str
    username: str
    accounts: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Forgetting:
    """A user who is to be forgotten.

    Attributes:
        person: who.
        pseudonym: id that stands for them from now on; nothing says whose it is.
    """

    person: Person
    pseudonym: str


def where(table: Table, person: Person, as_text: str = "{}") -> str | None:
    """Return the condition of a person's rows; None if the table has none of anybody's.

    Args:
        table: any.
        person: whose rows.
        as_text: how a store spells JSON, put for the braces, as a text.
    """
    names = set(table.names)
    found: list[str] = []
    if table.name == "users":
        found.append(_is("id", person.user))
    if "user_id" in names:
        found.append(_is("user_id", person.user))
    if "account_id" in names and person.accounts:
        found.append(among("account_id", person.accounts))
    owned = table.name == "users" or names & {"user_id", "account_id"}
    if not owned and "strategy_id" in names and person.strategies:
        found.append(among("strategy_id", person.strategies))
    found += [_is(name, person.user) for name in granters(table)]
    found += mentions(table, person, as_text)
    return " OR ".join(found) or None


def granters(table: Table) -> list[str]:
    """Return the columns that name a user who is not the row's owner, and may become empty."""
    return [
        column
        for reference in table.references
        if reference.table == "users" and reference.on_delete == "set null"
        for column in reference.columns
        if column != "user_id"
    ]


def fate(table: Table) -> Fate:
    """Return what becomes of a person's rows."""
    if table.append_only:
        return "kept"
    if table.kind == "control" or table.name == "users":
        return "pseudonymised"
    if table.kind == "record" or (table.owner is not None and table.owner.of == "user"):
        return "removed"
    return "pseudonymised" if pseudonymised(table, "") else "kept"


def why(table: Table, audit_days: int) -> str:
    """Return why rows stay, in words."""
    if table.append_only:
        return f"the audit is kept for {audit_days} days, and cannot be changed"
    if table.kind == "control" or table.name == "users":
        return "a tombstone: the books refer to it; it names nobody"
    if not {"user_id", "account_id"} & set(table.names) and emptied(table):
        return "it stays counted; what a publisher wrote, or a row held, is emptied"
    return "the books of an account, which names nobody now"


def of_history(table: Table, target: str, which: Forgetting, as_text: str = "{}") -> list[str]:
    """Return the statements that forget a person in a table of history; as `where`."""
    condition = where(table, which.person, as_text)
    name = sql.name(target)
    if condition is None or table.append_only:
        return []
    mine = own(table, which.person)
    match fate(table):
        case "removed" if mine:
            return [f"DELETE FROM {name} WHERE {mine}"]  # noqa: S608 - the registry's names
        case "pseudonymised":
            changes = pseudonymised(table, which.pseudonym)
            return [f"UPDATE {name} SET {changes} WHERE {condition}"]  # noqa: S608 - as above
        case _:
            return []


def pseudonymised(table: Table, pseudonym: str) -> str:
    """Return what is set in rows of history that stay; empty if they name nobody."""
    changes = [_is("user_id", pseudonym)] if "user_id" in table.names else []
    return ", ".join([*changes, *emptied(table)])


def own(table: Table, person: Person) -> str | None:
    """Return the condition of the rows that are the person's own, not only mention them."""
    found = []
    if table.name == "users":
        found.append(_is("id", person.user))
    if "user_id" in table.names:
        found.append(_is("user_id", person.user))
    if "account_id" in table.names and person.accounts:
        found.append(among("account_id", person.accounts))
    return " OR ".join(found) or None


def tombstone(table: Table, which: Forgetting, version: int | str, now: str) -> dict[str, str]:
    """Return what columns of a person's row become where it stays: expressions by name.

    Args:
        table: of the configuration, or `users`.
        which: who is forgotten.
        version: of the configuration that takes the row out, or an expression of it.
        now: the present, as an expression.
    """
    changes: dict[str, str] = {}
    for column in table.columns:
        value = _emptied(table, column, which)
        if value is not None:
            changes[column.name] = value
    stamps = {"deleted_at": f"coalesce(deleted_at, {now})", "updated_at": now}
    changes |= {name: value for name, value in stamps.items() if name in table.names}
    if table.kind == "control":
        changes["config_version"] = str(version)
    else:
        changes["version"] = "version + 1"
    return changes


def redacted(table: Table, rows: pa.Table) -> pa.Table:
    """Return rows without their secrets; whether there is one can still be seen."""
    for place, name in enumerate(rows.schema.names):
        if name in table.names and table.column(name).secret:
            words = [None if each is None else REDACTED for each in rows.column(place).to_pylist()]
            rows = rows.set_column(place, name, pa.array(words, pa.string()))
    return rows


def asked(which: Forgetting) -> dict[str, Any]:
    """Return what is asked for, as JSON has it."""
    return asdict(which)


def read(words: dict[str, Any]) -> Forgetting:
    """Return what was asked for; the reverse of `asked`."""
    person = words["person"]
    lists = {name: tuple(person[name]) for name in ("accounts", "strategies", "keys")}
    return Forgetting(**words | {"person": Person(**person | lists)})


def told(counts: dict[str, int]) -> bytes:
    """Return how many rows of which tables, as JSON."""
    return json.dumps(counts).encode()


def _emptied(table: Table, column: Column, which: Forgetting) -> str | None:
    """Return what a column of a tombstone holds; None if it stays as it is."""
    is_words = bool(column.type.words)
    is_text = pa.types.is_string(column.type.arrow) and not is_words
    value: str | None = None
    if column.name == "user_id" or (table.name == "users" and column.name == "id"):
        value = sql.text(which.pseudonym)
    elif column.name == "status" and "inactive" in column.type.words:
        value = sql.text("inactive")
    elif not is_text or column.name in table.key:
        value = None
    elif column.nullable:
        value = "NULL"
    elif column.default is not None:
        value = sql.literal(column.default)
    elif column.secret:
        value = sql.text("")
    elif column.type.name == "json":
        value = sql.text("{}")
    elif not column.type.low:
        # Labels, as a currency, name nobody, and books are not read without them.
        value = _unlike_others(table, column, which)
    return value


def _unlike_others(table: Table, column: Column, which: Forgetting) -> str:
    key = which.pseudonym if table.name == "users" else None
    told = sql.text(key) if key else f"CAST({sql.name(table.key[0])} AS VARCHAR)"
    return f"left('forgotten-' || {told}, {column.type.length or 64})"


def _is(column: str, value: str) -> str:
    return f"{sql.name(column)} = {sql.text(value)}"
