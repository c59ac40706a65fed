"""An archive process for tests to kill: `python archive_process.py STORE REDIS_URL DIR [URL]`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import redis

from flows.archive import ArchiveSettings, run_archive
from sources.stop import Stop


def main() -> None:
    store, url, directory, clickhouse = sys.argv[1:5]
    stop = Stop()
    signal.signal(signal.SIGTERM, lambda *_: setattr(stop, "requested", True))
    home = Path(directory)
    settings = ArchiveSettings(
        duckdb_dir=home / "duckdb",
        socket=home / "d.sock",
        spool_dir=home / "spool",
        clickhouse_url=clickhouse,
        epoch_seconds=0.05,
        stores=(store,),
    )
    run_archive(store, redis.Redis.from_url(url), settings, stop)


main()
