"""Values of common queries: read from the command line, and bound as each store spells it."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.common_queries import CommonQuery, Kind, Option, StoreName

_VALUE = re.compile(r"(?<!:):([a-z_]+)\b")
_TYPES: dict[Kind, tuple[str, str, str]] = {
    # DuckDB, ClickHouse, PostgreSQL
    "uuid": ("UUID", "UUID", "uuid"),
    "date": ("DATE", "Date32", "date"),
    "year": ("DATE", "Date32", "date"),
    "text": ("VARCHAR", "String", "text"),
    "count": ("BIGINT", "UInt64", "bigint"),
}


def values_of(query: CommonQuery, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the values of a query's options, by their names in the SQL.

    Raises:
        CommandError: one is missing, or is not what it should be.
    """
    found: dict[str, Any] = {}
    for option in query.options:
        text = given.get(option.name)
        if text is None and option.required:
            raise CommandError(f"query {query.name} needs --{option.name}: {option.meaning}")
        text = option.default if text is None else text
        found |= _values(option, text)
    return found


def _values(option: Option, text: str | None) -> dict[str, Any]:
    if text is None:
        return {option.name: None}
    try:
        match option.kind:
            case "uuid":
                return {option.name: str(UUID(text))}
            case "date":
                return {option.name: date.fromisoformat(text).isoformat()}
            case "year":
                start, end = date(int(text), 1, 1), date(int(text) + 1, 1, 1)
                names = (f"{option.name}_start", f"{option.name}_end")
                return dict(zip(names, (start.isoformat(), end.isoformat()), strict=True))
            case "count":
                if not 0 < int(text) < 1 << 63:
                    raise ValueError(text)  # noqa: TRY301 - as of the others
                return {option.name: int(text)}
            case _:
                return {option.name: text}
    except ValueError:
        words = {"uuid": "an id, as a UUID", "date": "a day, as YYYY-MM-DD", "year": "a year"}
        wanted = words.get(option.kind, "a number above 0")
        raise CommandError(f"--{option.name} must be {wanted}, and was {text!r}") from None


def bound(query: CommonQuery, store: StoreName) -> str:
    """Return the query's text with its values as parameters of a store, each with its type."""
    kinds = {option.name: option for option in query.options}

    def spell(found: re.Match[str]) -> str:
        name = found[1]
        option = kinds[name.removesuffix("_start").removesuffix("_end")]
        duck, click, post = _TYPES[option.kind]
        if store == "duckdb":
            return f"CAST(${name} AS {duck})"
        if store == "postgres":
            return f"CAST(%({name})s AS {post})"
        may_lack = not option.required and option.default is None
        return f"{{{name}:{f'Nullable({click})' if may_lack else click}}}"

    return _VALUE.sub(spell, query.sql(store))
