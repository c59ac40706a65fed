"""The trading configuration: from a file to the control store, and from there to Redis."""

from __future__ import annotations

import getpass
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import redis

from config import change, live, rows, world
from flows.errors import complain
from rules.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flows.context import System
    from sinks.duckdb.reader import Reader


def check_file(file: Path) -> world.World:
    """Read a file and check it whole.

    Raises:
        WorldError: with one line for each thing that is wrong.
    """
    return world.read(file)


def apply_file(system: System, file: Path) -> str:
    """Make the trading configuration what a file says.

    The control store comes first; Redis has the copy that trading uses, and gets it from `up`
    if it cannot be reached now.

    Returns:
        What changed, for people.

    Raises:
        WorldError: the file is wrong; nothing was changed.
        ControlRefused: somebody else has changed it in between; nothing was changed.
    """
    return apply_world(system, check_file(file), f"apply {file}")


def apply_world(system: System, wanted: world.World, why: str) -> str:
    """Make the trading configuration a world that was checked; as `apply_file`.

    Args:
        system: whose configuration.
        wanted: all of it.
        why: noted with the new version.
    """
    with _control(system, write=True) as control:
        version, tables = control.read_control()
        old = (version, tables) if version else None
        # Who writes in between is noticed by the version.
        found = change.apply(wanted, old, time.time_ns() // 1000, _removed(control))
        if found:
            control.write_control(found.rows, f"{getpass.getuser()}: {why}")
    if system.settings.clickhouse.url or system.running() is not None:
        # If ClickHouse does not answer, `up` tells it later what it has missed.
        with suppress(Transient):
            record_versions(system)
    try:
        with system.redis() as client:
            live.publish(client, found.tables, found.version)
    except (redis.ConnectionError, redis.TimeoutError):
        if system.running() is not None or system.settings.redis.url:
            complain("Redis does not answer: trading gets this configuration when `up` next starts")
    return found.summary()


def publish_stored(system: System, client: redis.Redis) -> int | None:
    """Bring the control store's configuration to Redis if Redis has an older one, or none.

    Returns:
        The version that Redis has now; None if nothing was ever applied.

    Raises:
        redis.RedisError: Redis does not answer.
        DatabaseBusy: the archive holds the store and does not answer yet.
    """
    from sinks.duckdb.database import DatabaseMissing  # noqa: PLC0415 - with DuckDB

    known = live.version(client)
    try:
        with _control(system, write=False) as control:
            version, tables = control.read_control()
    except DatabaseMissing:
        return known
    if version > (known or 0):
        live.publish(client, tables, version)
        return version
    return known


def record_versions(system: System, stopped: Callable[[], bool] = lambda: False) -> None:
    """Bring to ClickHouse every row of the control store that is newer than what it has.

    ClickHouse keeps every version that it is told of, for analysts; nothing is decided from it.

    Args:
        system: whose stores they are.
        stopped: whether to give up, should ClickHouse have its tables to make.

    Raises:
        Transient: a store does not answer; try again later.
        Fatal: ClickHouse was made by a newer release.
    """
    from schema import arrow, duckdb  # noqa: PLC0415 - only for who writes
    from schema.registry import TABLES  # noqa: PLC0415
    from sinks.clickhouse import ClickHouseWriter  # noqa: PLC0415 - a third of a second

    kept = [t for t in TABLES.values() if t.kind == "control" and "clickhouse" in t.stores]
    with closing(ClickHouseWriter(system.clickhouse_url(), stopped)) as writer:
        # Before DuckDB's files are opened: ClickHouse may have all its tables to make, and an
        # archive that starts waits for the files meanwhile.
        known = {table.name: writer.config_version(table.name) for table in kept}
        newer = {}
        with _control(system, write=False) as control:
            for table in kept:
                query = f"SELECT {duckdb.columns(table)} FROM {table.name} WHERE config_version > ?"  # noqa: S608 - registry
                found = control.query(query, [known[table.name]]).read_all()
                if found.num_rows:
                    newer[table.name] = pa.Table.from_batches([arrow.conform(table, found)])
        if newer:
            writer.write(newer, {})


def _removed(control: Reader) -> dict[str, pa.Table]:
    """Return the rows that have left the configuration, by table."""
    from schema import arrow, duckdb  # noqa: PLC0415 - only for who writes
    from schema.registry import table  # noqa: PLC0415

    found = {}
    for name in rows.TABLES:
        columns = duckdb.columns(table(name))
        query = f"SELECT {columns} FROM {name} WHERE deleted_at IS NOT NULL"  # noqa: S608 - registry
        gone = control.query(query).read_all()
        found[name] = pa.Table.from_batches([arrow.conform(table(name), gone)])
    return found


def _control(system: System, *, write: bool) -> Reader:
    from sinks.duckdb.client import open_or_connect  # noqa: PLC0415 - with DuckDB
    from sinks.duckdb.database import Limits  # noqa: PLC0415

    wanted = system.settings.duckdb
    limits = Limits(memory_mb=wanted.memory_mb, threads=wanted.threads)
    system.home.duckdb_dir.mkdir(parents=True, exist_ok=True)
    return open_or_connect(system.duckdb_socket, system.home.duckdb_dir, limits, write=write)
