"""`tradecast run FLOW`: give a flow its part of the settings, inside the frame of a process."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from flows import process

if TYPE_CHECKING:
    from flows.archive import ArchiveSettings
    from flows.context import System
    from flows.process import Process


def process_name(flow: str, which: object) -> str:
    """Name of a flow's process: `trade-0`, `execute-alpha-1`, `archive-duckdb`."""
    return f"{flow}-{which}"


def run_flow_process(system: System, args: argparse.Namespace) -> int:
    """Run the flow that the arguments name until it is asked to stop; return the exit code."""
    match args.flow:
        case "archive":
            which: object = args.store
        case "execute":
            which = args.instance
        case "snapshots":
            which = (args.part or (0, 1))[0]
        case _:
            which = (args.shard or (0, 1))[0]

    def body(frame: Process) -> None:
        match args.flow:
            case "archive":
                _archive(system, args.store, frame)
            case "execute":
                _execute(system, args.instance, frame)
            case "snapshots":
                _snapshots(system, args.part or (0, 1), frame)
            case _:
                _trade(system, args.shard or (0, 1), frame)

    name, wanted = process_name(args.flow, which), system.settings
    return process.run(
        name, system.home, body, metrics=wanted.metrics.enabled, level=wanted.log.level
    )


def archive_settings(system: System) -> ArchiveSettings:
    """What an archive process is told."""
    from flows.archive import ArchiveSettings  # noqa: PLC0415 - with DuckDB and ClickHouse
    from sinks.duckdb.database import Limits  # noqa: PLC0415

    wanted, duckdb = system.settings.archive, system.settings.duckdb
    return ArchiveSettings(
        duckdb_dir=system.home.duckdb_dir,
        socket=system.duckdb_socket,
        spool_dir=system.home.spool_dir,
        clickhouse_url=system.clickhouse_url(),
        signal_streams=system.settings.signals.streams,
        flush_rows=wanted.flush_rows,
        epoch_seconds=wanted.flush_ms / 1000,
        spool_bytes=wanted.spool_mb << 20,
        retry_max_seconds=wanted.retry_max_s,
        limits=Limits(memory_mb=duckdb.memory_mb, threads=duckdb.threads),
        durability=system.settings.redis.durability,
    )


def _archive(system: System, store: str, frame: Process) -> None:
    from flows.archive import STORES, run_archive  # noqa: PLC0415

    name = next(known for known in STORES if known == store)
    run_archive(name, system.redis(), archive_settings(system), frame.stop)


def _trade(system: System, shard: tuple[int, int], frame: Process) -> None:
    from flows.left_spools import LeftSpools  # noqa: PLC0415
    from flows.trade import run_trade  # noqa: PLC0415

    spool_dir, left = system.home.spool_dir / frame.name, LeftSpools(system.home, shard[1])
    run_trade(system.redis(), system.settings, shard, spool_dir, frame.stop, left.take)


def _execute(system: System, instance: str, frame: Process) -> None:
    from flows.execute import run_execute  # noqa: PLC0415

    run_execute(
        system.redis(),
        system.settings,
        instance,
        directory=system.instance_dir(instance),
        prices=system.prices_dir,
        stop=frame.stop,
    )


def _snapshots(system: System, part: tuple[int, int], frame: Process) -> None:
    from flows.snapshots.process import run_snapshots  # noqa: PLC0415

    run_snapshots(system, part, frame)
