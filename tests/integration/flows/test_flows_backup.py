"""What a backup refuses, and what it leaves behind when it is ended half-way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import pyarrow as pa
import pytest

from config import live, restored
from config.settings import load
from embedded.home import open_home
from flows import servers
from flows.__main__ import main
from flows.backup import manifest
from flows.backup.restore import restore
from flows.backup.take import back_up
from flows.context import CLICKHOUSE, System
from flows.errors import CommandError
from flows.stores import open_store, values
from schema import arrow, keys
from schema.registry import table
from sinks.clickhouse import ClickHouseWriter
from sinks.duckdb.control import Control
from sinks.duckdb.database import Database, Limits
from sinks.duckdb.writer import DuckWriter
from sinks.spool import Spool
from tests.control_rows import ROOT, user
from tests.control_rows import rows as user_rows
from tests.migrated import clickhouse_into, duckdb_into
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

INSTANCE, OWNER = UUID(int=7), UUID(int=8)


def system(path: Path) -> System:
    return System(open_home(path), load(None, path, {}))


def event(number: int) -> pa.Table:
    columns = {
        "event_id": [number.to_bytes(16, "big")],
        "kind": "test",
        "source": "test",
        "message": [f"event {number}"],
        "created_at": datetime.now(UTC),  # ClickHouse keeps events for a year
        "version": [1],
    }
    return pa.Table.from_batches([arrow.batch(table("system_event_log"), columns)])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> System:
    """A home that stands still, with something in each of its parts."""
    one = system(tmp_path_factory.mktemp("filled") / "home")
    duckdb_into(one.home.duckdb_dir)
    with Database(one.home.duckdb_dir, Limits(256, 2)) as database:
        DuckWriter(database).write({"system_event_log": event(1)}, {"{1}:results": "5-0"})
        control = Control(database)
        for key, address in ((UUID(int=1), "ann"), (UUID(int=2), "bob")):
            made = user(key, email=address, username=address)
            control.change({"users": user_rows("users", made)}, {}, ROOT)
            assert control.seal()
        control.close()
    Spool(one.home.spool_dir / "clickhouse", 1 << 20).append(
        {"system_event_log": event(2)}, {"{1}:results": "6-0"}
    )
    Spool(one.home.spool_dir / "trade-0", 1 << 20).append(
        {"system_event_log": event(3)}, {"{1}:results": ""}
    )
    journal = one.instance_dir("alpha-1") / "journal"
    journal.mkdir(parents=True)
    (journal / "executor.journal").write_bytes(b"what was sent")
    with ExitStack() as stack:
        clickhouse_into(one.home.clickhouse_dir)
        ports = servers.choose_ports(one)
        for server in servers.embedded(one, ports):
            stack.enter_context(server)
        client = stack.enter_context(one.redis())
        client.xadd("signals:0", {"json": "{}"})
        client.set(keys.lease(3, INSTANCE), f"{OWNER.hex}:4", px=10_000_000)
        client.set(live.keys.CONFIG_VERSION, 3)
        writer = ClickHouseWriter(one.clickhouse_url(ports[CLICKHOUSE]))
        writer.write({"system_event_log": event(1)}, {"{1}:results": "5-0"})
        writer.close()
    return one


@pytest.fixture(scope="module")
def backup(filled: System, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backups") / "one"
    told = back_up(filled, path)
    assert "of configuration version 3, taken while it stood still" in told
    return path


@pytest.mark.parametrize("where", ["", "inside", "duckdb/deep/inside", "../home/inside"])
def test_a_home_takes_no_backup_of_itself(tmp_path: Path, where: str) -> None:
    one = system(tmp_path / "home")
    with pytest.raises(CommandError, match=r"is inside the home|is not empty"):
        back_up(one, one.home.path / where)
    assert not (one.home.path / "inside").exists()


def files(path: Path) -> set[str]:
    return {each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file()}


def copy(backup: Path, tmp_path: Path) -> Path:
    return shutil.copytree(backup, tmp_path / "copy")


def test_a_home_comes_back(backup: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    restore(backup, load(None, home, {}))
    again = system(home)
    with ExitStack() as stack:
        ports = servers.choose_ports(again)
        for server in servers.embedded(again, ports):
            stack.enter_context(server)
        client = stack.enter_context(again.redis())
        assert client.xlen("signals:0") == 1
        assert live.version(client) == 3
        # Who had a lease then speaks for nobody now.
        assert not client.exists(keys.lease(3, INSTANCE))
        mark = restored.read(client)
        assert mark is not None
        assert mark.backup == manifest.read(backup).id
        assert mark.point < mark.at
        clickhouse = ClickHouseWriter(again.clickhouse_url(ports[CLICKHOUSE]))
        assert clickhouse.positions() == {"{1}:results": "5-0"}
        clickhouse.close()
    for store in ("duckdb", "clickhouse"):
        with open_store(again, store) as reader:
            found = values(reader, "SELECT message FROM system_event_log")
            assert found == [("event 1",)]
    assert len(Spool(home / "spool" / "clickhouse", 1 << 20)) == 1
    assert len(Spool(home / "spool" / "trade-0", 1 << 20)) == 1
    # The audit is as it was written, and where its chain ended is known too.
    assert main(["--home", str(home), "audit", "--chain"]) == 0
    with Database(home / "duckdb", Limits(256, 1)) as database:
        for name in ("audit_seals", "audit_log"):
            database.cursor().execute(f"DELETE FROM {name}")
    assert main(["--home", str(home), "audit", "--chain"]) == 1
    journal = home / "executors" / "alpha-1" / "journal"
    assert [path.name for path in journal.iterdir()] == ["executor.journal.aside-0"]
    # Its passwords are its own.
    assert not [name for name in files(backup) if "secret" in name]
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize(
    "name", ["valkey/dump.rdb", "duckdb/archive.duckdb", "clickhouse/tables.json"]
)
def test_a_damaged_backup_is_refused(backup: Path, tmp_path: Path, name: str) -> None:
    damaged = copy(backup, tmp_path)
    data = bytearray((damaged / name).read_bytes())
    data[len(data) // 2] ^= 1
    (damaged / name).write_bytes(data)
    with pytest.raises(manifest.BackupRefused, match=f"{name} is not what was written"):
        restore(damaged, load(None, tmp_path / "home", {}))
    (damaged / name).unlink()
    with pytest.raises(manifest.BackupRefused, match=f"{name} is missing"):
        restore(damaged, load(None, tmp_path / "home", {}))
    assert not (tmp_path / "home").exists()


def test_what_is_no_backup_or_too_new_is_refused(backup: Path, tmp_path: Path) -> None:
    settings = load(None, tmp_path / "home", {})
    newer = copy(backup, tmp_path)
    path = newer / manifest.NAME
    whole = json.loads(path.read_bytes())
    for change, words in (
        ({"format": 2}, "a backup of format 2, and this release reads 1"),
        ({"migrations": {"duckdb": "9999"}}, "its duckdb has migration 9999"),
        ({"engines": {"duckdb": "99.0.0"}}, "was made with duckdb 99.0.0"),
    ):
        path.write_text(json.dumps(whole | change))
        with pytest.raises(manifest.BackupRefused, match=words):
            restore(newer, settings)
    path.write_text(json.dumps(whole)[:-20])
    with pytest.raises(manifest.BackupRefused, match="is damaged"):
        restore(newer, settings)
    path.unlink()
    with pytest.raises(manifest.BackupRefused, match="is no backup, or one that was not finished"):
        restore(newer, settings)
    path.write_text(json.dumps(whole))
    (newer / "more").write_text("")
    with pytest.raises(manifest.BackupRefused, match="is no part of the backup"):
        restore(newer, settings)


def test_a_home_or_a_directory_that_is_not_empty_is_left_alone(
    filled: System, backup: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mine").write_text("mine")
    with pytest.raises(CommandError, match="home is not empty"):
        restore(backup, load(None, tmp_path / "home", {}))
    with pytest.raises(CommandError, match="is not empty; name a new directory"):
        back_up(filled, tmp_path / "home")
    assert files(tmp_path) == {"home/mine"}


def test_servers_of_others_are_not_backed_up_nor_written(
    filled: System, backup: Path, tmp_path: Path
) -> None:
    url = {"TRADECAST__REDIS__URL": "redis://127.0.0.1:1"}
    elsewhere = System(filled.home, load(None, filled.home.path, url))
    with pytest.raises(CommandError, match="Redis is a server of your own"):
        back_up(elsewhere, tmp_path / "backup")
    with pytest.raises(CommandError, match="not into a Redis by URL"):
        restore(backup, load(None, tmp_path / "home", url))


def test_what_is_ended_half_way_leaves_nothing(filled: System, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "flows", "backup", str(tmp_path / "backup"),
         "--home", str(filled.home.path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(lambda: list(tmp_path.glob(".*.part")), 30, what="a backup that has begun")
    os.kill(child.pid, signal.SIGINT)
    assert child.wait(60) != 0
    assert not list(tmp_path.iterdir())
    # And what is killed outright has no manifest, and another name.
    assert not (tmp_path / "backup").exists()


def test_a_manifest_says_what_there_is(backup: Path) -> None:
    found = manifest.read(backup)
    assert files(backup) == {*found.files, manifest.NAME}
    assert found.engines == manifest.engines()
    assert set(found.engines) == {"valkey", "clickhouse", "duckdb"}
    assert "0" not in found.engines.values()
    assert msgspec.json.decode((backup / manifest.NAME).read_bytes())["was_running"] is False
