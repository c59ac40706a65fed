"""Rows of the control database change by one function, with rules, references and audit."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pytest

from schema import arrow, duckdb_changes
from schema.registry import TABLES, ordered, table
from sinks import personal, upkeep
from sinks.duckdb.changes import Actor
from sinks.duckdb.client import DuckClient, DuckFiles
from sinks.duckdb.control import Control, ControlRefused
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.frames import QueryFailed
from sinks.duckdb.server import DuckServer
from sinks.personal import Forgetting, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ANN, BOB, NOBODY = (UUID(int=n) for n in (0xA, 0xB, 0xC))
ROOT = Actor("root: by hand", address="10.0.0.7", program="tests")
AUDITED = [t for t in ordered(TABLES, "duckdb") if t.audited]
REFERENCES = [(t, r) for t in AUDITED for r in t.references]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path, Limits(256, 1)) as database:
        yield database


@pytest.fixture
def control(database: Database) -> Iterator[Control]:
    control = Control(database)
    yield control
    control.close()


def rows(name: str, *given: dict[str, Any]) -> pa.Table:
    which = table(name)
    stamps = {"created_at": NOW, "updated_at": NOW}
    made = [stamps | each for each in given]
    columns = {n: [row[n] for row in made] for n in made[0]}
    return pa.Table.from_batches([arrow.batch(which, columns)])


def user(key: UUID, **given: Any) -> dict[str, Any]:
    name = f"user{key.int}"
    return {"id": key, "email": f"{name}@x", "username": name, "password_hash": "hash"} | given


def value(column: Any, number: int) -> Any:  # noqa: PLR0911
    """Something that every rule allows."""
    kind = column.type
    if kind.words:
        return next(word for word in kind.words if word not in {None, "none"})
    if kind.numpy == "V16":
        return UUID(int=number)
    if kind.name == "address":
        return "::1"
    if kind.name in {"json", "bool"}:
        return "{}" if kind.name == "json" else True
    if pa.types.is_string(kind.arrow):
        return f"{number:x}"
    if pa.types.is_timestamp(kind.arrow):
        return NOW
    if column.name == "audit_retention_days":
        return 1096
    return NOW.date() if pa.types.is_date(kind.arrow) else number


def filled(which: Any, number: int, **given: Any) -> pa.Table:
    made = {c.name: value(c, number) for c in which.columns if not c.nullable}
    made |= {n: None for n in which.names if n not in made}
    return rows(which.name, made | {"deleted_at": None} | given)


def audit(database: Database, name: str | None = None) -> list[dict[str, Any]]:
    query = "SELECT * FROM control.main.audit_log WHERE resource_type = coalesce(?, resource_type) ORDER BY created_at, action"
    with database.cursor() as cursor:
        found: list[dict[str, Any]] = cursor.sql(query, params=[name]).to_arrow_table().to_pylist()
    for each in found:
        for side in ("old_values", "new_values"):
            each[side] = each[side] and json.loads(each[side])
    return found


def count(database: Database, name: str) -> int:
    with database.cursor() as cursor:
        return int(cursor.execute(f"SELECT count(*) FROM control.main.{name}").fetchall()[0][0])


def test_old_and_new_values_stand_in_the_audit(control: Control, database: Database) -> None:
    by = Actor("ann", ANN, "10.0.0.7", "tests")
    assert control.change({"users": rows("users", user(ANN))}, {}, by).written == {"users": 1}
    changed = user(ANN, first_name="Ann", version=2, password_hash="another", api_key_hash="k")
    control.change({"users": rows("users", changed)}, {}, by)
    same = control.change({"users": rows("users", changed)}, {}, by)
    assert not same
    assert same.refused == []
    assert control.change({}, {"users": [str(ANN)]}, by).deleted == {"users": 1}
    made, updated, gone = audit(database, "users")
    assert [each["action"] for each in (made, updated, gone)] == ["insert", "update", "delete"]
    assert {each["actor"] for each in (made, updated, gone)} == {"ann"}
    assert {each["resource_id"] for each in (made, updated, gone)} == {str(ANN)}
    assert (made["ip_address"], made["user_agent"]) == ("10.0.0.7", "tests")
    assert made["old_values"] is None
    assert made["new_values"]["email"] == "user10@x"
    assert (updated["old_values"]["first_name"], updated["new_values"]["first_name"]) == (
        None,
        "Ann",
    )
    assert (updated["old_values"]["version"], updated["new_values"]["version"]) == (1, 2)
    assert gone["new_values"] is None
    # The user went; who did it stays.
    assert {each["user_id"] for each in (made, updated, gone)} == {None}


def test_secrets_are_said_to_differ_and_no_more(control: Control, database: Database) -> None:
    control.change({"users": rows("users", user(ANN))}, {}, ROOT)
    changed = user(ANN, version=2, password_hash="new hash", api_key_hash="k")
    control.change({"users": rows("users", changed)}, {}, ROOT)
    made, updated = audit(database, "users")
    assert made["new_values"]["password_hash"] == "[redacted]"
    assert updated["old_values"]["password_hash"] == "[redacted]"
    assert updated["new_values"]["password_hash"] == "[redacted, changed]"
    assert updated["old_values"]["api_key_hash"] is None
    assert updated["new_values"]["api_key_hash"] == "[redacted, changed]"
    assert "hash'" not in str([each["new_values"].values() for each in (made, updated)])


@pytest.mark.parametrize("which", AUDITED, ids=lambda each: each.name)
def test_every_table_writes_its_audit(which: Any, control: Control, database: Database) -> None:
    """Those that it refers to are there first, each a row with the same key."""
    needed: list[Any] = []

    def need(each: Any) -> None:
        for reference in each.references:
            target = table(reference.table)
            if target is not each and target not in needed:
                need(target)
        needed.append(each)

    need(which)
    done = control.change({each.name: filled(each, 1) for each in needed}, {}, ROOT, whole=True)
    assert done.written == {each.name: 1 for each in needed}
    (found,) = audit(database, which.name)
    assert set(found["new_values"]) == set(which.names)
    secrets = [c.name for c in which.columns if c.secret and not c.nullable]
    assert {found["new_values"][name] for name in secrets} <= {"[redacted]"}


@pytest.mark.parametrize(
    ("which", "reference"), REFERENCES, ids=lambda e: getattr(e, "name", None) or e.table
)
def test_a_reference_to_nothing_is_refused(which: Any, reference: Any, control: Control) -> None:
    (column,) = reference.columns
    bad = filled(which, 1, **{column: NOBODY})
    with pytest.raises(ControlRefused) as refused:
        control.change({which.name: bad}, {}, ROOT, whole=True)
    # Any of its references may be the first that is missed.
    columns = {r.columns[0] for r in which.references}
    said = re.match(
        rf"table {which.name}, column (\w+): \S+ is refused, \w+ has no such row",
        str(refused.value),
    )
    assert said is not None, str(refused.value)
    assert said[1] in columns


def test_a_bad_row_is_refused_and_the_rest_is_stored(control: Control, database: Database) -> None:
    control.change({"users": rows("users", user(ANN))}, {}, ROOT)
    logs = [
        {"id": UUID(int=n), "user_id": ANN, "emotion": "calm", "intensity": 3} for n in range(1, 6)
    ]
    logs[1]["intensity"] = 9
    logs[2]["user_id"] = NOBODY
    logs[4]["id"] = logs[3]["id"]
    done = control.change({"emotion_logs": rows("emotion_logs", *logs)}, {}, ROOT)
    assert done.written == {"emotion_logs": 2}
    assert done.refused == [
        "table emotion_logs, column intensity: 9 is refused, intensity_in_range asks for intensity >= 1 AND intensity <= 5",
        f"table emotion_logs, column id: {UUID(int=4)} is refused, another row has it, and it is unique",
        f"table emotion_logs, column user_id: {NOBODY} is refused, users has no such row, and it refers to one",
    ]
    assert len(audit(database, "emotion_logs")) == 2
    with pytest.raises(ControlRefused, match="column intensity: 9 is refused"):
        control.change({"emotion_logs": rows("emotion_logs", *logs)}, {}, ROOT, whole=True)
    assert count(database, "emotion_logs") == 2


def test_a_unique_key_is_held(control: Control) -> None:
    control.change({"users": rows("users", user(ANN))}, {}, ROOT)
    same = user(BOB, email="user10@x")
    done = control.change({"users": rows("users", same, user(NOBODY))}, {}, ROOT)
    assert done.written == {"users": 1}
    assert done.refused == [
        "table users, column email: 'user10@x' is refused, another row has it, and it is unique"
    ]


def test_no_change_is_written_over_another(control: Control) -> None:
    control.change({"users": rows("users", user(ANN, version=3))}, {}, ROOT)
    late = rows("users", user(ANN, version=3, first_name="Late"))
    assert "somebody else changed the row" in control.change({"users": late}, {}, ROOT).refused[0]


def strategies(database: Database) -> list[Any]:
    with database.cursor() as cursor:
        query = "SELECT id, parent_strategy_id FROM control.main.strategies ORDER BY id"
        return cursor.execute(query).fetchall()


def test_deleting_follows_what_the_registry_says(control: Control, database: Database) -> None:
    parent = filled(table("strategies"), 1)
    child = filled(table("strategies"), 2, parent_strategy_id=UUID(int=1))
    control.change(
        {"users": pa.concat_tables([rows("users", user(ANN)), rows("users", user(BOB))])}, {}, ROOT
    )
    control.change({"strategies": pa.concat_tables([child, parent])}, {}, ROOT, whole=True)
    control.change(
        {
            "sessions": filled(table("sessions"), 5, user_id=ANN),
            "user_permission": filled(table("user_permission"), 6, user_id=BOB, granted_by=ANN),
        },
        {}, Actor("ann", ANN), whole=True,
    )  # fmt: skip
    assert control.change({}, {"strategies": [str(UUID(int=1))]}, ROOT).deleted == {"strategies": 1}
    assert strategies(database) == [(UUID(int=2), None)]
    done = control.change({}, {"users": [str(ANN)]}, ROOT)
    assert done.deleted == {"sessions": 1, "users": 1}
    (_, emptied) = audit(database, "user_permission")
    assert (emptied["action"], emptied["new_values"]["granted_by"]) == ("update", None)
    assert emptied["new_values"]["version"] == emptied["old_values"]["version"] + 1
    assert [each["action"] for each in audit(database, "sessions")] == ["insert", "delete"]
    assert {each["user_id"] for each in audit(database, "sessions")} == {None}
    assert audit(database, "sessions")[0]["actor"] == "ann"


def test_a_row_that_others_need_stays(control: Control, database: Database) -> None:
    needed = {
        name: filled(table(name), 1) for name in ("brokers", "instances", "accounts", "users")
    }
    needed["accounts"] = filled(table("accounts"), 1, user_id=UUID(int=1))
    control.change(needed, {}, ROOT, whole=True)
    key = str(UUID(int=1))
    done = control.change({}, {"users": [key, str(BOB)]}, ROOT)
    assert done.refused == [
        f"table users, column key: {key} is refused, row {key} of accounts refers to it (on delete restrict)"
    ]
    with pytest.raises(ControlRefused, match="on delete restrict"):
        control.change({}, {"users": [key]}, ROOT, whole=True)
    everything = {name: [key] for name in needed}
    assert control.change({}, everything, ROOT, whole=True).deleted == dict.fromkeys(needed, 1)
    assert count(database, "users") == 0


def test_nothing_is_left_of_a_change_that_is_refused(control: Control, database: Database) -> None:
    sessions = filled(table("sessions"), 1, user_id=NOBODY)
    with pytest.raises(ControlRefused, match="table sessions, column user_id"):
        control.change(
            {"users": rows("users", user(ANN)), "sessions": sessions}, {}, ROOT, whole=True
        )
    assert count(database, "users") == 0
    assert audit(database) == []


def test_the_audit_is_written_by_changes_alone(control: Control) -> None:
    for name in ("audit_log", "orders", "schema_migrations", "nope"):
        with pytest.raises(ControlRefused, match=f"{name} is no table whose rows are changed here"):
            control.change({name: pa.table({"id": [1]})}, {}, ROOT)
        with pytest.raises(ControlRefused, match=f"{name} is no table whose rows are changed here"):
            control.change({}, {name: ["x"]}, ROOT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = ''",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DROP TABLE control.main.audit_log",
        "INSERT INTO audit_log (action, resource_type) VALUES ('a', 'b')",
        "SELECT 1; DELETE FROM audit_log",
        "EXPLAIN ANALYZE DELETE FROM audit_log",
        "WITH gone AS (DELETE FROM audit_log RETURNING *) SELECT * FROM gone",
    ],
)
def test_readers_do_not_touch_the_audit(statement: str, tmp_path: Path) -> None:
    with Database(tmp_path, Limits(256, 1)) as database:
        with DuckServer(database, tmp_path / "s"), DuckClient(tmp_path / "s") as client:
            client.change({"users": rows("users", user(ANN))}, {}, ROOT)
            with pytest.raises(QueryFailed):
                client.query(statement).read_all()
            assert client.query("SELECT count(*) AS n FROM audit_log").read_all().to_pylist() == [
                {"n": 1}
            ]
        assert count(database, "audit_log") == 1


def test_changes_go_through_the_socket_as_through_the_files(tmp_path: Path) -> None:
    bad = rows("users", user(BOB, email="user10@x"))
    told = []
    for name in ("socket", "files"):
        home = tmp_path / name
        home.mkdir()
        if name == "socket":
            with (
                Database(home, Limits(256, 1)) as d,
                DuckServer(d, home / "s"),
                DuckClient(home / "s") as client,
            ):
                client.change({"users": rows("users", user(ANN))}, {}, Actor("ann", ANN))
                told.append(client.change({"users": bad}, {}, ROOT))
                with pytest.raises(QueryFailed, match="unique"):
                    client.change({"users": bad}, {}, ROOT, whole=True)
                assert client.query("SELECT user_id FROM audit_log").read_all().num_rows == 1
        else:
            with DuckFiles(home, Limits(256, 1), write=True) as files:
                files.change({"users": rows("users", user(ANN))}, {}, Actor("ann", ANN))
                told.append(files.change({"users": bad}, {}, ROOT))
    assert told[0] == told[1]
    assert len(told[0].refused) == 1


def test_no_code_changes_the_audit_but_to_forget_its_user_or_by_whole_seals() -> None:
    """What DuckDB cannot forbid its owner, the code does not contain.

    Statements that are made of any table's name leave the append-only ones out: see
    `sinks.personal` and `sinks.upkeep`.
    """
    forbidden = re.compile(
        r"(UPDATE|DELETE FROM|TRUNCATE|DROP TABLE)\s+(\w+\.)*\"?(audit_log|audit_seals|\{LOG|\{audit_chain)",
        re.IGNORECASE,
    )
    root = Path(__file__).parents[3]
    found = {
        f"{file.relative_to(root)}: {line.strip()}"
        for package in ("flows", "sinks", "schema", "config", "operators", "sources", "embedded")
        for file in (root / package).rglob("*")
        if file.suffix in {".py", ".sql", ".lua"}
        for line in file.read_text().splitlines()
        if forbidden.search(line)
    }
    assert found == {
        'schema/duckdb_changes.py: f"UPDATE {LOG.name} SET user_id = NULL WHERE user_id IN "  # noqa: S608 - constants',
        # Old rows, all that stand under a seal: see `sinks.sealing`.
        'sinks/duckdb/maintenance.py: EXPIRE_AUDIT: Final = "DELETE FROM audit_log WHERE created_at <= ?"',
        'sinks/postgres_maintenance.py: EXPIRE_AUDIT: Final = "DELETE FROM audit_log WHERE created_at <= %s"',
    }
    assert "SET user_id = NULL" in duckdb_changes.FORGET_USER
    for which in (table("audit_log"), table("audit_seals"), table("login_audit")):
        somebody = Forgetting(person=Person(user="u", email="e", username="n"), pseudonym="p")
        assert personal.of_history(which, which.name, somebody) == []
        assert personal.fate(which) == "kept"
    sealed = [rule for rule in upkeep.rules("duckdb") if rule.table.name.startswith("audit_")]
    assert [(rule.table.name, rule.sealed) for rule in sealed] == [("audit_log", True)]
