"""The audit of DuckDB is sealed after its writers, and tampering is found in the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb
import pytest

from config import settings
from embedded.home import open_home
from flows import audit_chain as flow
from flows.__main__ import main
from flows.context import System
from schema.audit_chain import Head, Verdict
from sinks import audit_heads, sealing
from sinks.duckdb.changes import Actor
from sinks.duckdb.client import DuckClient
from sinks.duckdb.control import Control
from sinks.duckdb.database import Database, Limits, transaction
from sinks.duckdb.seals import DuckAudit
from sinks.duckdb.server import DuckServer
from tests.control_rows import ANN, ROOT, rows, user
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def system(tmp_path: Path) -> System:
    """Three changes, each under a seal of its own, and one that has none."""
    home = open_home(tmp_path)
    with Database(home.duckdb_dir, Limits(256, 1)) as database:
        control = Control(database)
        for version in (1, 2, 3):
            change(control, version)
            assert [head.number for head in control.seal()] == [version]
            assert control.seal() == []
        change(control, 4)
        control.close()
    return System(home, settings.load(None, tmp_path, {}))


def change(control: Control, version: int) -> None:
    changed = user(ANN, version=version, first_name=f"name {version}")
    done = control.change({"users": rows("users", changed)}, {}, Actor("ann", ANN))
    assert done.refused == []


def check(system: System) -> Verdict:
    heads = audit_heads.read(system.home.duckdb_dir / audit_heads.NAME)
    return flow.check_duckdb(system, heads)


def tamper(system: System, *statements: str) -> None:
    with duckdb.connect(str(system.home.duckdb_dir / "control.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def ids(system: System) -> list[str]:
    with duckdb.connect(str(system.home.duckdb_dir / "control.duckdb")) as connection:
        found = connection.execute("SELECT id FROM audit_log ORDER BY created_at").fetchall()
    return [str(key) for (key,) in found]


def test_what_was_not_touched_holds(system: System) -> None:
    found = check(system)
    assert (found.breaches, found.seals, found.rows, found.unsealed) == ([], 3, 3, 1)
    heads = audit_heads.read(system.home.duckdb_dir / audit_heads.NAME)
    assert found.head == heads[-1]
    assert [head.number for head in heads] == [1, 2, 3]


def test_a_user_who_goes_breaks_no_seal(system: System) -> None:
    with Database(system.home.duckdb_dir, Limits(256, 1)) as database:
        control = Control(database)
        assert control.change({}, {"users": [str(ANN)]}, ROOT).deleted == {"users": 1}
        control.seal()
        control.close()
    found = check(system)
    assert (found.breaches, found.rows) == ([], 5)


TAMPERINGS = [
    ("UPDATE audit_log SET actor = 'bob' WHERE id = '{row}'", "audit_log", "the row was changed under seal 2"),
    ("UPDATE audit_log SET new_values = '{{}}' WHERE id = '{row}'", "audit_log", "the row was changed under seal 2"),
    ("DELETE FROM audit_log WHERE id = '{row}'", "audit_log", "the row was removed, or moved in time, under seal 2"),
    ("INSERT INTO audit_log (id, action, resource_type, created_at) SELECT '{new}', 'a', 'b', created_at FROM audit_log WHERE id = '{row}'", "audit_log", "the row was put in under seal 2"),
    ("DELETE FROM audit_seals WHERE seal_number = 2", "audit_seals", "the seal was removed"),
    ("DELETE FROM audit_seals WHERE seal_number = 3", "audit_seals", "the seal was removed from the end"),
    ("UPDATE audit_seals SET digests = '[]' WHERE seal_number = 2", "audit_seals", "the seal was changed"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "table", "what"), TAMPERINGS)
def test_tampering_is_named(
    statement: str, table: str, what: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    row, new = ids(system)[1], UUID(int=0xBAD)
    tamper(system, statement.format(row=row, new=new))
    first = check(system).breaches[0]
    assert (first.table, first.what) == (table, what)
    names = {"put in": str(new), "removed from the end": "3"}
    expected = next(
        (n for part, n in names.items() if part in what), row if table == "audit_log" else "2"
    )
    assert first.name == expected
    arguments = ["--home", str(system.home.path), "audit", "--chain", "--format", "plain"]
    assert main(arguments) == 1
    assert f"{table}\t{expected}\t{what}" in capsys.readouterr().out


def test_the_command_says_that_all_is_well(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--home", str(system.home.path), "audit", "--chain"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "duckdb: 3 seals hold; 3 rows are as they were written, 1 are not sealed yet." in out
    head = out.split("the chain ends at ")[1].strip()
    assert main([*arguments, "--head", head]) == 0
    assert main([*arguments, "--head", f"3:{'0' * 64}"]) == 1
    assert "it is not the seal that was noted elsewhere" in capsys.readouterr().out
    assert main([*arguments, "--format", "json"]) == 0
    assert '"ok":true' in capsys.readouterr().out


def test_many_rows_make_many_seals_and_a_moment_stays_whole(tmp_path: Path) -> None:
    with Database(tmp_path, Limits(256, 1)) as database:
        control = Control(database)
        for many in (range(1, 6), range(6, 8)):
            made = [user(UUID(int=n)) for n in many]
            control.change({"users": rows("users", *made)}, {}, ROOT)
        cursor = database.cursor()
        cursor.execute("USE control.main")
        audit = DuckAudit(cursor)
        moment = datetime.now(UTC) + timedelta(seconds=1)
        with transaction(cursor):
            assert [head.number for head in sealing.seal(audit, moment, 3)] == [1, 2]
        query = "SELECT row_count FROM audit_seals ORDER BY seal_number"
        assert cursor.execute(query).fetchall() == [(5,), (2,)]
        with transaction(cursor):
            assert sealing.seal(audit, moment + timedelta(hours=23), 3) == []
            # A day on which nothing happened is sealed as well: nothing may be put into it.
            (head,) = sealing.seal(audit, moment + timedelta(hours=25), 3)
        assert head.number == 3
        # What is written now is written after what is sealed, whatever the clock says.
        control.change({"users": rows("users", user(UUID(int=9)))}, {}, ROOT)
        late = "SELECT count(*) FROM audit_log WHERE created_at > (SELECT max(sealed_until) FROM audit_seals)"
        assert cursor.execute(late).fetchall() == [(1,)]
        control.close()


def test_the_owner_seals_now_and_then(tmp_path: Path) -> None:
    with Database(tmp_path, Limits(256, 1)) as database:
        with (
            DuckServer(database, tmp_path / "s", seal_seconds=0.02),
            DuckClient(tmp_path / "s") as client,
        ):
            client.change({"users": rows("users", user(ANN))}, {}, ROOT)
            eventually(lambda: audit_heads.read(tmp_path / audit_heads.NAME), what="it is sealed")
            assert client.seal() == []
        with DuckServer(database, tmp_path / "s"), DuckClient(tmp_path / "s") as client:
            client.change({"users": rows("users", user(ANN, version=2))}, {}, ROOT)
            assert [head.number for head in client.seal()] == [2]


def test_the_owner_goes_on_to_seal_when_it_could_not(tmp_path: Path) -> None:
    heads = tmp_path / audit_heads.NAME
    heads.mkdir()  # nobody can write it
    with (
        Database(tmp_path, Limits(256, 1)) as database,
        DuckServer(database, tmp_path / "s", seal_seconds=0.02),
        DuckClient(tmp_path / "s") as client,
    ):
        client.change({"users": rows("users", user(ANN))}, {}, ROOT)
        query = "SELECT seal_number FROM audit_seals"
        eventually(lambda: client.query(query).read_all().num_rows, what="it is sealed")
        heads.rmdir()
        client.change({"users": rows("users", user(ANN, version=2))}, {}, ROOT)
        eventually(lambda: heads.exists() and audit_heads.read(heads), what="it is noted")


@pytest.mark.parametrize("text", ["1 abc\n", "x\n", "1 " + "0" * 64 + "\nö\n"])
def test_a_list_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(text)
    with pytest.raises(audit_heads.HeadsDamaged):
        audit_heads.read(tmp_path / "heads")


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    heads: list[Any] = [Head(1, "0" * 64), Head(2, "1" * 64)]
    audit_heads.note(tmp_path / "heads", heads)
    with (tmp_path / "heads").open("a") as file:
        file.write("3 22")
    assert audit_heads.read(tmp_path / "heads") == heads
    more = Head(3, "2" * 64)
    audit_heads.note(tmp_path / "heads", [more])
    assert audit_heads.read(tmp_path / "heads") == [*heads, more]
    assert audit_heads.read(tmp_path / "none") == []
