"""`tradecast backup DIR`: everything of a home as of one moment, while it runs or stands still.

The moment is Valkey's. The stores are held before it, so they have no row of anything that Valkey
does not know, and Valkey still has every row that they lack; what is held is let go as soon as the
stores' files are linked or copied. Trading does not stop: results wait on Valkey meanwhile.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

from config import live
from embedded.server import make_private
from flows import servers
from flows.backup import manifest, streams
from flows.backup.clickhouse import Frozen
from flows.backup.copying import copy_book, copy_file, copy_tree, sync_tree
from flows.context import CLICKHOUSE
from flows.errors import CommandError, Exit
from rules.errors import Transient
from sinks import audit_heads
from sinks.duckdb.client import DuckClient
from sinks.duckdb.frames import LinkBroken
from sinks.files import sync_directory
from sinks.hold import held
from sinks.spool import spooled_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.context import System

STORES = ("duckdb", "clickhouse")
# A server of its own has the rows; where its audit's chain ended is the home's to know.
POSTGRES = "postgres"
JOURNAL, BOOK = "executor.journal", "book.sqlite"
_SERVE_SECONDS = 15.0
_SPOOL_SECONDS = 15.0


class SpoolsInUse(Transient):
    """Redis has too little memory for the results, so some of them are on their way on disk."""


def back_up(system: System, directory: Path) -> str:
    """Write a backup; it is whole and on disk when this returns, or not there.

    Args:
        system: whose.
        directory: where; missing or empty.

    Returns:
        What was done, for people.

    Raises:
        CommandError: the directory is not empty or inside the home, or a server of its own holds
            the data.
        Transient: something did not hold still; try again.
        OSError: the disk is full or failed.
    """
    _check_embedded(system)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CommandError(f"{directory} is not empty; name a new directory", Exit.CANNOT_CREATE)
    home = system.home.path.resolve()
    if directory.resolve().is_relative_to(home):
        raise CommandError(
            f"{directory} is inside the home {home}, and would be lost with it; name a directory"
            " elsewhere",
            Exit.CANNOT_CREATE,
        )
    started = time.monotonic()
    name = uuid4().hex
    part = directory.with_name(f".{directory.name}.{name}.part")
    try:
        make_private(part)
        made = _Taking(system, part, name).run()
        sync_tree(part)
        manifest.write(part, made)
        sync_directory(part)
        part.replace(directory)  # an empty directory gives way
        sync_directory(directory.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    size = sum(file.size for file in made.files.values())
    how = "while it ran" if made.was_running else "while it stood still"
    return (
        f"{directory}: {len(made.files)} files, {size:,} bytes, of configuration version"
        f" {made.config_version}, taken {how} in {time.monotonic() - started:.1f} s"
    )


class _Taking:
    """One backup under way."""

    def __init__(self, system: System, to: Path, name: str) -> None:
        self._system = system
        self._home = system.home
        self._to = to
        self._name = name
        self._point = 0
        self._config = 0

    def run(self) -> manifest.Manifest:
        running = self._system.running() is not None
        with ExitStack() as stack:
            if running:
                url = self._system.clickhouse_url()
            else:
                # Nobody can start the system meanwhile.
                stack.enter_context(self._home.lock())
                url = _start_servers(self._system, stack)
            frozen = Frozen(url, self._home.clickhouse_dir, self._name)
            stack.callback(frozen.close)
            client = stack.enter_context(self._system.redis())
            with ExitStack() as holding:
                if running:
                    self._wait_spools()
                    holding.enter_context(held(client, STORES))
                    holding.enter_context(self._hold_duckdb())
                self._config = live.version(client) or 0
                self._point = streams.save(client, self._home.valkey_dir)
                frozen.freeze()
                self._copy_still()
            streams.take(self._home.valkey_dir, self._to / "valkey")
            frozen.copy(self._to / "clickhouse")
            self._copy_executors()
        return manifest.Manifest(
            format=manifest.FORMAT,
            id=self._name,
            point=self._point,
            was_running=running,
            config_version=self._config,
            program=manifest.program(),
            engines=manifest.engines(),
            migrations=manifest.last_migrations(),
            files=manifest.files(self._to),
        )

    def _hold_duckdb(self) -> ExitStack:
        """Hold DuckDB's files, through the process that owns them."""
        deadline = time.monotonic() + _SERVE_SECONDS
        stack = ExitStack()
        while True:
            try:
                link = stack.enter_context(DuckClient(self._system.duckdb_socket))
            except LinkBroken:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                stack.enter_context(link.held())
                return stack

    def _copy_still(self) -> None:
        """Copy what stands still only while it is held."""
        for path in sorted(self._home.duckdb_dir.glob("*.duckdb*")):
            if path.suffix in (".duckdb", ".wal"):
                copy_file(path, self._to / "duckdb" / path.name, still=True)
        # Each may lack the last seal of its store, and never names one that was not made.
        for heads, name in (
            (self._home.duckdb_dir / audit_heads.NAME, "duckdb"),
            (self._system.postgres_heads, POSTGRES),
        ):
            if heads.exists():
                copy_file(heads, self._to / name / audit_heads.NAME)
        for store in STORES:
            directory = self._home.spool_dir / store
            for path in spooled_files(directory) if directory.is_dir() else ():
                copy_file(path, self._to / "spool" / store / path.name, still=True)
        if self._system.running() is None:
            for directory in self._shard_spools():
                copy_tree(directory, self._to / "spool" / directory.name)

    def _copy_executors(self) -> None:
        for directory in sorted(self._home.executors_dir.glob("*/")):
            to = self._to / "executors" / directory.name
            # A record that is being written is a torn tail, which a reader cuts off.
            if (directory / "journal" / JOURNAL).is_file():
                copy_file(directory / "journal" / JOURNAL, to / "journal" / JOURNAL)
            if (directory / "terminal" / BOOK).is_file():
                copy_book(directory / "terminal" / BOOK, to / "terminal" / BOOK)

    def _wait_spools(self) -> None:
        """Wait until no shard has rows on disk: they could go to Redis behind its moment."""
        deadline = time.monotonic() + _SPOOL_SECONDS
        while any(spooled_files(directory) for directory in self._shard_spools()):
            if time.monotonic() > deadline:
                raise SpoolsInUse(
                    "results wait in spool/trade-*, for Redis is nearly full; bring the stores"
                    " back, and try again when `tradecast status` is well"
                )
            time.sleep(0.1)

    def _shard_spools(self) -> Iterator[Path]:
        yield from (each for each in self._home.spool_dir.glob("trade-*") if each.is_dir())


def _start_servers(system: System, stack: ExitStack) -> str:
    """Start Valkey and ClickHouse for a system that stands still; return ClickHouse's address."""
    ports = servers.choose_ports(system)
    for server in servers.embedded(system, ports):
        stack.enter_context(server)
    return system.clickhouse_url(ports[CLICKHOUSE])


def _check_embedded(system: System) -> None:
    wanted = system.settings
    for name, url in (("Redis", wanted.redis.url), ("ClickHouse", wanted.clickhouse.url)):
        if url:
            raise CommandError(
                f"{name} is a server of your own, whose files are not in the home; back it up by"
                " its own means, and the rest as docs/howto/backup.md says",
                Exit.CONFIG,
            )
