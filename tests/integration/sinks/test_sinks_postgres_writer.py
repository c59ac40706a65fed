"""A bad row is told in one sentence, and the rest of its batch stands in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pytest

from schema import arrow, postgres_values
from schema.registry import table
from sinks import postgres
from sinks.postgres import CannotSee
from sinks.postgres_writer import NotWritten, write
from tests.control_rows import ANN, BOB, NOBODY, rows, user
from tests.rows import EVERY_ODD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sinks.postgres import Connection

USERS, NOTES = table("users"), table("vocal_notes")
SAID = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def owner(empty_postgres: str) -> Iterator[Connection]:
    with postgres.connect(empty_postgres) as connection:
        postgres.migrate(connection)
        yield connection


def stored(connection: Connection, which: Any) -> pa.RecordBatch:
    query = f"{postgres_values.select(which)} ORDER BY 1"
    return postgres_values.rows(which, connection.execute(query.encode()).fetchall())


def note(number: int, **given: Any) -> dict[str, Any]:
    return {"id": UUID(int=number), "user_id": ANN, "vss_score": 50.0, "transcript": "x"} | given


def test_each_bad_row_is_told_and_the_rest_is_stored(owner: Connection) -> None:
    assert write(owner, USERS, rows("users", user(ANN), user(BOB))) == []
    found = write(
        owner,
        NOTES,
        rows(
            "vocal_notes",
            note(1, transcript=EVERY_ODD),
            note(2, vss_score=float("nan")),
            note(3, vss_score=float("-inf")),
            note(4, user_id=NOBODY),
            note(5, vss_score=101.0),
            note(6),
            note(7, user_id=NOBODY),
            note(8),
        ),
    )
    orphan = (
        f"table vocal_notes, column user_id: {NOBODY} is refused,"
        " users has no such row, and it refers to one"
    )
    score = "vss_score_in_range asks for vss_score >= 0 AND vss_score <= 100"
    assert [str(each) for each in found] == [
        "table vocal_notes, column vss_score: nan is refused, it is not a finite number",
        "table vocal_notes, column vss_score: -inf is refused, it is not a finite number",
        orphan,
        f"table vocal_notes, column vss_score: 101.0 is refused, {score}",
        orphan,
    ]
    assert [each.row for each in found] == [1, 2, 3, 4, 6]
    kept = stored(owner, NOTES)
    assert [UUID(bytes=key).int for key in kept.column("id").to_pylist()] == [1, 6, 8]
    # Byte for byte, and written again it changes nothing.
    assert kept.column("transcript")[0].as_py() == EVERY_ODD
    assert write(owner, NOTES, kept) == []
    assert stored(owner, NOTES) == kept


def test_what_is_unique_too_long_or_secret(owner: Connection) -> None:
    assert write(owner, USERS, rows("users", user(ANN))) == []
    limit = USERS.column("username").type.length
    found = write(
        owner,
        USERS,
        rows(
            "users",
            user(BOB, email="user10@x"),
            user(NOBODY, username="\0" * (limit // 2 + 1)),
            user(UUID(int=20), username="a" * (limit + 1)),
            user(UUID(int=21), username="\0" * (limit // 2)),
        ),
    )
    twice = ", of which NUL and U+001A count twice"
    zeros, much = repr("\0" * limit)[:60], f"it has more than {limit} characters"
    assert [str(each) for each in found] == [
        "table users, column email: 'user10@x' is refused, another row has it, and it is unique",
        f"table users, column username: {zeros}... is refused, {much}{twice}",
        f"table users, column username: '{'a' * 59}... is refused, {much}",
    ]
    assert stored(owner, USERS).num_rows == 2


def test_a_row_may_refer_to_one_that_comes_later(owner: Connection) -> None:
    which = table("strategies")
    assert write(owner, USERS, rows("users", user(ANN))) == []
    made = [
        {"id": UUID(int=n), "key": f"s{n}", "name": "x", "magic": n, "user_id": ANN,
         "parent_strategy_id": UUID(int=n + 1) if n < 5 else None, "config_version": 1}
        for n in range(1, 6)
    ]  # fmt: skip
    assert write(owner, which, rows("strategies", *made)) == []
    assert stored(owner, which).num_rows == 5


def test_months_are_made_where_they_are_needed(owner: Connection) -> None:
    which = table("market_data")
    prices = {f"{name}_price": [1, 1, 1] for name in ("open", "high", "low", "close")}
    times = [SAID - timedelta(days=days) for days in (0, 4000, 8000)]
    columns = {
        "created_at": SAID,
        "symbol": ["EURUSD"] * 3,
        "timeframe": ["1h"] * 3,
        "timestamp": times,
        **prices,
    }
    batch = arrow.batch(which, columns | {"version": [1, 1, 1]})
    assert write(owner, which, batch) == []
    assert stored(owner, which).num_rows == 3


def test_who_does_not_see_all_rows_writes_none(owner: Connection) -> None:
    owner.execute("DROP ROLE IF EXISTS stranger")
    owner.execute("CREATE ROLE stranger")
    try:
        owner.execute("SET ROLE stranger")
        with pytest.raises(CannotSee):
            write(owner, USERS, rows("users", user(ANN)))
    finally:
        owner.execute("RESET ROLE")
        owner.execute("DROP ROLE stranger")


def test_what_is_no_fault_of_a_row_refuses_none(owner: Connection) -> None:
    owner.execute("ALTER TABLE users RENAME TO others")
    with pytest.raises(NotWritten, match="users"):
        write(owner, USERS, rows("users", user(ANN)))
