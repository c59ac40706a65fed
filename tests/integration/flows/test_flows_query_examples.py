"""The examples of the analysts' page, run as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from schema.registry import table
from tests.embedded_http import ask
from tests.servers import ClickHouseServer

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "query_clickhouse.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An endpoint with the system's tables, and a row in some."""
    with ClickHouseServer(tmp_path_factory.mktemp("archive"), migrated=True) as server:
        with server.client() as client:
            add_row(client, "orders", symbol="EURUSD")
            for name in ("signal_execution_status", "signal_rejection", "signal_decisions"):
                add_row(client, name)
        yield server


def add_row(client: Any, name: str, **given: str) -> None:
    """A row with the first word where only words are allowed."""
    for column in table(name).columns:
        if column.type.words and column.name not in given:
            given[column.name] = next(iter(column.type.words))
    given.setdefault("version", "1")
    values = ", ".join(f"'{value}'" for value in given.values())
    client.command(f"INSERT INTO {name} ({', '.join(given)}) SELECT {values}")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_shell(archive: ClickHouseServer) -> None:
    lines = re.findall(r"```sh\n(.+?)\n```", TEXT)
    assert len(lines) == 2
    env = {"PORT": str(archive.port), "PASSWORD": archive.password, "PATH": "/usr/bin:/bin"}
    outputs = [
        subprocess.run(
            ["bash", "-c", line + " --fail-with-body"],
            env=env,
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout
        for line in lines
    ]
    assert outputs[0].startswith(b'"outcome","n"\n')
    assert outputs[0].endswith(b",1\n")
    assert outputs[1] == b"EURUSD\t1\n"


def test_python(archive: ClickHouseServer) -> None:
    blocks = re.findall(r"```python\n(.+?)```", TEXT, re.DOTALL)
    assert len(blocks) == 4
    scope: dict[str, Any] = {"PORT": archive.port, "PASSWORD": archive.password}
    for block in [*blocks, blocks[-1]]:
        exec(block, scope)
    with scope["client"] as client:
        assert scope["orders"].to_dict("records") == [{"symbol": "EURUSD", "n": 1}]
        assert [count for _, count in scope["rejected"]] == [1]
        assert "order_id" in scope["results"].columns
        assert scope["rows"] == 1
        # The last block ran twice.
        assert client.command("SELECT count() FROM research.notes") == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT * FROM file('/etc/passwd', 'LineAsString')", "497"),
        ("SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')", "497"),
        ("SELECT file('/etc/passwd')", "497"),
        ("SELECT 1 INTO OUTFILE 'x'", "358"),
        ("SET dialect = 'prql'", "452"),
        ("INSERT INTO t VALUES ((SELECT 1))", "344"),
        ("BACKUP TABLE orders TO Disk('default', 'x')", "497"),
        ("CREATE USER u", "497"),
    ],
)
def test_refusals(archive: ClickHouseServer, query: str, code: str) -> None:
    ask(archive, "CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = MergeTree ORDER BY a")
    assert ask(archive, query).code == code
    assert f"{code} |" in TEXT or code == "497"
