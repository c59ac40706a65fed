"""Every change of a row of the control database stands in the audit, which nothing else writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from schema import duckdb_changes
from schema.registry import TABLES, ordered, table
from sinks import personal, upkeep
from sinks.duckdb.changes import Actor
from sinks.duckdb.client import DuckClient
from sinks.duckdb.control import Control, ControlRefused
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.frames import QueryFailed
from sinks.duckdb.server import DuckServer
from sinks.personal import Forgetting, Person
from tests.control_rows import ANN, ROOT, audit, count, filled, rows, user

if TYPE_CHECKING:
    pass

AUDITED = [t for t in ordered(TABLES, "duckdb") if t.audited]


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
