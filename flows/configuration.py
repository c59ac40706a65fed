"""The trading configuration: from a file to the control store, and from there to Redis."""

from __future__ import annotations

import getpass
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import redis

from config import change, dealing, live, rows, world
from flows.configuration_orphans import refuse_orphans
from flows.errors import CommandError, Exit, complain
from rules.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flows.context import System
    from sinks.duckdb.reader import Reader


def check_file(system: System | None, file: Path, *, orphan: bool = False) -> world.World:
    """Read a file, and check it whole: by itself, and against what there is.

    Args:
        system: whose configuration it shall be; None if there is none yet.
        file: its path.
        orphan: whether what is open may be orphaned.

    Raises:
        WorldError: with one line for each thing that is wrong, or that `apply_file` would refuse.
    """
    import duckdb  # noqa: PLC0415 - only for who has a store

    from sinks.duckdb.database import DatabaseMissing  # noqa: PLC0415 - with DuckDB

    if system is None:
        return world.read(file)
    try:
        held = _control(system, write=False)
    except DatabaseMissing:
        return world.read(file)
    with held as control:
        try:
            version, tables = control.read_control()
        except duckdb.Error:
            # Of an older release, and checking changes nothing.
            complain(
                "the store cannot be read before `apply` or `up` has brought it to this release"
            )
            return world.read(file)
        wanted = world.read(file, dealing.terminals(tables))
        if version and not orphan:
            found = change.apply(wanted, (version, tables), time.time_ns() // 1000)
            refuse_orphans(control, tables, found)
    return wanted


def apply_file(system: System, file: Path, *, orphan: bool = False) -> str:
    """Make the trading configuration what a file says.

    The control store comes first; Redis has the copy that trading uses, and gets it from `up`
    if it cannot be reached now. An account that is known stays on its terminal as long as the
    file allows it.

    Args:
        system: whose configuration.
        file: its path.
        orphan: whether what is open may be orphaned.

    Returns:
        What changed, for people.

    Raises:
        WorldError: the file is wrong, or would orphan what is open; nothing was changed.
        ControlRefused: somebody else has changed it in between; nothing was changed.
        CommandError: the same; or it was changed, and a newer version is in force already.
    """
    version, known = _terminals(system)
    wanted = world.read(file, known)
    return apply_world(system, wanted, f"apply {file}", orphan=orphan, since=version)


def apply_world(
    system: System,
    wanted: world.World,
    why: str,
    *,
    orphan: bool = False,
    since: int | None = None,
) -> str:
    """Make the trading configuration a world that was checked; as `apply_file`.

    Args:
        system: whose configuration.
        wanted: all of it.
        why: noted with the new version.
        orphan: whether what is open may be orphaned.
        since: version that the world was made for; None if it was made for none.
    """
    published = _published(system)
    with _control(system, write=True) as control:
        version, tables = control.read_control()
        if since is not None and version != since:
            raise CommandError("somebody else changed the configuration; try again", Exit.BUSY)
        old = (version, tables) if version else None
        # Who writes in between is noticed by the version.
        found = change.apply(wanted, old, time.time_ns() // 1000, _removed(control))
        if old is not None and not orphan:
            refuse_orphans(control, tables, found)
        if found:
            control.write_control(found.rows, f"{getpass.getuser()}: {why}")
    if system.settings.clickhouse.url or system.running() is not None:
        # If ClickHouse does not answer, `up` tells it later what it has missed.
        with suppress(Transient):
            record_versions(system)
    try:
        with system.redis() as client:
            # What was on Redis before the store had it is of a store that was lost, or is
            # another's: its numbers say nothing here.
            stranger = published if published > version else 0
            in_force = live.publish(client, found.tables, found.version, stranger)
    except (redis.ConnectionError, redis.TimeoutError):
        if system.running() is not None or system.settings.redis.url:
            complain("Redis does not answer: trading gets this configuration when `up` next starts")
        return found.summary()
    if in_force > found.version:
        raise CommandError(
            f"version {found.version} was stored and is not in force:"
            f" Redis has the newer version {in_force}, which somebody else has applied",
            Exit.BUSY,
        )
    return found.summary()


def publish_stored(system: System, client: redis.Redis) -> int | None:
    """Bring the control store's configuration to Redis if Redis has an older one, or none.

    It is for who starts the system: Redis is told as well how many signal streams it reads.

    Returns:
        The version that Redis has now; None if nothing was ever applied.

    Raises:
        redis.RedisError: Redis does not answer.
        Transient: the archive holds the store and does not answer yet, or the store is an older
            release's, which an archive that starts brings to this one.
    """
    import duckdb  # noqa: PLC0415 - only for who has a store

    from sinks.duckdb.database import DatabaseMissing  # noqa: PLC0415 - with DuckDB

    live.tell_streams(client, system.settings.signals.streams)
    known = live.version(client)
    try:
        with _control(system, write=False) as control:
            version, tables = control.read_control()
    except DatabaseMissing:
        return known
    except duckdb.Error as error:
        raise Transient(f"the control store cannot be read yet: {error}") from error
    if version > (known or 0):
        return live.publish(client, tables, version)
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


def _published(system: System) -> int:
    """Return the version that Redis has; 0 if it has none, or does not answer."""
    with suppress(redis.ConnectionError, redis.TimeoutError), system.redis() as client:
        return live.version(client) or 0
    return 0


def _terminals(system: System) -> tuple[int, dict[str, str]]:
    """Return the configuration's version, and the terminal of each account that it has."""
    from sinks.duckdb.database import CONTROL  # noqa: PLC0415 - with DuckDB

    # A store is not made for a file that may be wrong. One that is there may be an older
    # release's: who opens it to write brings it to this one's tables.
    if not (system.home.duckdb_dir / f"{CONTROL}.duckdb").exists():
        return 0, {}
    with _control(system, write=True) as control:
        version, tables = control.read_control()
    return version, dealing.terminals(tables)


def _control(system: System, *, write: bool) -> Reader:
    from sinks.duckdb.client import open_or_connect  # noqa: PLC0415 - with DuckDB
    from sinks.duckdb.database import Limits  # noqa: PLC0415

    wanted = system.settings.duckdb
    limits = Limits(memory_mb=wanted.memory_mb, threads=wanted.threads)
    system.home.duckdb_dir.mkdir(parents=True, exist_ok=True)
    return open_or_connect(system.duckdb_socket, system.home.duckdb_dir, limits, write=write)
