"""What PostgreSQL's audit costs: by row, as it is, by statement, and without it."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Row, milliseconds, p50, p99, timed
from benchmarks.postgres import PostgresServer
from schema.registry import table
from sinks import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "audit"
ROWS = 1_000
_TABLE = table("strategies")
_WHOLE = 8
_WAYS = ("none", "row", "statement")

# The same rows in the audit, made of all rows of a statement at once; this table has no secrets.
_BY_STATEMENT = """\
CREATE FUNCTION audit_statement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO audit_log (
    user_id, actor, action, resource_type, resource_id,
    old_values, new_values, ip_address, user_agent
  ) SELECT
    (SELECT id FROM users WHERE id = app_user()),
    coalesce('user ' || app_user(), 'role ' || session_user),
    lower(TG_OP), TG_TABLE_NAME, left(was.id::text, 100), to_jsonb(was), to_jsonb(now_),
    nullif(current_setting('app.ip_address', true), '')::inet,
    nullif(current_setting('app.user_agent', true), '')
  FROM was JOIN now_ USING (id) WHERE to_jsonb(was) <> to_jsonb(now_);
  RETURN NULL;
END $$;
CREATE TRIGGER by_statement AFTER UPDATE ON strategies
REFERENCING OLD TABLE AS was NEW TABLE AS now_
FOR EACH STATEMENT EXECUTE FUNCTION audit_statement()"""
_FILL = """\
INSERT INTO strategies (id, key, name, magic, config_version)
SELECT gen_random_uuid(), 'key ' || n, 'name', n, 1 FROM generate_series(1, %s) AS n"""
_ONE = "UPDATE strategies SET description = md5(random()::text) WHERE magic = %s"
_ALL = "UPDATE strategies SET description = md5(random()::text)"


def run(rows: int = ROWS, repeat: int = _WHOLE) -> Iterator[Row]:
    """Measure changes of one row and of all rows, in the three ways by lot.

    Args:
        rows: of the table.
        repeat: changes of all rows in each way; of one row there are five times as many.
    """
    secret = [column.name for column in _TABLE.columns if column.secret]
    if secret:
        raise RuntimeError(f"{_TABLE.name} has secrets, which the triggers here do not redact")
    with _database() as connection:
        connection.execute(_FILL, [rows])
        connection.execute(_BY_STATEMENT)
        one = _in_turn(connection, 5 * repeat, _ONE, lambda number: [number % rows + 1])
        whole = _in_turn(connection, repeat, _ALL, lambda _: [])
        yield from _rows("one row changed, committed", one)
        yield from _rows(f"{rows:,} rows changed by one statement", whole)


@contextmanager
def _database() -> Iterator[Any]:
    with PostgresServer(shared_buffers="128MB") as server:
        for name in server.database("tradecast_audit"):
            with postgres.connect(server.url(name)) as connection:
                postgres.migrate(connection)
                yield connection


def _in_turn(connection: Any, repeat: int, change: str, values: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {way: [] for way in _WAYS}
    ways = random.Random(1).sample(_WAYS * repeat, len(_WAYS) * repeat)
    for number, way in enumerate(ways):
        for trigger, wanted in (("audit", "row"), ("by_statement", "statement")):
            switch = "ENABLE" if way == wanted else "DISABLE"
            connection.execute(f"ALTER TABLE strategies {switch} TRIGGER {trigger}")
        audited = _audited(connection)
        spent = timed(lambda n=number: connection.execute(change, values(n)))
        if (_audited(connection) > audited) != (way != "none"):
            raise RuntimeError(f"the audit by {way} wrote what it should not, or nothing")
        found[way].append(spent)
    return found


def _audited(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM audit_log").fetchone()[0])


def _rows(what: str, found: dict[str, list[float]]) -> Iterator[Row]:
    bare = p50(found["none"])
    for way, name in (("row", "row triggers, as it is"), ("statement", "statement triggers")):
        yield Row(
            group=NAME,
            what=f"{what}: {name}, p50 / p99",
            value=milliseconds(p50(found[way]), p99(found[way])),
            ratio=f"{p50(found[way]) / bare:.2f}x",
            against=f"no audit, {milliseconds(bare, p99(found['none']))}",
        )
