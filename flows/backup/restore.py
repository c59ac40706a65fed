"""`tradecast restore DIR`: a home from a backup, which sends nothing twice."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from embedded.clickhouse.process import ClickHouse
from embedded.home import Home, open_home
from embedded.valkey import Valkey
from flows.backup import clickhouse, fence, manifest, streams
from flows.backup.copying import copy_book, copy_file, copy_tree, sync_tree
from flows.backup.take import BOOK, POSTGRES
from flows.context import CLICKHOUSE, VALKEY, System
from flows.errors import CommandError, Exit
from sinks import audit_heads
from sinks.files import sync_directory

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings

_START_SECONDS = 600.0


def restore(backup: Path, settings: Settings, *, terminals: Path | None = None) -> str:
    """Make the home of the settings what a backup holds.

    The home is built beside its place and moved there when it is whole.

    Args:
        backup: the backup's directory.
        settings: of the system that is to run in the home.
        terminals: a home whose simulated terminals went on, as a broker's do; their books are
            taken instead of those of the backup.

    Returns:
        What was done, for people.

    Raises:
        BackupRefused: the backup is damaged, unfinished or newer than this release.
        CommandError: the home is not empty, or the settings name servers of their own.
        OSError: the disk is full or failed.
    """
    home = settings.home_path
    found = manifest.read(backup)
    _check(settings, home)
    manifest.check_files(backup, found)
    part = home.with_name(f".{home.name}.{uuid4().hex[:8]}.part")
    try:
        fenced = _build(System(open_home(part), settings), backup, found, terminals)
        sync_tree(part)
        home.parent.mkdir(parents=True, exist_ok=True)
        part.replace(home)  # an empty directory gives way
        sync_directory(home.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    when = datetime.fromtimestamp(found.point / 1e6, UTC)
    return (
        f"{home} is as it was at {when:%Y-%m-%d %H:%M:%S} UTC, with new journals; {fenced} orders"
        " that nobody had claimed then will be looked for at the brokers, and never sent"
    )


def _check(settings: Settings, home: Path) -> None:
    for name, url in (("Redis", settings.redis.url), ("ClickHouse", settings.clickhouse.url)):
        if url:
            raise CommandError(f"a backup is restored into a home, not into a {name} by URL")
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise CommandError(
            f"{home} is not empty; a backup is restored into an empty home: move that one away, or"
            " name another with --home",
            Exit.CANNOT_CREATE,
        )


def _build(system: System, backup: Path, found: manifest.Manifest, terminals: Path | None) -> int:
    home = system.home
    for name in ("duckdb", "spool", "executors"):
        if (backup / name).is_dir():
            copy_tree(backup / name, home.path / name)
    heads = backup / POSTGRES / audit_heads.NAME
    if heads.is_file():
        copy_file(heads, system.postgres_heads)
    fence.put_aside(home.executors_dir)
    if terminals is not None:
        _take_books(terminals, home)
    streams.put_back(backup / "valkey", home.valkey_dir)
    with ExitStack() as stack:
        server = ClickHouse(
            home.clickhouse_dir,
            password=home.password(CLICKHOUSE),
            log=home.log_dir / "clickhouse.log",
            limits={"memory": system.settings.clickhouse.memory_mb << 20},
            die_with_parent=True,
        )
        stack.enter_context(server)
        url = system.clickhouse_url(server.port)
        clickhouse.put_back(url, home.clickhouse_dir, backup / "clickhouse")
    with ExitStack() as stack:
        valkey = Valkey(
            home.valkey_dir,
            password=home.password(VALKEY),
            run_dir=home.run_dir,
            log=home.log_dir / "valkey.log",
            fsync="always",
            maxmemory=system.settings.redis.maxmemory_mb << 20,
            die_with_parent=True,
        )
        stack.callback(valkey.stop)
        valkey.start()
        valkey.wait_ready(_START_SECONDS)
        with closing(system.redis()) as client:
            return fence.fence(client, found.id, found.point)


def _take_books(source: Path, home: Home) -> None:
    """Take the books of simulated terminals that went on after the backup."""
    books = sorted((source / "executors").glob(f"*/terminal/{BOOK}"))
    if not books:
        raise CommandError(f"{source} has no simulated terminals; name the home that ran on")
    for book in books:
        to = home.executors_dir / book.parent.parent.name / "terminal" / BOOK
        to.unlink(missing_ok=True)
        copy_book(book, to)
