"""Requests for one user: what they may say, and whose rows the engine then shows them.

A request that names the role `tradecast_reader` runs on a connection of that role alone, which
may select from the tables that are open to readers and nothing else; the row filters of the
engine's configuration (see `profile`) show the rows of the user that the connection names. As the
engine has no settings of one's own, the connection carries the user, accounts, and strategies that
they may see and that they follow, in `log_comment`, and `readonly` keeps the statement from
changing it.

The engine shows its system tables to whoever asks, and some table functions read past grants. So a
reader's statement is looked at as well: by words, so that a name in quotes counts too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from embedded.clickhouse import forbidden
from embedded.clickhouse.errors import ACCESS_DENIED, BAD_ARGUMENTS, QueryError
from embedded.clickhouse.formats import DEFAULT
from schema import clickhouse_access, isolation
from schema.clickhouse_access import READER, SERVICE, USER_SETTING

if TYPE_CHECKING:
    from embedded.clickhouse.connection import Connection
    from embedded.clickhouse.request import Request
    from embedded.clickhouse.statement import Statement

DATABASE: Final = "default"
_CARRIER: Final = "log_comment"
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
# What shapes an answer, or bounds it, and what clickhouse-connect sends unasked. Other settings
# may change what a filter means.
_SETTINGS: Final = re.compile(
    r"(param_\w+|output_format_\w+|max_threads|max_block_size|max_execution_time"
    r"|max_result_rows|result_overflow_mode|date_time_(in|out)put_format"
    r"|cast_string_to_dynamic_use_inference)\Z"
)
# Those that reach no table, and `url`, which a column is called too: no grant lets it out.
_FREE_FUNCTIONS: Final = frozenset(
    b"format generaterandom generateseries generate_series null numbers numbers_mt primes"
    b" url values view zeros zeros_mt".split()
)
# What the carrier holds after the user, each a list of ids.
_LISTS: Final = (*isolation.NAMED, isolation.FOLLOWED)
# A parameter of the type Identifier is a name that no look at the statement finds.
_NAMES: Final = frozenset((b"system", b"information_schema", b"identifier"))


def _part(number: int) -> str:
    return f"splitByChar('|', getSetting('{_CARRIER}'))[{number}]"


def _ids(number: int) -> str:
    # A subquery and not an array: the engine then looks in a set, and in the index of the key.
    return f"SELECT toUUIDOrNull(arrayJoin(splitByChar(',', {_part(number)})))"


def filters() -> dict[str, str]:
    """Return the row filter of each table that has one, true for whoever is no reader."""
    names = dict(zip(_LISTS, map(_ids, (2, 3, 4)), strict=True))
    reader = isolation.Reader(f"toUUIDOrNull({_part(1)})", names)
    found = clickhouse_access.filters(reader)
    return {
        name: f"has(currentRoles(), '{SERVICE}') OR ({condition})"
        for name, condition in found.items()
    }


def check_request(asked: Request, found: Statement, *, with_tables: bool) -> None:
    """Check that a request for a user is one that a reader may make.

    Raises:
        QueryError: it is not; the text says why.
    """
    if asked.role != READER:
        raise _refused(f"there is no role {asked.role!r} here but {READER}")
    if not _UUID.match(asked.user):
        raise QueryError.of(
            BAD_ARGUMENTS, f"{USER_SETTING} must be the id of a user, as a UUID", "BAD_ARGUMENTS"
        )
    if found.kind != "select":
        raise _refused("may run one SELECT, and nothing else")
    if with_tables:
        raise _refused("may not bring tables of their own")
    if asked.database not in (None, "", DATABASE):
        raise _refused(f"may use the database {DATABASE} alone, not {asked.database}")
    asked.database = None
    asked.settings.pop("readonly", None)
    for name in asked.settings:
        if not _SETTINGS.match(name):
            raise _refused(f"may not set {name}")


def check_statement(
    text: bytes, table_functions: frozenset[bytes], format_at: int | None = None
) -> None:
    """Check that a statement names nothing that shows more than a reader's rows.

    Args:
        text: the statement.
        format_at: where its outermost FORMAT stands, as of `Statement`; None if it has none.
        table_functions: all that the engine has, in lower case.

    Raises:
        QueryError: it does.
    """
    if forbidden.is_unsure(text):
        raise _refused(
            "may not use $, NUL, typographic quotes or a comment in a comment: pass the text as a"
            " parameter"
        )
    # The word FORMAT and the format's own, which is a table function's too.
    format_at = len(text) if format_at is None else format_at
    ending = forbidden.words(text[format_at:])[2:]
    for word in [*forbidden.words(text[:format_at]), *ending]:
        if b"\\" in word:
            raise _refused("may not use a backslash in a name")
        closed = word in table_functions and word not in _FREE_FUNCTIONS
        if closed or word in _NAMES:
            raise _refused(f"may not use the name {word.decode(errors='replace')}")


def set_up(connection: Connection, asked: Request) -> tuple[str, ...]:
    """Return the statements that make a fresh connection one of the request's user.

    Args:
        connection: of the system, to ask what is the user's today.
        asked: the request, which was checked.

    Raises:
        QueryError: the tables of accounts or strategies cannot be asked.
    """
    user = f"toUUID('{asked.user}')"
    lists = [_asked(connection, name, user) for name in _LISTS]
    first = asked.set_up()
    carried = "|".join([asked.user, *lists])
    return (
        *([] if first is None else [first]),
        f"SET ROLE {READER}",
        f"SET {_CARRIER} = '{carried}', readonly = 1",
    )


def _asked(connection: Connection, name: str, user: str) -> str:
    query = clickhouse_access.readable(name, DATABASE, user)
    try:
        lines = connection.query(query, DEFAULT).bytes().decode().split()
    except RuntimeError as error:
        raise QueryError.from_engine(error) from None
    return ",".join(lines)


def _refused(why: str) -> QueryError:
    return QueryError.of(ACCESS_DENIED, f"Who reads for a user {why}", "ACCESS_DENIED")
