"""Rows of the control database change by one function, with rules and references."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa
import pytest

from schema.registry import TABLES, ordered, table
from sinks.duckdb.changes import Actor
from sinks.duckdb.client import DuckClient
from sinks.duckdb.control import Control, ControlRefused
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.frames import QueryFailed
from sinks.duckdb.server import DuckServer
from tests.control_rows import ANN, BOB, NOBODY, ROOT, audit, count, filled, rows, user

if TYPE_CHECKING:
    pass

AUDITED = [t for t in ordered(TABLES, "duckdb") if t.audited]
REFERENCES = [(t, r) for t in AUDITED for r in t.references]


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
