"""A PostgreSQL of the test run's own."""

from benchmarks.postgres import PROGRAMS, URL, programs
from benchmarks.postgres import PostgresServer as _PostgresServer

__all__ = ["PROGRAMS", "URL", "PostgresServer", "programs"]


class PostgresServer(_PostgresServer):
    """One that may lose what it has: nothing in it outlives the tests."""

    def __init__(self) -> None:
        super().__init__(shared_buffers="32MB", fsync="off")
