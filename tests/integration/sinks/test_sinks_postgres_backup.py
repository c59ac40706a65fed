"""A backup of a home that has its control data in a PostgreSQL of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings import load
from embedded.home import open_home
from flows.__main__ import main
from flows.backup.restore import restore
from flows.backup.take import back_up
from flows.context import System
from sinks import audit_heads, postgres, postgres_seals

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_restored_home_knows_where_the_chain_of_postgresql_ended(
    empty_postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL is restored by itself: that it went back further than the home is seen."""
    url = {"TRADECAST__POSTGRES__URL": empty_postgres}
    first = System(open_home(tmp_path / "first"), load(None, tmp_path / "first", url))
    with postgres.connect(empty_postgres) as connection:
        postgres.migrate(connection)
        connection.execute(
            "INSERT INTO audit_log (action, resource_type, created_at)"
            " VALUES ('insert', 'users', now() - interval '9 minutes')"
        )
        (head,) = postgres_seals.seal(connection)
    audit_heads.note(first.postgres_heads, [head])
    back_up(first, tmp_path / "backup")
    restore(tmp_path / "backup", load(None, tmp_path / "second", url))
    check = ["--home", str(tmp_path / "second"), "audit", "--chain", "--store", "postgres"]
    (tmp_path / "second" / "tradecast.toml").write_text(f"[postgres]\nurl = '{empty_postgres}'\n")
    assert main(check) == 0
    assert "1 seals hold" in capsys.readouterr().out
    with postgres.connect(empty_postgres) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM audit_seals")
    assert main(check) == 1
    assert "the seal was removed from the end" in capsys.readouterr().out
